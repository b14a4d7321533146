import Accumulator
import Glibc
import TestSupport
import Testing

/// `pks explain`: the rows behind a position add up to it.
@Suite struct ExplainTests {
    private static let names = KeyNames(account: "acc", strategy: "s", symbol: "X")

    private static func explain(
        _ scratch: borrowing Scratch, _ options: [String] = []
    ) throws -> PksResult {
        try Pks.run(
            [
                "explain", "--journal", scratch.file("journals"), "--account", "acc", "--strategy", "s",
                "--symbol", "X",
            ] + options, in: scratch)
    }

    /// A long position, closed in part, and flipped; a duplicate, a conflict, fees in two currencies; and another
    /// position in between.
    private static func flipped(_ scratch: borrowing Scratch, method: UInt8 = 1) throws {
        let maker = try JournalMaker(scratch.file("journals"), book: scratch.book)
        try maker.attach(ring: 0, producer: "gw")
        let other = try maker.define(KeyNames(account: "acc", strategy: "s", symbol: "Y"), method: method)
        let key = try maker.define(names, method: method)
        try maker.fill(key, buys: true, qty: 3, price: 1000, fee: 25, trade: "T1")
        try maker.fill(other, buys: true, qty: 7, price: 1, trade: "Y1")
        try maker.fill(key, buys: true, qty: 2, price: 1100, fee: 3, trade: "T2", feeCurrency: "BNB")
        try maker.fill(key, buys: true, qty: 2, price: 1100, fee: 3, trade: "T2", feeCurrency: "BNB")
        try maker.fill(key, buys: true, qty: 2, price: 1200, trade: "T2")
        try maker.fill(key, buys: false, qty: 4, price: 1250, fee: -10, trade: "T3")
        try maker.fill(key, buys: false, qty: 5, price: 900, fee: 5, trade: "T4", feeCurrency: "USD")
        try maker.confirm()
    }

    @Test func `Every match shows both prices, its P&L and the sum so far`() throws {
        let scratch = try Scratch()
        try Self.flipped(scratch)
        let run = try Self.explain(scratch)
        #expect(run.status == 0, "\(run.errors)")
        let expected = """
            \(scratch.book): account acc, strategy s, symbol X (fifo, multiplier 1, USD)
                     7  BUY 3 @ 10, fee 0.0025, trade T1, event 6000: net 3
                    10  BUY 2 @ 11, fee 0.0003 BNB, trade T2, event 8000: net 5
                    12  BUY 2 @ 11, fee 0.0003 BNB, trade T2, event 10000: ignored, the same fill came before
                    13  BUY 2 @ 12, trade T2, event 12000: not applied, conflict
                    14  SELL 4 @ 12.5, fee -0.001, trade T3, event 13000: net 1
                        closes LONG 3 of record 7, trade T1: (12.5 - 10) x 3 = 7.5, realised so far 7.5
                        closes LONG 1 of record 10, trade T2: (12.5 - 11) x 1 = 1.5, realised so far 9
                    16  SELL 5 @ 9, fee 0.0005 USD, trade T4, event 14000: net -4
                        closes LONG 1 of record 10, trade T2: (9 - 11) x 1 = -2, realised so far 7

            open at record 16:
              RECORD  TRADE  SIDE   OPENED  LEFT  PRICE  COST
                  16  T4     SHORT       4     4      9   -36

                          FROM THE ROWS     THE POSITION
            fills                     4  =             4
            bought_qty                5  =             5
            sold_qty                  9  =             9
            net_qty                  -4  =            -4
            realized_pnl              7  =             7
            fees                  0.002  =         0.002
            net_pnl               6.998  =         6.998
            open_cost               -36  =           -36
            open_lots                 1  =             1
            fees BNB             0.0003  =        0.0003
            shared memory: not compared: the book has no segment
            all of it adds up

            """
        #expect(run.output == expected)
    }

    @Test func `A pool shows its cost and what of it was taken`() throws {
        let scratch = try Scratch()
        try Self.flipped(scratch, method: 5)
        let run = try Self.explain(scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(
            run.output.contains(
                "closes LONG 4 of the pool of 5, whose cost of 52 gives 41.6: 12.5 x 4 - 41.6 = 8.4, realised so far 8.4\n"
            ))
        #expect(run.output.contains("\n  the pool: -4, cost -36\n"))
        #expect(run.output.contains("open_lots                 1  =             1\n"))
    }

    @Test func `What is folded is brought forward, and still adds up`() throws {
        let scratch = try Scratch()
        try Self.flipped(scratch)
        let forward = ": 3 fills, bought 5, sold 4, net 1, realised 9, fees 0.0015 and 0.0003 BNB\n"
        let last = try Self.explain(scratch, ["--last", "1"])
        #expect(last.status == 0)
        #expect(
            last.output.contains(
                "\n... brought forward: 5 rows up to record 14" + forward + "        16  SELL"))
        #expect(last.output.contains("realised so far 7\n"))
        #expect(last.output.hasSuffix("all of it adds up\n"))
        let since = try Self.explain(scratch, ["--since", "15"])
        #expect(since.output == last.output)
        let json = try Self.explain(scratch, ["--since", "15", "--json"])
        #expect(
            json.output.contains("\"brought_forward\":{\"rows\":\"5\",\"to_seq\":\"14\",\"fills\":\"3\","))
        #expect(json.outputLines.filter { $0.hasPrefix("{\"seq\":") }.count == 1)
        let none = try Self.explain(scratch, ["--since", "1000"])
        #expect(none.status == 0)
        #expect(none.output.contains("... brought forward: 6 rows up to record 16"))
    }

    /// Random fills of three keys under a method; every so often one is repeated, one names the lot it closes, one
    /// pays in another currency.
    private static func random(
        _ scratch: borrowing Scratch, method: UInt8, seed: UInt64, count: Int
    ) throws {
        var random = SeededRandom(seed: seed)
        let maker = try JournalMaker(scratch.file("journals"), book: scratch.book)
        try maker.attach(ring: 0, producer: "gw")
        let others = try ["Y", "Z"].map {
            try maker.define(KeyNames(account: "acc", strategy: "s", symbol: $0), method: method)
        }
        let key = try maker.define(names, qtyDecimals: 3, multiplier: 50, method: method)
        for number in 0..<count {
            let isOther = Int.random(in: 0..<4, using: &random) == 0
            let trade = Int.random(in: 0..<20, using: &random) == 0 ? number / 2 : number
            let rare = Int.random(in: 0..<10, using: &random)
            try maker.fill(
                isOther ? others[number % 2] : key, buys: Bool.random(using: &random),
                qty: Int64.random(in: 1...900, using: &random),
                price: Int64.random(in: -500...10_000, using: &random),
                fee: Int64.random(in: -50...500, using: &random), trade: "T\(trade)",
                feeCurrency: rare == 0 ? "BNB" : rare == 1 ? "USD" : nil,
                closes: rare == 2 ? "T\(number - 3)" : nil)
        }
        try maker.confirm()
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt8])
    func `Random positions add up under all five methods, and the journal's replay holds`(
        method: UInt8
    ) throws {
        let scratch = try Scratch()
        let seed = UInt64.random(in: 0 ... .max)
        try Self.random(scratch, method: method, seed: seed, count: 800)
        let run = try Self.explain(scratch, ["--json"])
        #expect(run.status == 0, "seed \(seed): \(run.errors)\(run.output.suffix(2000))")
        #expect(run.output.hasSuffix(",\"slot\":\"none\",\"faults\":[],\"agrees\":true}\n"))
        #expect(run.output.contains("\"outcome\":\"rejected\",\"reason\":\"conflict\""))
        let text = try Self.explain(scratch, ["--last", "7"])
        #expect(text.status == 0)
        #expect(text.output.hasSuffix("all of it adds up\n"), "seed \(seed)")
        let verify = try Pks.run(["verify", "--journal", scratch.file("journals"), "--json"], in: scratch)
        #expect(verify.status == 0, "seed \(seed): \(verify.output)\(verify.errors)")
        #expect(verify.output.contains("\"holds\":true,\"start_seq\":0,"))
    }

    @Test func `A position that is not there, and what is missing, is said`() throws {
        let scratch = try Scratch()
        try Self.flipped(scratch)
        let other = try Pks.run(
            ["explain", "--journal", scratch.file("journals"), "--symbol", "X\u{1b}[1m"], in: scratch)
        #expect(other.status == 69)
        #expect(other.errors.contains("no position of account default, strategy default, symbol X\\u{1b}[1m"))
        let nothing = try Pks.run(["explain", "--journal", scratch.file("journals")], in: scratch)
        #expect(nothing.status == 64)
        #expect(nothing.errors == "pks: explain: no --symbol (name the position)\n")
    }

    @Test func `A damaged journal is not explained`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 100)
        try maker.scribble("journal-00000000.pksj", at: 4 * 4096 + 300, [0xee])
        let run = try Pks.run(
            [
                "explain", "--journal", scratch.file("journals"), "--account", "a", "--strategy", "s",
                "--symbol", "X", "--last", "1",
            ], in: scratch)
        #expect(run.status == 65)
        #expect(run.errors.contains("byte 16384: its checksum does not hold"))
        #expect(run.errors.contains("an explanation would stop at record 31;"))
        #expect(!run.output.contains("adds up"))
        let verify = try Pks.run(["verify", "--journal", scratch.file("journals")], in: scratch)
        #expect(verify.status == 65)
        #expect(verify.output.contains("(journal): FAILS\n  fault        "))
    }
}
