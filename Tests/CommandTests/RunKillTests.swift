import CSeqlock
import FillProducer
import Glibc
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// The daemon is killed, again and again, and nothing is lost or doubled that the rings still hold.
@Suite struct RunKillTests {
    @Test func `Killed at random moments under load, it applies every fill on the rings once`() throws {
        let scratch = try Scratch()
        let seed = TestSeed.base
        var random = SeededRandom(seed: seed)
        print("kills of the daemon, seed \(seed)")
        let feeders = [
            try RunTests.feeder(scratch, "a", seed: seed), try RunTests.feeder(scratch, "b", seed: seed &+ 1),
        ]
        var daemon = try RunTests.start(scratch)
        for _ in 0..<8 {
            // So much more is put before the kill, a part of which it has taken by then.
            let until = Int.random(in: 1...4000, using: &random)
            var put = 0
            while put < until {
                let count = Int.random(in: 1...200, using: &random)
                for feeder in feeders { #expect(feeder.put(count) == count) }
                put += count
            }
            daemon.signal(SIGKILL)
            #expect(daemon.wait() == -SIGKILL)
            for feeder in feeders { feeder.put(100) }
            daemon = try RunTests.start(scratch)
        }
        #expect(feeders.allSatisfy { $0.awaitApplied() })
        let reader = try SegmentReader(book: scratch.book)
        let oracle = PositionOracle(feeders)
        #expect(PositionOracle.shown(reader) == oracle.positions)
        #expect(reader.writerStatus() == .live && reader.counters.fills == oracle.fills)
        #expect(feeders.allSatisfy { $0.producer.freedCount == 0 })
    }

    @Test func `With rings too small for the day it says that history is missing, and doubles nothing`()
        throws
    {
        let scratch = try Scratch()
        let seed = TestSeed.base &+ 2
        var random = SeededRandom(seed: seed)
        print("kills of the daemon with a small ring, seed \(seed)")
        let feeder = try RunTests.feeder(scratch, records: 512, seed: seed)
        var daemon = try RunTests.start(scratch)
        for round in 0..<4 {
            try feeder.putAll(Int.random(in: 600...1500, using: &random))
            daemon.signal(SIGKILL)
            #expect(daemon.wait() == -SIGKILL)
            // From here on until the next start the producer alone moves the ring.
            let freed = feeder.producer.freedCount
            #expect(freed > 0)
            daemon = try RunTests.start(scratch)
            #expect(feeder.awaitApplied())
            let reader = try SegmentReader(book: scratch.book)
            #expect(reader.writerStatus() == .degraded(reasons: UInt64(PKS_DEGRADED_HISTORY)))
            // Records are the four KEYs and then the fills.
            let rest = feeder.sent.dropFirst(Int(freed) - feeder.keyCount)
            let oracle = PositionOracle([(feeder, rest)])
            #expect(PositionOracle.shown(reader) == oracle.positions, "round \(round)")
            #expect(reader.counters.fills == oracle.fills)
        }
        let list = try Pks.run(["ls"], in: scratch).output
        #expect(
            list.split(separator: "\n").contains {
                $0.contains(scratch.book) && $0.contains("no longer holds")
            })
    }

    @Test
    func `A producer that comes back goes on with its ring, and what it never published is never applied`()
        throws
    {
        let scratch = try Scratch()
        let daemon = try RunTests.start(scratch)
        var sent: [pks_fill_record] = []
        for round in 0..<5 {
            let feeder = try RunTests.feeder(scratch, seed: UInt64(round))
            #expect(feeder.producer.isResumed == (round > 0))
            // Put and never published, as by a producer that dies in between.
            feeder.put(200)
            sent += feeder.sent
            _ = feeder.producer.put(feeder.next())
        }
        let last = try RunTests.feeder(scratch, seed: 77)
        #expect(last.awaitApplied())
        let reader = try SegmentReader(book: scratch.book)
        #expect(PositionOracle.shown(reader) == PositionOracle([(last, sent[...])]).positions)
        // Each life begins with the same trade ids again, which are duplicates or conflicts.
        #expect(reader.counters.rejects == reader.counters.conflicts)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }
}
