import Accumulator
import Glibc
import Journal
import TestSupport
import Testing

/// Wherever the making of a checkpoint is cut off, the one before it or the new one is found, never a mixture.
@Suite struct CheckpointCrashTests {
    private static let epoch: UInt64 = 9

    /// Four checkpoints, one after the other, with what had been reported after how many steps.
    private struct Story {
        let directory = SimulatedCheckpoints()
        var digests: [UInt64: String] = [:]
        var reported: [(steps: Int, seq: UInt64)] = []

        init(seed: UInt64) throws {
            var small = SmallBook(seed: seed)
            var last: UInt64?
            for _ in 0..<4 {
                small.grow(12)
                digests[small.book.seq] = small.book.digest()
                _ = try Checkpoint.write(
                    small.book, passenger: [1, 2], to: directory, epoch: epoch, keeping: last,
                    createdRealtimeNs: 0)
                last = small.book.seq
                reported.append((directory.log.count, small.book.seq))
            }
        }

        func reported(afterSteps steps: Int) -> UInt64? { reported.last { $0.steps <= steps }?.seq }
    }

    @Test func aCrashLeavesTheOldOneOrTheNewOne() throws {
        let seed = TestSeed.base
        var random = SeededRandom(seed: seed)
        let story = try Story(seed: seed)
        #expect(story.directory.names().count == 2)
        var cases = 0
        for steps in 0...story.directory.log.count {
            try judge(story, story.directory.afterKill(steps: steps), steps, seed)
            for _ in 0..<8 {
                try judge(story, story.directory.afterPowerLoss(steps: steps, &random), steps, seed)
                cases += 1
            }
        }
        print("checkpoint: \(cases) power losses survived, seed \(seed)")
    }

    private func judge(
        _ story: Story, _ left: SimulatedCheckpoints, _ steps: Int, _ seed: UInt64
    ) throws {
        let found = try NewestCheckpoint.find(left, epoch: Self.epoch, config: SmallBook.config)
        let passedOver = found.passedOver
        #expect(passedOver.isEmpty, "seed \(seed), \(steps) steps: \(passedOver)")
        guard let checkpoint = found.take() else {
            #expect(story.reported(afterSteps: steps) == nil, "seed \(seed), \(steps) steps: nothing is left")
            return
        }
        let (seq, digest) = (checkpoint.info.seq, checkpoint.book.digest())
        #expect(digest == story.digests[seq], "seed \(seed), \(steps) steps")
        let durable = story.reported(afterSteps: steps) ?? 0
        #expect(seq >= durable, "seed \(seed), \(steps) steps: \(durable) had been reported, \(seq) is left")
        // The next one clears away what the crash has left.
        var small = SmallBook(seed: seed)
        small.grow(150)
        _ = try Checkpoint.write(
            small.book, passenger: [], to: left, epoch: Self.epoch, keeping: seq, createdRealtimeNs: 0)
        #expect(Set(left.names()) == Set([seq, small.book.seq].map { CheckpointInfo.name(ofSeq: $0) }))
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
