import Accumulator
import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

@testable import struct Journal.CheckpointRun

/// Whatever checkpoints there are, and whatever became of them: the recovered book is the one that took every record
/// of the journal, or there is none.
@Suite struct RecoveryTests {
    private static let config = JournalStory.config

    private func recover(
        _ journal: SimulatedDirectory, _ checkpoints: SimulatedCheckpoints
    ) throws -> (digest: String, rings: RingTable, report: RecoveryReport) {
        guard let recovered = try recoverBook(journal, checkpoints: checkpoints, config: Self.config) else {
            throw JournalError.stopped
        }
        #expect(recovered.end.lastSeq == recovered.report.lastSeq)
        return (recovered.book.digest(), recovered.rings, recovered.report)
    }

    /// Makes a checkpoint as the checkpointer does.
    @discardableResult
    private func make(
        _ journal: SimulatedDirectory, _ checkpoints: SimulatedCheckpoints, through seq: Int
    ) throws -> CheckpointInfo? {
        let run = CheckpointRun(
            journal: journal, checkpoints: checkpoints, config: Self.config, layout: JournalStory.layout,
            epoch: JournalStory.epoch)
        return try run.make(through: UInt64(seq), createdRealtimeNs: 0, isStopped: { false })?.info
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was refused"
        } catch {
            return "\(error)"
        }
    }

    @Test func aBookIsRecoveredFromAnyPlaceAndAnyCheckpoint() throws {
        for stream in 0..<TestSeed.streams(2) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: ~seed)
            let story = JournalStory(seed: seed, count: 800)
            let checkpoints = SimulatedCheckpoints()
            var count = 40
            while count < 800 {
                let journal = try story.journal(count)
                let expected = try story.outcome(count)
                let found = try recover(journal, checkpoints)
                #expect(found.digest == expected.digest, "seed \(seed), \(count) records")
                #expect(
                    found.rings.entries.map(\.next).sorted() == expected.rings.entries.map(\.next).sorted())
                #expect(Set(found.rings.entries.map(\.epoch)) == Set(expected.rings.entries.map(\.epoch)))
                let from = found.report.checkpoint?.seq ?? 0
                #expect(found.report.replayedCount == UInt64(count) - from && found.report.passedOver.isEmpty)
                if random.chance(60), let info = try make(journal, checkpoints, through: count) {
                    #expect(info.digest == (try story.outcome(Int(info.seq)).digest), "seed \(seed)")
                    #expect(info.seq > UInt64(count) - 34)
                }
                count += Int.random(in: 1...90, using: &random)
            }
            #expect(checkpoints.names().count == 2)
        }
    }

    /// An announcement at the very end, whose second half never came.
    @Test func aJournalThatEndsHalfWayThroughAPairIsRecovered() throws {
        let story = JournalStory(seed: TestSeed.base, count: 400)
        var ends: [UInt8: Int] = [:]
        for (index, record) in story.records.enumerated() where [0x41, 3].contains(record[0]) {
            ends[record[0], default: 0] += 1
            if ends[record[0], default: 0] > 6 { continue }
            let found = try recover(try story.journal(index + 1), SimulatedCheckpoints())
            #expect(found.report.lastSeq == UInt64(index) + 1)
        }
        #expect(ends.count == 2)
    }

    @Test func aRecordThatNoWriterWroteIsNamedWithItsFile() throws {
        let journal = SimulatedDirectory()
        let layout = JournalLayout(blocksPerSegment: 5)
        var random = SeededRandom(seed: 1)
        // Its records are numbers and no CONFIG.
        var run = try JournalRun(journal, after: .beginning(epoch: 7, layout: layout))
        try run.step(&random, life: 0)
        let refused = message { _ = try recover(journal, SimulatedCheckpoints()) }
        #expect(refused.contains("simulated/journal-00000000.pksj"), "\(refused)")
        #expect(layout.name(ofRecord: 155) == "journal-00000000.pksj")
        #expect(layout.name(ofRecord: 156) == "journal-00000001.pksj")
    }

    @Test func damagedCheckpointsArePassedOver() throws {
        let story = JournalStory(seed: 3, count: 900)
        let journal = try story.journal()
        let checkpoints = SimulatedCheckpoints()
        let old = try #require(try make(journal, checkpoints, through: 300))
        let new = try #require(try make(journal, checkpoints, through: 600))
        let expected = try story.outcome(900)
        var files = checkpoints.files
        for (damaged, base) in [(new, old.seq), (old, 0)] {
            files[CheckpointInfo.name(ofSeq: damaged.seq)]?[9000] ^= 4
            let found = try recover(journal, SimulatedCheckpoints(files: files))
            #expect(found.digest == expected.digest)
            #expect(found.report.checkpoint?.seq ?? 0 == base)
            #expect(found.report.passedOver.first?.seq == new.seq)
        }
        // The checkpointer passes over it as well, keeps the whole one, and removes the other.
        files = checkpoints.files
        files[CheckpointInfo.name(ofSeq: new.seq)]?[9000] ^= 4
        let spoiled = SimulatedCheckpoints(files: files)
        let next = try #require(try make(journal, spoiled, through: 900))
        #expect(Set(spoiled.names()) == Set([old.seq, next.seq].map { CheckpointInfo.name(ofSeq: $0) }))
        #expect(try recover(journal, spoiled).digest == expected.digest)
    }

    @Test func withoutItsFirstRecordsAJournalNeedsAWholeCheckpoint() throws {
        let story = JournalStory(seed: 4, count: 900)
        let journal = try story.journal()
        let checkpoints = SimulatedCheckpoints()
        let info = try #require(try make(journal, checkpoints, through: 500))
        for segment in 0..<2 as Range<UInt64> {
            journal.replace(JournalLayout.name(ofSegment: segment), by: nil)
        }
        let expected = try story.outcome(900).digest
        #expect(try recover(journal, checkpoints).digest == expected)
        let name = CheckpointInfo.name(ofSeq: info.seq)
        var files = checkpoints.files
        files[name]?[5000] ^= 1
        let text = message { _ = try recover(journal, SimulatedCheckpoints(files: files)) }
        #expect(text.contains("begins with record 311") && text.contains("\(name): damaged at byte 4096"))
        // A hole between the checkpoint and the journal.
        for segment in 2..<5 as Range<UInt64> {
            journal.replace(JournalLayout.name(ofSegment: segment), by: nil)
        }
        let hole = message { _ = try recover(journal, checkpoints) }
        #expect(hole.contains("begins with record 776") && hole.contains("of record \(info.seq)"))
    }

    @Test func anOlderCopyOfTheJournalIsRefused() throws {
        let story = JournalStory(seed: 5, count: 900)
        let checkpoints = SimulatedCheckpoints()
        let info = try #require(try make(try story.journal(), checkpoints, through: 600))
        for count in [100, 400, Int(info.seq) - 1] {
            let text = message { _ = try recover(try story.journal(count), checkpoints) }
            #expect(text.contains("ends at record \(count)") && text.contains("older copy"), "\(text)")
        }
        let text = message { _ = try recover(SimulatedDirectory(), checkpoints) }
        #expect(text.contains(CheckpointInfo.name(ofSeq: info.seq)) && text.contains("missing"))
        #expect(try recover(try story.journal(Int(info.seq)), checkpoints).report.replayedCount == 0)
        #expect(
            try recoverBook(SimulatedDirectory(), checkpoints: SimulatedCheckpoints(), config: Self.config)
                == nil)
    }

    /// Any flipped bit in the journal's records after the checkpoint: the state without them would be a wrong one.
    @Test func damageInTheJournalIsNeverSteppedOver() throws {
        let story = JournalStory(seed: 6, count: 400)
        let checkpoints = SimulatedCheckpoints()
        try make(try story.journal(), checkpoints, through: 200)
        let expected = try story.outcome(400).digest
        var random = SeededRandom(seed: TestSeed.base)
        var refused = 0
        for _ in 0..<90 {
            let journal = try story.journal()
            let name = JournalLayout.name(ofSegment: UInt64.random(in: 0..<3, using: &random))
            let place = Int.random(in: 0..<JournalStory.layout.segmentBytes, using: &random)
            journal.scribble(name, at: place, xor: 1 << UInt8.random(in: 0..<8, using: &random))
            do {
                let found = try recover(journal, checkpoints)
                #expect(found.digest == expected || found.report.lastSeq < 400, "seed \(TestSeed.base)")
            } catch {
                refused += 1
                #expect("\(error)".contains("journal-"), "\(error)")
            }
        }
        #expect(refused > 20)
    }
}
