import CSeqlock
import Glibc
import PositionText
import ShmBridge
import ShmReader
import TestSupport
import Testing

@testable import PksCommand

/// `pks read` and `pks ls`: what other processes see.
@Suite struct ReadTests {
    private func keep(_ scratch: borrowing Scratch, _ text: String, _ extra: [String] = []) throws {
        let input = try scratch.write("fills.csv", text)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--keep", "--out", scratch.file("out")] + extra,
            in: scratch)
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func `What is read from shared memory is positions.csv to the byte`() throws {
        let scratch = try Scratch()
        let fills = try Pks.run(["generate", "--fills", "5000", "--seed", "3"], in: scratch)
        try keep(scratch, fills.output)
        let read = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(read.status == 0)
        #expect(read.errors.isEmpty)
        #expect(read.output == scratch.text("out/positions.csv"))
        #expect(read.outputLines.count == 33)
        // The segment that was kept is there, and nothing else of the replay.
        #expect(scratch.sharedMemory() == ["pks-positions-v1-\(scratch.book)"])
    }

    @Test func `A reader of the library sees what the command prints`() throws {
        let scratch = try Scratch()
        try keep(scratch, Cases.partialClose)
        let reader = try SegmentReader(book: scratch.book)
        let found = reader.find(account: "default", strategy: "default", symbol: "ABC")
        let slot = try #require(found)
        var position = pks_position()
        let result = reader.read(slot, into: &position)
        #expect(result == .value)
        #expect(position.net_qty == 70 * 100_000_000)
        #expect(position.open_lots == 2)
        #expect(position.fill_count == 3)
    }

    @Test func `Positions are chosen by account, strategy and symbol`() throws {
        let scratch = try Scratch()
        try keep(
            scratch,
            """
            trade_id,account,strategy,symbol,side,qty,price
            t1,a1,s1,ABC,BUY,1,1
            t2,a1,s2,ABC,BUY,1,1
            t3,a2,s1,ABC,BUY,1,1
            t4,a2,s1,XYZ,BUY,1,1

            """)
        func rows(_ arguments: String...) throws -> Int {
            try Pks.run(["read", "--book", scratch.book, "--csv"] + arguments, in: scratch).outputLines.count
                - 1
        }
        #expect(try rows() == 4)
        #expect(try rows("--account", "a1") == 2)
        #expect(try rows("--symbol=ABC", "--strategy", "s1") == 2)
        #expect(try rows("--symbol", "XYZ", "--account", "a2", "--strategy", "s1") == 1)
        let none = try Pks.run(["read", "--book", scratch.book, "--symbol", "ABCD"], in: scratch)
        #expect(none.status == 69)
        #expect(
            none.errors.contains(
                "no position has symbol ABCD (pks read --book \(scratch.book) shows all of them)"))
    }

    @Test func `JSON has the same columns, exact numbers as strings, and null where CSV is empty`() throws {
        let scratch = try Scratch()
        try keep(scratch, Cases.untilFlat)
        let read = try Pks.run(["read", "--book", scratch.book, "--json"], in: scratch)
        #expect(
            read.output == """
                [
                {"book":"\(scratch.book)","account":"default","strategy":"default","symbol":"ABC","net_qty":"0",\
                "avg_price":null,"open_cost":"0","realized_pnl":"50","fees":"0","net_pnl":"50","open_lots":"0",\
                "bought_qty":"11","sold_qty":"11","last_price":"105","last_event_ns":"6","fills":"5"}
                ]

                """)
    }

    @Test func `What a degraded writer means for fills is said for its very reasons`() {
        let cases: [(Int32, String)] = [
            (PKS_DEGRADED_JOURNAL, "positions are right, but fills wait until it can be"),
            (PKS_DEGRADED_LOTS_FULL, "positions are right, but fills are being rejected"),
            (PKS_DEGRADED_HISTORY, "positions lack those"),
            (
                PKS_DEGRADED_PRODUCER | PKS_DEGRADED_SLOTS_FULL,
                "positions are right, but fills are being rejected, fills of that producer are not read"
            ),
        ]
        for (reasons, meaning) in cases { #expect(degradedMeaning(UInt64(reasons)) == meaning) }
    }

    @Test func `A book without a segment exits with 69 and says what to do`() throws {
        let scratch = try Scratch()
        let read = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(read.status == 69)
        #expect(read.output.isEmpty)
        #expect(
            read.errors
                == "pks: book \(scratch.book): there is no segment /dev/shm/pks-positions-v1-\(scratch.book) "
                + "(pks ls shows what there is; pks replay FILE --book \(scratch.book) --keep makes one)\n")
    }

    @Test func `A key whose fills were all rejected is no position`() throws {
        let scratch = try Scratch()
        try keep(
            scratch,
            "trade_id,symbol,side,qty,price,open_trade_id\nt1,ABC,BUY,1,1,nowhere\nt2,XYZ,BUY,1,1,\n",
            ["--allow-rejects"])
        let read = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(read.outputLines.count == 2)
        #expect(read.output == scratch.text("out/positions.csv"))
    }

    @Test func `Segments are listed with state and numbers, broken ones with the reason`() throws {
        let scratch = try Scratch()
        try keep(scratch, Cases.partialClose)
        let broken = scratch.book + "-broken"
        let path = "/dev/shm/pks-positions-v1-" + broken
        try scratch.write("../../dev/shm/pks-positions-v1-" + broken, "no segment at all")
        #expect(Files.text(path) == "no segment at all")
        let list = try Pks.run(["ls"], in: scratch)
        #expect(list.status == 0)
        let line = try #require(list.outputLines.first { $0.hasPrefix(scratch.book + " ") })
        let words = line.split(separator: " ")
        #expect(words[1] == "stopped")
        #expect(words[4] == "1/1024")
        #expect(words[5...8] == ["4", "0", "-", "1.2"])
        let bad = try #require(list.outputLines.first { $0.hasPrefix(broken) })
        #expect(bad.contains(" broken "))
        let json = try Pks.run(["ls", "--json"], in: scratch)
        #expect(json.output.contains("{\"book\":\"\(scratch.book)\",\"state\":\"stopped\",\"writer_pid\":"))
        #expect(json.output.contains("{\"book\":\"\(broken)\",\"state\":\"broken\",\"note\":\"\(path): "))
        let read = try Pks.run(["read", "--book", broken], in: scratch)
        #expect(read.status == 69)
        #expect(read.errors.hasPrefix("pks: \(path): "))
    }

    @Test func `A writer that died is said on stderr, and its positions are still read`() throws {
        let scratch = try Scratch()
        let fills = try scratch.write("fills.csv", Cases.partialClose)
        // A pipe that never ends keeps the replay alive after its fills.
        let pipe = try InputPipe()
        let replay = try PksProcess(
            ["replay", fills, "-", "--format", "csv", "--book", scratch.book], in: scratch, pipe: pipe)
        try pipe.write(Cases.header + String(repeating: "x,ABC,BUY,0,1\n", count: 5000))
        #expect(replay.awaitErrors { $0.contains("zero_quantity") })
        replay.signal(SIGKILL)
        #expect(replay.wait() == -SIGKILL)
        let reader = try SegmentReader(book: scratch.book)
        let slotCount = reader.slotCount
        #expect(slotCount == 1)
        let read = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(read.status == 0)
        #expect(read.output.contains(",ABC,70,"))
        #expect(
            read.errors
                == "pks: book \(scratch.book): the writer (process \(replay.pid)) has died: these are its "
                + "last positions\n")
        let list = try Pks.run(["ls"], in: scratch)
        #expect(list.outputLines.contains { $0.hasPrefix(scratch.book) && $0.contains(" dead ") })
        // A new replay takes the leftover's place.
        try keep(scratch, Cases.untilFlat)
        let again = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(again.output.contains(",ABC,0,,0,50,"))
        let isRetired = reader.isRetired
        #expect(isRetired)
    }

    @Test func `A writer that was stopped is said to show no sign of life, and its positions are still read`()
        throws
    {
        let scratch = try Scratch()
        let fills = try scratch.write("fills.csv", Cases.partialClose)
        let pipe = try InputPipe()
        let replay = try PksProcess(
            ["replay", fills, "-", "--format", "csv", "--book", scratch.book], in: scratch, pipe: pipe)
        try pipe.write(Cases.header + String(repeating: "x,ABC,BUY,0,1\n", count: 5000))
        #expect(replay.awaitErrors { $0.contains("zero_quantity") })
        replay.signal(SIGSTOP)
        let reader = try SegmentReader(book: scratch.book)
        // A second without a heartbeat.
        while true {
            if case .stale = reader.writerStatus() { break }
            sched_yield()
        }
        let read = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(read.status == 0)
        #expect(read.output.contains(",ABC,70,"))
        #expect(read.errors.contains("has shown no sign of life for"))
        let list = try Pks.run(["ls"], in: scratch)
        #expect(list.outputLines.contains { $0.hasPrefix(scratch.book) && $0.contains(" stale ") })
        replay.signal(SIGCONT)
        replay.signal(SIGTERM)
        #expect(replay.wait() == 128 + SIGTERM)
    }

    @Test func `When the writer is too fast for a snapshot each row is right by itself, and that is said`()
        throws
    {
        let scratch = try Scratch()
        try keep(scratch, Cases.partialClose)
        let reader = try SegmentReader(book: scratch.book)
        let everything = PositionFilter(account: nil, strategy: nil, symbol: nil)
        let scan = BookScan(reader, filter: everything) { _, _ in .writerTooFast(rounds: 64) }
        #expect(scan.consistency == .eachByItself(left: 0))
        #expect(scan.rows.map { $0.view.position.net_qty } == [70 * 100_000_000])
        #expect(scan.warning?.contains("too fast for one consistent snapshot") == true)
        let whole = BookScan(reader, filter: everything)
        #expect(whole.consistency == .oneMoment(seq: 4))
        #expect(whole.warning == nil)
    }
}
