import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// Two replays at once, signals, and what is left behind.
@Suite struct LifeTests {
    /// A replay that has applied fills and waits for more on a pipe.
    private struct Waiting {
        let replay: PksProcess
        let pipe: InputPipe
    }

    private func begin(_ scratch: borrowing Scratch, _ extra: [String] = []) throws -> Waiting {
        let fills = try scratch.write("fills.csv", Cases.partialClose)
        let pipe = try InputPipe()
        let replay = try PksProcess(
            ["replay", fills, "-", "--format", "csv", "--book", scratch.book] + extra, in: scratch, pipe: pipe
        )
        // So many rejects that everything before them is applied and shown.
        try pipe.write(Cases.header + String(repeating: "x,ABC,BUY,0,1\n", count: 5000))
        #expect(replay.awaitErrors { $0.contains("zero_quantity") })
        return Waiting(replay: replay, pipe: pipe)
    }

    @Test func `A second replay of the same book exits with 75 and touches nothing`() throws {
        let scratch = try Scratch()
        let waiting = try begin(scratch)
        let before = try Pks.run(["read", "--book", scratch.book], in: scratch)
        let other = try scratch.write("other.csv", Cases.untilFlat)
        let second = try Pks.run(
            ["replay", other, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(second.status == 75)
        #expect(
            second.errors
                == "pks: book \(scratch.book): another writer has it: process \(waiting.replay.pid) "
                + "(wait until it has ended, or name another --book)\n")
        #expect(Files.names(in: scratch.file("out")).isEmpty)
        let after = try Pks.run(["read", "--book", scratch.book], in: scratch)
        #expect(after.output == before.output)
        #expect(after.output.contains(",ABC,70,"))
        // With a run directory of its own it still sees the living segment.
        let elsewhere = try Pks.run(
            ["replay", other, "--book", scratch.book, "--run-dir", scratch.file("elsewhere")], in: scratch)
        #expect(elsewhere.status == 75)
    }

    @Test func `What came through a pipe is applied and shown while the replay waits for more`() throws {
        let scratch = try Scratch()
        let pipe = try InputPipe()
        let replay = try PksProcess(["replay", "-", "--book", scratch.book], in: scratch, pipe: pipe)
        try pipe.write(Cases.partialClose)
        #expect(
            replay.awaitCondition {
                let reader = try? SegmentReader(book: scratch.book)
                return reader?.counters.fills == 3
            })
        // And its heart goes on beating.
        let reader = try SegmentReader(book: scratch.book)
        let seenNs = reader.heartbeatNs
        #expect(replay.awaitCondition { reader.heartbeatNs > seenNs })
        replay.signal(SIGTERM)
        #expect(replay.wait() == 128 + SIGTERM)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `A signal ends a replay that waits for input, and leaves nothing behind`(signal: Int32) throws {
        let scratch = try Scratch()
        let waiting = try begin(scratch, ["--out", scratch.file("out"), "--keep"])
        #expect(scratch.sharedMemory() == ["pks-positions-v1-\(scratch.book)"])
        #expect(!Files.names(in: scratch.file("out")).isEmpty)
        waiting.replay.signal(signal)
        #expect(waiting.replay.wait() == 128 + signal)
        #expect(scratch.sharedMemory().isEmpty)
        #expect(Files.names(in: scratch.file("out")).isEmpty)
        #expect(waiting.replay.errorsSoFar().contains("pks: interrupted: nothing of this run was kept"))
    }

    @Test func `The list knows at once that a writer was killed`() throws {
        let scratch = try Scratch()
        let waiting = try begin(scratch)
        func state() throws -> Substring? {
            try Pks.run(["ls"], in: scratch).output.split(separator: "\n")
                .first { $0.hasPrefix(scratch.book + " ") }?.split(separator: " ")[1]
        }
        // It waits for input and may be taken for stale on a slow machine, but not for dead.
        #expect(try ["live", "stale"].contains(state()))
        waiting.replay.signal(SIGKILL)
        _ = waiting.replay.wait()
        #expect(try state() == "dead")
    }

    @Test func `The list spells out what would act on a terminal`() throws {
        let scratch = try Scratch()
        let path = "/dev/shm/pks-positions-v1-\(scratch.book)\u{1b}[31m"
        // SAFETY (all of this function): the name lives for the call.
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_EXCL, 0o600)
        #expect(descriptor >= 0)
        defer {
            close(descriptor)
            _ = unsafe unlink(path)
        }
        let list = try Pks.run(["ls"], in: scratch)
        #expect(list.output.contains("\(scratch.book)\\u{1b}[31m"))
        #expect(!list.output.contains("\u{1b}"))
    }

    @Test func `A watch ends with the reader of its output, also when nothing changes`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        #expect(try Pks.run(["replay", input, "--book", scratch.book, "--keep"], in: scratch).status == 0)
        let line = "'\(Pks.path)' read --book \(scratch.book) --watch --interval-ms 10 | head -n 1"
        let watch = try Pks.runShell(line, in: scratch)
        #expect(watch.output.hasPrefix("book,account"))
    }

    @Test func `A replay that was killed does not disturb the next one`() throws {
        let scratch = try Scratch()
        let waiting = try begin(scratch)
        waiting.replay.signal(SIGKILL)
        #expect(waiting.replay.wait() == -SIGKILL)
        #expect(scratch.sharedMemory() == ["pks-positions-v1-\(scratch.book)"])
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(scratch.rows("out/positions.csv").map { $0[15] } == ["3"])
        #expect(scratch.sharedMemory().isEmpty)
    }

    @Test func `What a killed run left in the output directory goes with the next`() throws {
        let scratch = try Scratch()
        let waiting = try begin(scratch, ["--out", scratch.file("out")])
        waiting.replay.signal(SIGKILL)
        _ = waiting.replay.wait()
        #expect(Files.names(in: scratch.file("out")).allSatisfy { $0.hasPrefix(".") })
        #expect(!Files.names(in: scratch.file("out")).isEmpty)
        let input = try scratch.write("fills.csv", Cases.partialClose)
        _ = try Pks.run(["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(
            Files.names(in: scratch.file("out")) == [
                "effects.jsonl", "lots.csv", "matches.csv", "positions.csv", "rejects.csv",
            ])
    }

    @Test func `A ring that a killed replay left is not read again`() throws {
        let scratch = try Scratch()
        // A ring under the replay's own name, with a fill that nobody has applied, whose producer is gone.
        do {
            var producer = try FillProducer(
                ProducerOptions(
                    book: scratch.book, producer: "pks.replay", runDirectory: scratch.runDirectory))
            var key = pks_key_record()
            (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
            write("default", &key.account)
            write("default", &key.strategy)
            write("ABC", &key.symbol)
            var fill = pks_fill_record()
            (fill.kind, fill.side, fill.qty) = (UInt8(PKS_KIND_FILL), UInt8(PKS_SIDE_BUY), 1)
            write("ghost", &fill.trade_id)
            let defined = producer.define(handle: 0, key: key)
            // SAFETY: the fill outlives the call.
            let put = unsafe producer.put(&fill)
            #expect(defined == .ok && put == .ok)
            producer.publish()
        }
        #expect(scratch.sharedMemory() == ["pks-fills-v1-\(scratch.book)-pks.replay"])
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let run = try Pks.run(["replay", input, "--book", scratch.book, "--json"], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("\"fills\":3,\"duplicates\":0,"), "\(run.output)")
        #expect(scratch.sharedMemory().isEmpty)
    }

    private func write<Field>(_ text: String, _ field: inout Field) {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
    }

    @Test func `Without --keep nothing is left, whatever the end`() throws {
        let scratch = try Scratch()
        let good = try scratch.write("good.csv", Cases.partialClose)
        let bad = try scratch.write("bad.csv", Cases.header + "t1,ABC,BUY,1,1\nt2,ABC,BUY,0,1\n")
        for (input, status) in [(good, Int32(0)), (bad, 65)] {
            let run = try Pks.run(["replay", input, "--book", scratch.book], in: scratch)
            #expect(run.status == status)
            #expect(scratch.sharedMemory().isEmpty)
        }
        // An output that cannot be made is found out before anything is applied.
        let file = try scratch.write("file", "")
        let run = try Pks.run(["replay", good, "--book", scratch.book, "--out", file + "/out"], in: scratch)
        #expect(run.status == 73)
        #expect(run.errors == "pks: \(file)/out: Not a directory (choose another --out directory)\n")
        #expect(scratch.sharedMemory().isEmpty)
    }

    @Test func `A run directory that others can write is refused`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        // SAFETY: the name lives for the call.
        #expect(unsafe chmod(scratch.runDirectory, 0o777) == 0)
        let run = try Pks.run(["replay", input, "--book", scratch.book], in: scratch)
        #expect(run.status == 77)
        #expect(run.errors.contains("can be written by others"))
    }
}
