import Accumulator
import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

@testable import struct Journal.CheckpointRun

/// A follower reads every durable record once and in order, however far behind it is, and what it needs to begin with is
/// kept for it.
@Suite struct JournalFollowerTests {
    private static let layout = JournalLayout(blocksPerSegment: 3)

    private func follower(
        _ directory: any JournalDirectory, _ layout: JournalLayout = Self.layout,
        _ checkpoints: any CheckpointDirectory = SimulatedCheckpoints()
    ) -> JournalFollower {
        JournalFollower(
            directory, checkpoints: checkpoints, config: JournalStory.config, layout: layout,
            epoch: JournalStory.epoch)
    }

    /// Reads what is there, and compares it.
    private func check(
        _ follower: JournalFollower, _ records: [[UInt8]], from seq: UInt64, through durableSeq: UInt64,
        countMax: Int
    ) throws -> UInt64 {
        var next = seq
        var wrong: UInt64?
        // SAFETY: inside the records of the call.
        let end = unsafe try follower.read(from: seq, through: durableSeq, countMax: countMax) {
            (firstSeq, bytes) throws(JournalError) in
            if firstSeq != next { wrong = wrong ?? firstSeq }
            for place in 0..<bytes.count / 128 {
                let expected = records[Int(firstSeq) - 1 + place]
                if unsafe !expected.elementsEqual(bytes[place * 128..<place * 128 + 128]) {
                    wrong = wrong ?? firstSeq + UInt64(place)
                }
            }
            next = firstSeq + UInt64(bytes.count / 128)
        }
        #expect(wrong == nil && end == next, "seed \(TestSeed.base), from \(seq) through \(durableSeq)")
        return end
    }

    @Test func `Every record comes once, in order, and none that is not durable`() throws {
        var random = SeededRandom(seed: TestSeed.base)
        for onDisk in [false, true] {
            let place = try JournalPlace()
            let directory: any JournalDirectory =
                onDisk ? try DiskDirectory(place.journal()) : SimulatedDirectory()
            var run = try JournalRun(directory, after: .beginning(epoch: 7, layout: Self.layout))
            let follower = follower(
                onDisk ? try DiskDirectory(place.journal(), access: .looking) : directory)
            var next: UInt64 = 1
            for _ in 0..<60 {
                try run.step(&random, life: 0)
                // Records that are appended and not committed are nobody's.
                let durable = UInt64.random(in: next - 1...run.writer.durableSeq, using: &random)
                for _ in 0..<3 where next <= durable {
                    let countMax = Int.random(in: 1...100, using: &random)
                    next = try check(follower, run.records, from: next, through: durable, countMax: countMax)
                    #expect(next <= durable + 1)
                }
            }
            while next <= run.writer.durableSeq {
                next = try check(
                    follower, run.records, from: next, through: run.writer.durableSeq, countMax: 1000)
            }
            #expect(next == UInt64(run.records.count) + 1)
        }
    }

    @Test
    func `A durable record that cannot be read is named with its place, and nothing behind it is given`()
        throws
    {
        let directory = SimulatedDirectory()
        var run = try JournalRun(directory, after: .beginning(epoch: 7, layout: Self.layout))
        run.append(40)
        try run.writer.commit(nowRealtimeNs: 1)
        directory.scribble(
            JournalLayout.name(ofSegment: 0), at: JournalLayout.offset(ofTail: 1) + 200, xor: 4)
        directory.scribble(
            JournalLayout.name(ofSegment: 0), at: JournalLayout.offset(ofTail: 0) + 200, xor: 4)
        let follower = follower(directory)
        #expect(try check(follower, run.records, from: 1, through: 40, countMax: 31) == 32)
        var message = ""
        do { _ = try check(follower, run.records, from: 32, through: 40, countMax: 31) } catch {
            message = "\(error)"
        }
        #expect(message.contains("record 40 cannot be read, though it was durable"), "\(message)")
    }

    // MARK: - The state to begin with

    @discardableResult
    private func makeCheckpoint(
        _ journal: SimulatedDirectory, _ checkpoints: SimulatedCheckpoints, through seq: UInt64,
        hold: JournalHold = JournalHold()
    ) throws -> UInt64? {
        let run = CheckpointRun(
            journal: journal, checkpoints: checkpoints, config: JournalStory.config,
            layout: JournalStory.layout, epoch: JournalStory.epoch, hold: hold)
        return try run.make(through: seq, createdRealtimeNs: 0, isStopped: { false })?.info.seq
    }

    @Test
    func `The replay begins at the newest checkpoint before the wanted record, and leads to the same book`()
        throws
    {
        let story = JournalStory(seed: TestSeed.base, count: 900)
        let journal = try story.journal()
        let checkpoints = SimulatedCheckpoints()
        let first = try #require(try makeCheckpoint(journal, checkpoints, through: 300))
        let second = try #require(try makeCheckpoint(journal, checkpoints, through: 600))
        let follower = follower(journal, JournalStory.layout, checkpoints)
        for (through, base) in [
            (0, 0), (first - 1, 0), (first, first), (second - 1, first), (second, second), (900, second),
        ] {
            guard var replay = try follower.replay(through: through) else {
                Issue.record("no state for \(through)")
                continue
            }
            #expect(replay.lastSeq == base)
            var next = replay.lastSeq + 1
            while next <= 900 {
                // SAFETY: the records are taken during the call.
                next = unsafe try follower.read(from: next, through: 900, countMax: 200) {
                    (firstSeq, records) throws(JournalError) in
                    unsafe try replay.take(records, firstSeq, path: "test", JournalStory.layout)
                }
            }
            replay.end()
            #expect(try replay.book.digest() == story.outcome(900).digest)
        }
    }

    /// Which record the replay for a record ends with; nil without one.
    private func lastSeq(_ follower: JournalFollower, _ through: UInt64) throws -> UInt64? {
        guard let replay = try follower.replay(through: through) else { return nil }
        return replay.lastSeq
    }

    @Test func `What is gone is known, and where to go on`() throws {
        let story = JournalStory(seed: TestSeed.base, count: 900)
        let journal = try story.journal()
        let checkpoints = SimulatedCheckpoints()
        let first = try #require(try makeCheckpoint(journal, checkpoints, through: 300))
        journal.replace(JournalLayout.name(ofSegment: 0), by: nil)
        let follower = follower(journal, JournalStory.layout, checkpoints)
        #expect(try follower.possibleSeq() == first + 1)
        #expect(try lastSeq(follower, first - 1) == nil)
        #expect(try lastSeq(follower, first) == first)
        try checkpoints.remove(CheckpointInfo.name(ofSeq: first))
        #expect(try follower.possibleSeq() == nil)
    }

    /// Any hold at any time: what it needs is always there, and nothing more than that and the usual two.
    @Test func `Neither checkpoints nor records go that a held one needs, and all go afterwards`() throws {
        for stream in 0..<TestSeed.streams(4) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            let story = JournalStory(seed: seed, count: 1500)
            let journal = try story.journal()
            let checkpoints = SimulatedCheckpoints()
            let follower = follower(journal, JournalStory.layout, checkpoints)
            let hold = JournalHold()
            var held: UInt64 = 1
            try hold.set(fromSeq: held, checkpoints: checkpoints)
            var rules = SegmentRetention()
            rules.bytesMax = 1
            var made: [UInt64] = []
            for seq in stride(from: 100 as UInt64, through: 1400, by: 70) {
                if let seq = try makeCheckpoint(journal, checkpoints, through: seq, hold: hold) {
                    made.append(seq)
                }
                #expect(checkpoints.names().count <= 3)
                if random.chance(40) {
                    held = UInt64.random(in: held...seq, using: &random)
                    try hold.set(fromSeq: held, checkpoints: checkpoints)
                }
                let needed = min(hold.neededFromSeq, made.count < 2 ? 1 : made[made.count - 2] + 1)
                _ = try rules.apply(
                    to: journal, layout: JournalStory.layout, neededFromSeq: needed, elapsedNs: 1)
                let base = try lastSeq(follower, held - 1) ?? .max
                #expect(base < held, "seed \(seed), \(held) held at \(seq)")
                let known = Set(try Checkpoint.seqs(checkpoints) + [0])
                #expect(known.contains(base))
            }
            try hold.set(fromSeq: 1500, checkpoints: checkpoints)
            try makeCheckpoint(journal, checkpoints, through: 1500, hold: hold)
            #expect(checkpoints.names().count == 2, "seed \(seed)")
        }
    }
}
