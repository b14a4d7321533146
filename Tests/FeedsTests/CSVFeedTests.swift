import Feeds
import TestSupport
import Testing

private let header = "trade_id,symbol,side,qty,price\n"
/// A good row before and after what is tested, to show that nothing else is affected.
private let before = "t1,BTC,BUY,1,100\n"
private let after = "t9,BTC,SELL,2,200\n"

private func feed(_ bad: String) throws -> FeedRun { try FeedRun(header + before + bad + after) }

private struct BadRow: CustomTestStringConvertible {
    var text: String
    var places: [Place]
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ column: Int, _ reason: FeedRejectReason) {
        self.text = text
        places = [Place(3, column, reason)]
    }

    init(_ text: String, _ places: [Place]) {
        self.text = text
        self.places = places
    }
}

@Suite struct CSVFeedTests {
    @Test func columnsAreFoundByNameInAnyOrder() throws {
        let run = try FeedRun(
            """
            price,fee_currency,event_ns,comment,side,order_id,book,symbol,qty,fee,account,strategy,trade_id,open_trade_id
            -1.5,USD,17,"a, b",sell,o1,alpha,ES,0.25,-0.1,A1,mm,t1,t0

            """)
        #expect(run.rejects.isEmpty)
        #expect(
            run.fills == [
                SentFill(
                    book: "alpha", account: "A1", strategy: "mm", symbol: "ES", tradeID: "t1", orderID: "o1",
                    isBuy: false, qty: 25_000_000, price: -150_000_000, fee: -10_000_000, eventNs: 17,
                    openTradeID: "t0", feeCurrency: "USD", line: 2)
            ])
        #expect(run.summary.unknownNames == ["\"comment\""])
        #expect(run.summary.lines == 2)
    }

    @Test func whatIsNotStatedHasItsDefault() throws {
        let run = try FeedRun(header + "\n" + before)
        #expect(
            run.fills == [
                SentFill(
                    symbol: "BTC", tradeID: "t1", qty: 100_000_000, price: 10_000_000_000, eventNs: 3, line: 3
                )
            ])
        let empty = try FeedRun(
            "trade_id,symbol,side,qty,price,order_id,book,account,strategy,fee,fee_currency,event_ns,open_trade_id\n"
                + "t1,BTC,BUY,1,100,,,,,,,,\n")
        #expect(
            empty.fills == [
                SentFill(
                    symbol: "BTC", tradeID: "t1", qty: 100_000_000, price: 10_000_000_000, eventNs: 2, line: 2
                )
            ])
        let named = try FeedRun(
            header + before, options: FeedOptions(book: "b", account: "a", strategy: "s"))
        #expect(named.fills.map(\.book) == ["b"])
        #expect(named.fills.map(\.account) == ["a"])
        #expect(named.fills.map(\.strategy) == ["s"])
    }

    @Test(arguments: [
        header + before, header + "t1,BTC,BUY,1,100",
        "trade_id,symbol,side,qty,price\r\nt1,BTC,BUY,1,100\r\n",
        "\u{feff}" + header + before, "\n\r\n" + header + "\n\n" + before + "\n",
        "\"trade_id\",\"symbol\",side,qty,price\n\"t1\",BTC,\"Buy\",\"1\",\"100.00\"\n",
        "trade_id,symbol,side,qty,price,note\nt1,BTC,BUY,1,100,\"two\nlines\"\n",
    ])
    func lineEndsQuotesAndMarksMakeNoDifference(text: String) throws {
        let run = try FeedRun(text)
        #expect(run.rejects.isEmpty)
        #expect(run.tradeIDs == ["t1"])
        #expect(run.fills.map(\.qty) == [100_000_000])
    }

    @Test func doubledQuotesAndCommasAreContent() throws {
        let run = try FeedRun(header + "\"t\"\"1,\"\"\",\"B,TC\",BUY,1,100\n")
        #expect(run.rejects.isEmpty)
        #expect(run.fills.map(\.tradeID) == ["t\"1,\""])
        #expect(run.fills.map(\.symbol) == ["B,TC"])
    }

    @Test(arguments: [
        BadRow("t2,BTC,BUY,1x,100\n", 13, .badNumber),
        BadRow("t2,BTC,BUY,1,1e5\n", 15, .badNumber),
        BadRow("t2,BTC,BUY,,100\n", 12, .missingField),
        BadRow("t2,BTC,BUY,1,NaN\n", 14, .badNumber),
        BadRow("t2,BTC,BUY,0.123456789,100\n", 12, .tooManyDecimals),
        BadRow("t2,BTC,BUY,1,100.000000001\n", 14, .tooManyDecimals),
        BadRow("t2,BTC,BUY,99999999999999999999,100\n", 12, .overflow),
        BadRow("t2,BTC,BUY,1,-92233720368.54775809\n", 14, .overflow),
        BadRow("t2,BTC,BUY,0,100\n", 12, .zeroQuantity),
        BadRow("t2,BTC,BUY,-0.00,100\n", 12, .zeroQuantity),
        BadRow("t2,BTC,BUY,-1,100\n", 12, .negativeQuantity),
        BadRow("t2,BTC,HOLD,1,100\n", 8, .unknownSide),
        BadRow("t2,BTC,B,1,100\n", 8, .unknownSide),
        BadRow("t2,BTC, BUY,1,100\n", 8, .unknownSide),
        BadRow("t2,BTC,,1,100\n", 8, .missingField),
        BadRow(",BTC,BUY,1,100\n", 1, .missingField),
        BadRow("t2,,BUY,1,100\n", 4, .missingField),
        BadRow(String(repeating: "i", count: 41) + ",BTC,BUY,1,100\n", 1, .idTooLong),
        BadRow("t2," + String(repeating: "S", count: 49) + ",BUY,1,100\n", 4, .nameTooLong),
        BadRow("t2,BTC,BUY,1\n", 13, .fieldCount),
        BadRow("t2,BTC,BUY,1,100,\n", 18, .fieldCount),
        BadRow("t2,BTC,BUY,1,100,x,y\n", 18, .fieldCount),
        BadRow("t\"2,BTC,BUY,1,100\n", 2, .badQuoting),
        BadRow("\"t2\"x,BTC,BUY,1,100\n", 5, .badQuoting),
        BadRow("\"t2,BTC,BUY,1,100\n", 1, .badQuoting),
        BadRow("t2,BTC,BUY,1,\"100\n", 14, .badQuoting),
        BadRow("t2,B\0C,BUY,1,100\n", 5, .binaryData),
        BadRow("t2,BTC,BUY,1,100\u{1b}[31m\n", 17, .binaryData),
        BadRow("t2,B\u{7f}C,BUY,1,100\n", 5, .binaryData),
        BadRow("t2,B\u{9b}C,BUY,1,100\n", 5, .binaryData),
        BadRow("t2,B\tC,BUY,1,100\n", 5, .binaryData),
        BadRow("t2,BTC,BUY,1,100\rt3,BTC,BUY,1,100\n", 17, .binaryData),
    ])
    fileprivate func aBadRowIsRejectedAtItsPlaceAndNothingElseIs(row: BadRow) throws {
        let run = try feed(row.text)
        #expect(run.places == row.places)
        #expect(run.tradeIDs == ["t1", "t9"])
        #expect(run.fills.map(\.line) == [2, 4])
        #expect(run.rejects.allSatisfy { !$0.endsFile })
    }

    @Test func theTradeIsNamedWhenItCanBeRead() throws {
        #expect(try feed("t2,BTC,BUY,x,100\n").rejects.map(\.tradeID) == ["t2"])
        #expect(try feed("t2,BTC,BUY\n").rejects.map(\.tradeID) == ["t2"])
        #expect(try feed("t2,B\"TC,BUY,1,100\n").rejects.map(\.tradeID) == ["t2"])
        #expect(try feed("t\u{1b}2,BTC,BUY,1,100\n").rejects.map(\.tradeID) == [""])
    }

    @Test func bytesThatAreNotUTF8AreRejectedWhereverTheyAre() throws {
        let row: [UInt8] = Array("t2,B".utf8) + [0xff] + Array("C,BUY,1,100\n".utf8)
        let run = try FeedRun(Array((header + before).utf8) + row + Array(after.utf8))
        #expect(run.places == [Place(3, 5, .invalidUTF8)])
        #expect(run.tradeIDs == ["t1", "t9"])
        let unused: [UInt8] =
            Array("trade_id,symbol,side,qty,price,note\nt1,BTC,BUY,1,100,".utf8)
            + [0xc3, 0x28, 0x0a]
        #expect(try FeedRun(unused).places == [Place(2, 18, .invalidUTF8)])
    }

    @Test func aLineOverTheBoundIsSkipped() throws {
        let long = "t2,BTC,BUY,1," + String(repeating: "1", count: 200_000) + "\n"
        let run = try feed(long + long)
        #expect(run.places == [Place(3, 65_537, .lineTooLong), Place(4, 65_537, .lineTooLong)])
        #expect(run.tradeIDs == ["t1", "t9"])
        let atBound = "t2,BTC,BUY,1," + String(repeating: "0", count: 65_536 - 14) + "1\n"
        #expect(try feed(atBound).tradeIDs == ["t1", "t2", "t9"])
    }

    /// The search for the closing quote moves the rows in the buffer; going back must find them again.
    @Test(arguments: [195, 198, 220, 255, 256])
    func goingBackOverTheEndOfTheBufferFindsTheSameRows(kibibytes: Int) throws {
        let line = "p,BTC,BUY,1,100." + String(repeating: "0", count: 1_007) + "\n"
        let padding = header + String(repeating: line, count: kibibytes)
        let rows = (0..<4_500).map { "r\($0),BTC,BUY,1,100\n" }.joined()
        let run = try FeedRun(padding + "\"t2,BTC,BUY,1,100\n" + rows)
        #expect(run.places == [Place(kibibytes + 2, 1, .badQuoting)])
        #expect(run.fills.count == kibibytes + 4_500)
        #expect(run.tradeIDs.suffix(4_500).enumerated().allSatisfy { $0.element == "r\($0.offset)" })
    }

    @Test func aRowOverSeveralLinesIsBoundedAsALineIs() throws {
        let notes = "trade_id,note,symbol,side,qty,price\n"
        func row(_ length: Int) -> String {
            let line = String(repeating: "x", count: length)
            return "t2,\"\(line)\n\(line)\n\(line)\",BTC,BUY,1,100\n"
        }
        #expect(try FeedRun(notes + row(20_000)).tradeIDs == ["t2"])
        let long = try FeedRun(notes + row(30_000) + "t3,,BTC,BUY,1,100\n")
        #expect(long.tradeIDs == ["t3"])
        #expect(long.places.first == Place(2, 4, .badQuoting))
        #expect(long.rejects.map(\.line) == [2, 3, 4])
    }

    @Test func aQuoteThatIsNeverClosedCostsItsLineOnly() throws {
        let rows = (0..<3_000).map { "r\($0),BTC,BUY,1,100\n" }.joined()
        let run = try FeedRun(header + "\"t2,BTC,BUY,1,100\n" + rows)
        #expect(run.places == [Place(2, 1, .badQuoting)])
        #expect(run.fills.count == 3_000)
        #expect(run.fills.first?.line == 3)
    }

    /// The opening quote of one bad row finds the one of another: both lines are bad, those between are not.
    @Test func aStrayQuoteDoesNotSwallowTheRowsUpToTheNextOne() throws {
        let run = try FeedRun(
            header + "\"t2,BTC,BUY,1,100\n" + before + "t3,BTC,BUY,1,100\n" + "t\"4,BTC,BUY,1,100\n" + after)
        #expect(run.places == [Place(2, 1, .badQuoting), Place(5, 2, .badQuoting)])
        #expect(run.tradeIDs == ["t1", "t3", "t9"])
    }

    @Test func aFieldOverTwoLinesHasItsTroubleOnTheRightLine() throws {
        let notes = "trade_id,note,symbol,side,qty,price\n"
        let run = try FeedRun(
            notes + "t1,\"a\nb\",BTC,BUY,x1,100\n" + "t2,\"\n\n\",BTC,BUY,1,100\n" + "t3,,BTC,BUY,y,100\n")
        #expect(run.places == [Place(3, 12, .badNumber), Place(7, 13, .badNumber)])
        #expect(run.fills.map(\.line) == [4])
    }

    /// Every way in which a row over two lines can be bad names the line where it began, and the rows that it
    /// had swallowed are read.
    @Test(arguments: [
        ("\"t2,BTC,BUY,1,100\nt3,BTC,BUY,1,100\nt\"4", FeedRejectReason.badQuoting),
        ("\"t2,BTC,BUY,1,100\nt3,BTC,BUY,1,100\n\",BTC", .fieldCount),
        ("\"t2,BTC,BUY,1,100\nt3,BTC,BUY,1,100\n\",BTC,BUY,1,100", .badQuoting),
        ("\"t2,BTC,BUY,1,100\nt3,BTC,BUY,1,100\n\0", .binaryData),
    ])
    func aRowThatSwallowedOthersIsRejectedWhereItBegan(lines: String, reason: FeedRejectReason) throws {
        let run = try FeedRun(header + before + lines + "\n" + after)
        #expect(run.places.first == Place(3, 1, reason))
        #expect(run.rejects.map(\.line) == [3, 5])
        #expect(run.tradeIDs == ["t1", "t3", "t9"])
    }

    @Test func booksAreOpenedOnceAndRefusedBooksRejectTheirRows() throws {
        var sink = CollectingSink()
        sink.refusals = ["locked": "another writer has it"]
        let run = try FeedRun(
            """
            trade_id,symbol,side,qty,price,book
            t1,BTC,BUY,1,100,alpha
            t2,BTC,BUY,1,100,locked
            t3,BTC,BUY,1,100,beta
            t4,BTC,BUY,1,100,alpha
            t5,BTC,BUY,1,100,locked
            t6,BTC,BUY,1,100,../etc
            t7,BTC,BUY,1,100,-x
            t8,BTC,BUY,1,100,a/b
            t9,BTC,BUY,1,100,\(String(repeating: "b", count: 65))

            """, sink: sink)
        #expect(run.sink.books == ["alpha", "locked", "beta"])
        #expect(run.tradeIDs == ["t1", "t3", "t4"])
        #expect(run.fills.map(\.book) == ["alpha", "beta", "alpha"])
        #expect(
            run.places == [
                Place(3, 18, .bookRefused), Place(6, 18, .bookRefused), Place(7, 18, .badBook),
                Place(8, 18, .badBook), Place(9, 19, .badBook), Place(10, 18, .nameTooLong),
            ])
        #expect(run.rejects.first?.detail == "another writer has it")
    }

    /// Defaults come from the command line; a bad one rejects the rows that need it and no others.
    @Test(arguments: [
        (FeedOptions(book: ""), FeedRejectReason.missingField),
        (FeedOptions(book: String(repeating: "b", count: 300)), .nameTooLong),
        (FeedOptions(account: String(repeating: "a", count: 33)), .nameTooLong),
        (FeedOptions(strategy: "s\u{1b}"), .binaryData),
    ])
    func aBadDefaultRejectsTheRowsThatNeedIt(options: FeedOptions, reason: FeedRejectReason) throws {
        let run = try FeedRun(
            "trade_id,symbol,side,qty,price,book,account,strategy\nt1,BTC,BUY,1,100,,,\nt2,BTC,BUY,1,100,b,a,s\n",
            options: options)
        #expect(run.places == [Place(2, 1, reason)])
        #expect(run.tradeIDs == ["t2"])
    }

    @Test func booksAndKeysAreBounded() throws {
        let rows = (0..<5).map { "t\($0),S\($0),BUY,1,100,b\($0 % 3)\n" }.joined()
        let text = "trade_id,symbol,side,qty,price,book\n" + rows
        let books = try FeedRun(text, options: FeedOptions(booksMax: 2))
        #expect(books.places == [Place(4, 17, .capacity)])
        #expect(books.tradeIDs == ["t0", "t1", "t3", "t4"])
        let keys = try FeedRun(text, options: FeedOptions(keysMax: 4))
        #expect(keys.places == [Place(6, 4, .capacity)])
    }

    @Test func aStoppedFeedSendsNothingMore() throws {
        var sink = CollectingSink()
        sink.fillsMax = 1
        let run = try FeedRun(header + before + before + "x\n" + after, sink: sink)
        #expect(run.fills.count == 1)
        #expect(run.rejects.isEmpty)
    }
}
