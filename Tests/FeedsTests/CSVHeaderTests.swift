import Feeds
import TestSupport
import Testing

private let rows = "t1,BTC,BUY,1,100\nt2,BTC,BUY,1,100\n"

@Suite struct CSVHeaderTests {
    @Test(arguments: [
        ("symbol,side,qty,price\n", Place(1, 1, .missingColumn), "trade_id"),
        ("trade_id,symbol,side,qty\n", Place(1, 1, .missingColumn), "price"),
        ("Trade_ID,symbol,side,qty,price\n", Place(1, 1, .missingColumn), "\"Trade_ID\""),
        ("trade_id;symbol;side;qty;price\n", Place(1, 1, .missingColumn), "separated by commas"),
        (
            "trade_id,symbol,side,qty,price,symbol\n", Place(1, 32, .duplicateColumn),
            "\"symbol\" is there twice"
        ),
        ("trade_id,symbol,side,qty,price,note,note\n", Place(1, 37, .duplicateColumn), "\"note\""),
        ("trade_id,\"symbol,side,qty,price\n", Place(1, 10, .badQuoting), "never closed"),
        ("trade_id,sym\"bol,side,qty,price\n", Place(1, 13, .badQuoting), "a quote"),
        ("\0\u{1}\u{2}garbage\n", Place(1, 1, .binaryData), "0x00"),
        ("{\"trade_id\":\"t1\"}\n", Place(1, 2, .badQuoting), "a quote"),
        (String(repeating: "x", count: 70_000) + "\n", Place(1, 65_537, .lineTooLong), "65536"),
        ("\n\n" + "symbol\n", Place(3, 1, .missingColumn), "trade_id, side, qty, price"),
    ])
    func aFileWithoutAUsableHeaderIsNotUsed(header: String, place: Place, words: String) throws {
        let run = try FeedRun(header + rows)
        #expect(run.places == [place])
        #expect(run.fills.isEmpty)
        let reject = try #require(run.rejects.first)
        #expect(reject.endsFile)
        #expect(reject.detail.contains(words), "\(reject.detail)")
    }

    @Test(arguments: ["", "\n", "\u{feff}", "\r\n\r\n"])
    func anEmptyFileHasNoHeader(text: String) throws {
        let run = try FeedRun(text)
        #expect(run.rejects.map(\.reason) == [.missingColumn])
        #expect(run.rejects.first?.endsFile == true)
    }

    @Test func theNextFileOfARunIsUsedAllTheSame() throws {
        let good = "trade_id,symbol,side,qty,price\n" + rows
        var feed = Feed()
        var sink = CollectingSink()
        for text in ["symbol\nBTC\n", good, good] {
            try withFile(Array(text.utf8)) { path in
                let isAllTaken = try feed.read(path, into: &sink)
                #expect(isAllTaken)
            }
        }
        #expect(sink.rejects.map(\.reason) == [.missingColumn])
        #expect(sink.fills.map(\.file) == [1, 1, 2, 2])
        #expect(sink.keys.count == 1, "the second file goes on with the first one's keys")
        #expect(feed.summary.lines == 1 + 3 + 3)
        #expect(feed.summary.fills == 4)
    }

    @Test func columnsWithoutANameAndUnknownOnesAreIgnored() throws {
        let run = try FeedRun("trade_id,symbol,,side,qty,\"price\",,fees\nt1,BTC,x,BUY,1,100,y,7\n")
        #expect(run.rejects.isEmpty)
        #expect(run.fills.map(\.fee) == [0])
        #expect(run.summary.unknownNames == ["\"fees\""])
    }

    /// Rows written by a naive writer with random columns, quotes and contents come back as they went in.
    @Test(arguments: [UInt64(61), 62, 63])
    func whatANaiveWriterWritesIsReadBack(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let names = [
            "trade_id", "symbol", "side", "qty", "price", "order_id", "account", "strategy", "event_ns",
            "note", "x",
        ].shuffled(using: &random)
        var text = names.joined(separator: ",") + "\n"
        var expected: [SentFill] = []
        for number in 0..<400 {
            let fill = SentFill(
                account: randomText(upTo: 32, using: &random), strategy: randomText(upTo: 32, using: &random),
                symbol: randomText(upTo: 48, using: &random), tradeID: randomText(upTo: 40, using: &random),
                orderID: randomText(upTo: 40, using: &random), isBuy: Bool.random(using: &random),
                qty: Int64.random(in: 1...Int64.max, using: &random), price: Int64(bitPattern: random.next()),
                eventNs: Int64(bitPattern: random.next()), line: UInt64(number + 2))
            let values = [
                "trade_id": fill.tradeID, "symbol": fill.symbol, "side": fill.isBuy ? "BUY" : "SELL",
                "qty": plain(fill.qty), "price": plain(fill.price), "order_id": fill.orderID,
                "account": fill.account, "strategy": fill.strategy, "event_ns": String(fill.eventNs),
                "note": randomText(upTo: 80, using: &random), "x": "",
            ]
            let cells = names.map { name -> String in
                let value = values[name] ?? ""
                let isPlain = !value.contains { ",\"\n\r".contains($0) }
                if isPlain && Bool.random(using: &random) { return value }
                return "\"" + value.replacing("\"", with: "\"\"") + "\""
            }
            text += cells.joined(separator: ",") + (Bool.random(using: &random) ? "\n" : "\r\n")
            expected.append(fill)
        }
        let run = try FeedRun(text)
        #expect(run.rejects.isEmpty, "seed \(seed)")
        #expect(run.fills == expected, "seed \(seed)")
    }

    /// Units at eight decimals, written with all of them.
    private func plain(_ units: Int64) -> String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
        return (units < 0 ? "-" : "") + padded.dropLast(8) + "." + padded.suffix(8)
    }

    private func randomText(upTo bytesMax: Int, using random: inout SeededRandom) -> String {
        let alphabet = Array("abcXYZ019 ,,\"\"'é漢🂡;|=")
        var text = ""
        let count = Int.random(in: 1...12, using: &random)
        for _ in 0..<count { text.append(alphabet.randomElement(using: &random) ?? "a") }
        while text.utf8.count > bytesMax { text.removeLast() }
        return text.isEmpty ? "a" : text
    }
}
