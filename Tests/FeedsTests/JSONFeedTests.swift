import Feeds
import TestSupport
import Testing

private let before = #"{"trade_id":"t1","symbol":"BTC","side":"BUY","qty":"1","price":"100"}"# + "\n"
private let after = #"{"trade_id":"t9","symbol":"BTC","side":"SELL","qty":2,"price":200}"# + "\n"

private func feed(_ text: String) throws -> FeedRun { try FeedRun(text, name: "feed.jsonl") }

@Suite struct JSONFeedTests {
    @Test func namesAreThoseOfTheColumns() throws {
        let run = try feed(
            #"{"trade_id":"t1","symbol":"ES","side":"sell","qty":"0.25","price":-1.5,"order_id":"o1","book":"alpha","#
                + #""account":"A1","strategy":"mm","fee":"-0.1","fee_currency":"USD","event_ns":17,"#
                + #""open_trade_id":"t0","note":{"a":[1,2,{"b":null}],"c":"x"},"other":true}"#)
        #expect(run.rejects.isEmpty)
        #expect(
            run.fills == [
                SentFill(
                    book: "alpha", account: "A1", strategy: "mm", symbol: "ES", tradeID: "t1", orderID: "o1",
                    isBuy: false, qty: 25_000_000, price: -150_000_000, fee: -10_000_000, eventNs: 17,
                    openTradeID: "t0", feeCurrency: "USD", line: 1)
            ])
        #expect(run.summary.unknownNames == ["\"note\"", "\"other\""])
    }

    @Test func spaceBlankLinesAndNullsMakeNoDifference() throws {
        let run = try feed(
            "\u{feff}\n  \r\n" + before.dropLast() + "  \r\n"
                + "\t{ \"trade_id\" : 7 , \"symbol\":\"BTC\",\"side\":\"BUY\",\"qty\":1.0,\"price\":1,\"fee\":null }"
        )
        #expect(run.rejects.isEmpty)
        #expect(run.tradeIDs == ["t1", "7"])
        #expect(run.fills.map(\.eventNs) == [3, 4])
    }

    @Test(arguments: [
        (#"1e-05"#, Int64(1_000)), ("5E-8", 5), ("2.5e+3", 250_000_000_000), ("1.00000000000", 100_000_000),
        ("0.1", 10_000_000), ("92233720368.54775807", Int64.max), ("0.30000000000000000", 30_000_000),
    ])
    func numbersAreTakenFromTheirText(number: String, units: Int64) throws {
        let run = try feed(#"{"trade_id":"t1","symbol":"BTC","side":"BUY","qty":\#(number),"price":1}"#)
        #expect(run.rejects.isEmpty)
        #expect(run.fills.map(\.qty) == [units])
    }

    @Test(arguments: [
        (#"\ud800\udc00"#, "\u{10000}"), (#"\udbff\udfff"#, "\u{10ffff}"), (#"\uD83D\uDE02"#, "😂"),
        (#"\u07ff\u0800\uffff"#, "\u{7ff}\u{800}\u{ffff}"), (#"\u00a0"#, "\u{a0}"),
    ])
    func unicodeEscapesAreDecodedAtTheirBounds(escaped: String, decoded: String) throws {
        let run = try feed(#"{"trade_id":"\#(escaped)","symbol":"BTC","side":"BUY","qty":1,"price":1}"#)
        #expect(run.rejects.isEmpty)
        #expect(run.tradeIDs == [decoded])
    }

    @Test func escapesAreDecodedExactly() throws {
        let run = try feed(
            #"{"trade_id":"a\u0062\"\\\/\u00e9\u6f22\ud83c\udca1é","symbol":"\u0042TC","s\u0069de":"BUY","qty":"1","price":"1"}"#
        )
        #expect(run.rejects.isEmpty)
        #expect(run.tradeIDs == ["ab\"\\/é漢🂡é"])
        #expect(run.fills.map(\.symbol) == ["BTC"])
    }

    @Test(arguments: [
        (
            #"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":"1x","price":1}"#, 54,
            FeedRejectReason.badNumber
        ),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":"1e5","price":1}"#, 54, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":01,"price":1}"#, 52, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":-,"price":1}"#, 53, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":1.,"price":1}"#, 54, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":.5,"price":1}"#, 52, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":NaN,"price":1}"#, 52, .badNumber),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":1e-9,"price":1}"#, 52, .tooManyDecimals),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":1e11,"price":1}"#, 52, .overflow),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":0e5,"price":1}"#, 52, .zeroQuantity),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":-1,"price":1}"#, 52, .negativeQuantity),
        (#"{"trade_id":"t2","symbol":"BTC","side":1,"qty":1,"price":1}"#, 40, .unknownSide),
        (#"{"trade_id":"t2","symbol":"BTC","side":"BUY","qty":1}"#, 1, .missingField),
        (#"{"trade_id":null,"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 13, .missingField),
        (#"{"trade_id":1.5,"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 13, .badJSON),
        (#"{"trade_id":-15,"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 13, .badJSON),
        (#"{"trade_id":{"id":1},"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 13, .badJSON),
        (#"{"trade_id":true,"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 13, .badJSON),
        (#"{"trade_id":"t2","trade_id":"t3","symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 18, .badJSON),
        (
            #"{"trade_id":"t2","trade\u005fid":null,"symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 18,
            .badJSON
        ),
        (#"{"trade_id":"t2" "symbol":"BTC"}"#, 18, .badJSON),
        (#"{"trade_id":"t2",}"#, 18, .badJSON),
        (#"{"trade_id":"t2""#, 17, .badJSON),
        (#"{"trade_id":"t2"#, 13, .badJSON),
        (#"{"trade_id":"t2"} x"#, 19, .badJSON),
        (#"{"trade_id":"t2"}{"trade_id":"t3"}"#, 18, .badJSON),
        (#"[{"trade_id":"t2"}]"#, 1, .badJSON),
        (#"trade_id"#, 1, .badJSON),
        (#"{trade_id:"t2"}"#, 2, .badJSON),
        (#"{"trade_id":"\x"}"#, 14, .badJSON),
        (#"{"trade_id":"\u12g4"}"#, 14, .badJSON),
        (#"{"trade_id":"\ud800"}"#, 14, .invalidUTF8),
        (#"{"trade_id":"\ud800\u0041"}"#, 14, .invalidUTF8),
        (#"{"trade_id":"\udc00"}"#, 14, .invalidUTF8),
        (#"{"trade_id":"a\u0000b","symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 15, .binaryData),
        (#"{"trade_id":"a\u001b[31m","symbol":"BTC","side":"BUY","qty":1,"price":1}"#, 15, .binaryData),
        ("{\"trade_id\":\"a\tb\"}", 15, .badJSON),
        ("{\"trade_id\":\"a\0b\"}", 15, .binaryData),
        ("\u{1}\u{2}\u{3}", 1, .binaryData),
        (#"{"x":[[[1,2],[3}]]}"#, 16, .badJSON),
        (#"{"x":tru}"#, 6, .badJSON),
    ])
    func aBadLineIsRejectedAtItsPlaceAndNothingElseIs(
        line: String, column: Int, reason: FeedRejectReason
    ) throws {
        let run = try feed(before + line + "\n" + after)
        #expect(run.places == [Place(2, column, reason)], "\(run.rejects)")
        #expect(run.tradeIDs == ["t1", "t9"])
        #expect(run.fills.map(\.line) == [1, 3])
    }

    @Test func nestingIsBounded() throws {
        let deep =
            #"{"x":"# + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000) + "}"
        let run = try feed(before + deep + "\n" + after)
        #expect(run.places == [Place(2, 71, .badJSON)])
        #expect(run.tradeIDs == ["t1", "t9"])
        let allowed =
            #"{"x":"# + String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
            + #","trade_id":"t2","symbol":"BTC","side":"BUY","qty":1,"price":1}"#
        #expect(try feed(allowed).tradeIDs == ["t2"])
    }

    @Test func bytesThatAreNotUTF8AreRejected() throws {
        let run = try FeedRun(
            Array(before.utf8) + Array(#"{"note":""#.utf8) + [0xff] + Array("\"}\n".utf8) + Array(after.utf8),
            name: "feed.ndjson")
        #expect(run.places == [Place(2, 10, .invalidUTF8)])
        #expect(run.tradeIDs == ["t1", "t9"])
    }

    @Test func aLineOverTheBoundIsSkipped() throws {
        let long = #"{"note":""# + String(repeating: "x", count: 70_000) + "\"}\n"
        let run = try feed(before + long + after)
        #expect(run.places == [Place(2, 65_537, .lineTooLong)])
        #expect(run.tradeIDs == ["t1", "t9"])
    }

    @Test func theTradeIsNamedWhenItCanBeRead() throws {
        let run = try feed(#"{"trade_id":"t\u0032","symbol":"BTC","side":"BUY","qty":"x","price":1}"#)
        #expect(run.rejects.map(\.tradeID) == ["t2"])
        #expect(try feed(#"{"trade_id":"t2","symbol":]"#).rejects.map(\.tradeID) == ["t2"])
    }

    @Test func manyUnknownKeysAreRememberedUpToABound() throws {
        let line = "{" + (0..<100).map { "\"k\($0)\":\($0)," }.joined() + before.dropFirst()
        let run = try feed(line + line)
        #expect(run.fills.count == 2)
        #expect(run.summary.unknownNames.count == 32)
        #expect(run.summary.unknownNames.last == "\"k31\"")
    }
}
