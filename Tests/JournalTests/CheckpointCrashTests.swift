import Accumulator
import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

/// Wherever the making of a checkpoint is cut off, the one before it or the new one is found, never a mixture.
@Suite struct CheckpointCrashTests {
    private static let epoch: UInt64 = 9

    @Test func aCrashLeavesTheOldOneOrTheNewOne() throws {
        var campaign = CheckpointCampaign(seed: TestSeed.base)
        try campaign.run(losses: 250)
        let counts = campaign.counts
        #expect(counts.losses == 250 && counts.kills > 20 && counts.cutOff > 20)
        print(
            "checkpoints: \(counts.losses) power losses and \(counts.kills) kills survived, \(counts.cutOff) of them "
                + "with a file half-made, seed \(TestSeed.base)")
    }

    /// A disk that is full, or fails, at any step: what was there stays, and the next attempt succeeds.
    @Test func aFaultAtAnyStepHarmsNothing() throws {
        var small = SmallBook(seed: 1)
        small.grow(50)
        let directory = SimulatedCheckpoints()
        var last = try Checkpoint.write(
            small.book, passenger: [], to: directory, epoch: Self.epoch, keeping: nil, createdRealtimeNs: 0)
        var faults = 0
        for failing in 0..<100 {
            small.grow(3)
            let before = directory.files
            var step = 0
            directory.fault = { () throws(JournalError) in
                step += 1
                if step > failing { throw .system(code: ENOSPC, operation: "write", object: "simulated") }
            }
            do {
                last = try Checkpoint.write(
                    small.book, passenger: [], to: directory, epoch: Self.epoch, keeping: last.seq,
                    createdRealtimeNs: 0)
                break
            } catch {
                faults += 1
                #expect(before.allSatisfy { directory.files[$0.key] == $0.value }, "at step \(failing)")
            }
        }
        directory.fault = nil
        #expect(faults >= 5)
        small.grow(3)
        _ = try Checkpoint.write(
            small.book, passenger: [], to: directory, epoch: Self.epoch, keeping: last.seq,
            createdRealtimeNs: 0)
        #expect(
            Set(directory.names()) == Set([last.seq, small.book.seq].map { CheckpointInfo.name(ofSeq: $0) }))
        let found = try NewestCheckpoint.find(directory, epoch: Self.epoch, config: SmallBook.config)
        let (digest, expected) = (found.info?.digest, small.book.digest())
        #expect(digest == expected)
    }

    @Test func aStopEndsTheWritingAndLeavesNothing() throws {
        var small = SmallBook(seed: 1)
        small.grow(50)
        let directory = SimulatedCheckpoints()
        #expect(throws: JournalError.stopped) {
            try Checkpoint.write(
                small.book, passenger: [], to: directory, epoch: Self.epoch, keeping: nil,
                createdRealtimeNs: 0, isStopped: { true })
        }
        #expect(directory.names().isEmpty)
    }
}
