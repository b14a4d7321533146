import Accumulator
import CSeqlock
import Feeds
import Testing

private let columns = "trade_id,symbol,side,qty,price,fee,fee_currency,open_trade_id,account\n"

private func table() -> InstrumentTable {
    var table = InstrumentTable()
    table.add(Instrument(symbol: "ES", priceDecimals: 2, qtyDecimals: 0, feeDecimals: 3, currency: "USD"))
    table.add(Instrument(symbol: "BTC", priceDecimals: 1, qtyDecimals: 18))
    return table
}

private func feed(_ rows: String) throws -> FeedRun {
    try FeedRun(columns + rows, options: FeedOptions(instruments: table()))
}

@Suite struct FillEncodingTests {
    @Test func aKeyIsDefinedOnceWithItsInstrumentsDecimals() throws {
        let run = try feed(
            "t1,ES,BUY,1,2.5,0.001,,,a\nt2,ES,BUY,1,2.5,,,,a\nt3,ES,BUY,1,2.5,,,,b\nt4,BTC,BUY,1,2.5,,,,a\n"
                + "t5,XX,BUY,1,2.5,,,,a\n")
        #expect(run.rejects.isEmpty)
        #expect(run.sink.keys.map(\.price_decimals) == [2, 2, 1, 8])
        #expect(run.sink.keys.map(\.qty_decimals) == [0, 0, 18, 8])
        #expect(run.sink.keys.map(\.fee_decimals) == [3, 3, 8, 8])
        #expect(run.sink.keys.map { $0.source_ref } == [2, 4, 5, 6])
        #expect(run.fills.map(\.symbol) == ["ES", "ES", "ES", "BTC", "XX"])
        #expect(run.fills.map(\.price) == [250, 250, 250, 25, 250_000_000])
        #expect(run.fills.map(\.fee) == [1, 0, 0, 0, 0])
    }

    @Test func numbersAreReadAtTheInstrumentsDecimals() throws {
        let run = try feed(
            "t1,ES,BUY,1.0,2.500,0.0010,,,\nt2,ES,BUY,1.5,2.5,,,,\nt3,ES,BUY,1,2.505,,,,\nt4,ES,BUY,1,2,0.0001,,,\n"
                + "t5,BTC,BUY,9.3,1,,,,\nt6,BTC,BUY,9.223372036854775807,1,,,,\n")
        #expect(run.tradeIDs == ["t1", "t6"])
        #expect(run.fills.map(\.qty) == [1, Int64.max])
        #expect(
            run.places == [
                Place(3, 11, .tooManyDecimals), Place(4, 13, .tooManyDecimals),
                Place(5, 15, .tooManyDecimals),
                Place(6, 12, .overflow),
            ])
        #expect(run.rejects.first?.detail == "qty \"1.5\": 1 decimals where the instrument has 0")
    }

    /// A key that only bad rows had is not defined, and so takes no slot.
    @Test func aBadRowDefinesNoKey() throws {
        let run = try feed("t1,NEW,BUY,x,1,,,,\nt2,NEW,BUY,1,1,,,,\n")
        #expect(run.places == [Place(2, 12, .badNumber)])
        #expect(run.sink.keys.map { $0.source_ref } == [3])
        let never = try feed("t1,NEW,BUY,x,1,,,,\n")
        #expect(never.sink.keys.isEmpty)
    }

    @Test func whatIsRareGoesIntoAnExtension() throws {
        let run = try feed(
            """
            t1,ES,BUY,1,1,1,USD,,
            t2,ES,BUY,1,1,1,EUR,,
            t3,ES,BUY,1,1,0,EUR,,
            t4,ES,BUY,1,1,,EUR,,
            t5,ES,BUY,1,1,,,lot1,
            t6,ES,BUY,1,1,-1,EUR,lot2,
            t7,ES,BUY,1,1,1,USD,lot3,
            t8,BTC,BUY,1,1,1,USD,,
            t9,BTC,BUY,1,1,1,,,
            ta,ES,BUY,1,1,1,EUROPEAN9,,
            tb,ES,BUY,1,1,1,E\u{7f}R,,
            tc,ES,BUY,1,1,1,,\(String(repeating: "l", count: 41)),

            """)
        #expect(run.fills.map(\.feeCurrency) == [nil, "EUR", nil, nil, nil, "EUR", nil, "USD", nil])
        #expect(run.fills.map(\.openTradeID) == [nil, nil, nil, nil, "lot1", "lot2", "lot3", nil, nil])
        #expect(
            run.places == [
                Place(11, 17, .nameTooLong), Place(12, 18, .binaryData), Place(13, 18, .idTooLong),
            ])
    }

    @Test func textsAsLongAsTheirFieldsFit() throws {
        let trade = String(repeating: "t", count: 40)
        let symbol = String(repeating: "é", count: 24)
        let account = String(repeating: "a", count: 32)
        let run = try feed("\(trade),\(symbol),BUY,1,1,1,USDTUSDT,\(trade),\(account)\n")
        #expect(run.rejects.isEmpty)
        #expect(run.fills.map(\.tradeID) == [trade])
        #expect(run.fills.map(\.symbol) == [symbol])
        #expect(run.fills.map(\.account) == [account])
        #expect(run.fills.map(\.openTradeID) == [trade])
        #expect(run.fills.map(\.feeCurrency) == ["USDTUSDT"])
    }

    /// Names with a NUL (possible in JSON only) must not be taken for the key that they look like.
    @Test func namesThatShareTheirBytesAreNotTheSameKey() throws {
        let good =
            #"{"trade_id":"t","symbol":"S","side":"BUY","qty":1,"price":1,"account":"a","strategy":"b"}"#
        let bad = #"{"trade_id":"t","symbol":"S","side":"BUY","qty":1,"price":1,"account":"a\u0000b"}"#
        let swapped =
            #"{"trade_id":"t","symbol":"S","side":"BUY","qty":1,"price":1,"account":"ab","strategy":""}"#
        let run = try FeedRun([good, bad, swapped].joined(separator: "\n"), name: "f.jsonl")
        #expect(run.rejects.map(\.reason) == [.binaryData])
        #expect(run.fills.map(\.account) == ["a", "ab"])
        #expect(run.fills.map(\.strategy) == ["b", "default"])
        let cuts = (1...4).flatMap { account in (1...4).map { ("abcdefgh".prefix(account), $0) } }
        let rows = cuts.map { account, count in
            let rest = "abcdefgh".dropFirst(account.count)
            return "t,\(rest.dropFirst(count)),BUY,1,1,\(account),\(rest.prefix(count))\n"
        }
        let shifted = try FeedRun("trade_id,symbol,side,qty,price,account,strategy\n" + rows.joined())
        #expect(shifted.sink.keys.count == cuts.filter { $0.0.count + $0.1 < 8 }.count)
    }

    @Test func manyKeysKeepTheirHandles() throws {
        let rows = (0..<2_000).map { "t\($0),S\($0 % 500),BUY,1,\($0 % 500),,,,a\($0 % 2)\n" }.joined()
        let run = try feed(rows)
        #expect(run.rejects.isEmpty)
        #expect(run.sink.keys.count == 500)
        #expect(run.fills.enumerated().allSatisfy { $0.element.symbol == "S\($0.offset % 500)" })
    }
}
