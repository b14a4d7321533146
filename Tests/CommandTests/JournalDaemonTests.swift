import CSeqlock
import Glibc
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// The verbs that look into a journal, beside the daemon that writes it.
@Suite struct JournalDaemonTests {
    @Test func `A journal that is being written is whole, replays to the slots, and explains them`() throws {
        let scratch = try Scratch()
        let journal = scratch.file("journals")
        let daemon = try RunTests.start(scratch, ["--journal", journal])
        let feeder = try RunTests.feeder(scratch)
        for _ in 0..<4 {
            feeder.put(4000)
            let verify = try Pks.run(["journal", "verify", journal], in: scratch)
            #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
            let replay = try Pks.run(["verify", "--journal", journal], in: scratch)
            #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
        }
        #expect(feeder.awaitApplied())
        let reader = try SegmentReader(book: scratch.book)
        while reader.durableSeq < reader.appliedSeq { sched_yield() }
        let replay = try Pks.run(["verify", "--journal", journal], in: scratch)
        #expect(replay.status == 0, "\(replay.output)\(replay.errors)")
        #expect(
            replay.output.contains(
                "slots        \(reader.slotCount) in shared memory are the same, word for word\n"))
        for slot in 0..<reader.slotCount {
            let found = reader.key(of: slot)
            let key = try #require(found)
            let explain = try Pks.run(
                [
                    "explain", "--journal", journal, "--account", key.account, "--strategy", key.strategy,
                    "--symbol", key.symbol, "--last", "5",
                ], in: scratch)
            #expect(explain.status == 0, "\(explain.output)\(explain.errors)")
            #expect(
                explain.output.hasSuffix("shared memory: the same, word for word\nall of it adds up\n"))
        }
        let busy = try Pks.run(["journal", "repair-tail", journal, "--yes"], in: scratch)
        #expect(busy.status == 75, "\(busy.output)\(busy.errors)")
        daemon.signal(SIGKILL)
        _ = daemon.wait()
        let after = try Pks.run(["verify", "--journal", journal], in: scratch)
        #expect(after.status == 0, "\(after.output)\(after.errors)")
        let before = replay.outputLines.first { $0.contains("digest") && !$0.contains("checkpoints") }
        #expect(before != nil && after.outputLines.contains { $0 == before })
    }
}
