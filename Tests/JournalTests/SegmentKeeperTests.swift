import Glibc
import Journal
import JournalSupport
import Synchronization
import TestSupport
import Testing

@testable import struct Journal.SegmentRetention

/// Old segments go by the rules and never before a checkpoint lets them, the next one is there before it is needed, and
/// whatever interrupts either does no harm.
@Suite struct SegmentKeeperTests {
    private static let layout = JournalLayout(blocksPerSegment: 4)
    private static var segmentRecords: UInt64 { 4 * UInt64(JournalLayout.recordsPerBlock) }

    /// A journal of so many records; record n was written when the journal had run n ns.
    private func journal(
        _ directory: any JournalDirectory, records: Int, each: () throws -> Void = {}
    ) throws -> JournalRun {
        var run = try JournalRun(directory, after: .beginning(epoch: 7, layout: Self.layout))
        while run.records.count < records {
            run.append(min(20, records - run.records.count))
            try run.writer.commit(nowRealtimeNs: 1, elapsedNs: Int64(run.records.count))
            try each()
        }
        return run
    }

    private func rules(bytes: Int = 0, ageNs: Int64 = 0) -> SegmentRetention {
        var rules = SegmentRetention()
        rules.bytesMax = bytes
        rules.ageNsMax = ageNs
        return rules
    }

    private func segments(_ directory: any JournalDirectory) throws -> [UInt64] {
        try directory.names().compactMap { JournalLayout.segment(ofName: $0) }.sorted()
    }

    @Test func `The oldest segments go until the rest is no larger than it may be`() throws {
        let directory = SimulatedDirectory()
        let run = try journal(directory, records: 1000)
        #expect(try segments(directory) == Array(0...8))
        let outcome = try rules(bytes: 3 * Self.layout.segmentBytes + 5).apply(
            to: directory, layout: Self.layout, neededFromSeq: .max, elapsedNs: 1000)
        #expect(outcome == SegmentRetention.Outcome(segments: 6...8, removedCount: 6))
        #expect(try segments(directory) == [6, 7, 8])
        let end = try #require(try scanned(directory, run.records, from: 6 * Self.segmentRecords + 1))
        #expect(end.lastSeq == 1000)
        // And it goes on.
        var next = try JournalRun(directory, after: end, records: run.records)
        next.append(100)
        try next.writer.commit(nowRealtimeNs: 1, elapsedNs: 1100)
        #expect(try scanned(directory, next.records, from: 900)?.lastSeq == UInt64(next.records.count))
    }

    @Test func `The segment that is written to stays, however little may be kept`() throws {
        let directory = SimulatedDirectory()
        _ = try journal(directory, records: 300)
        _ = try rules(bytes: 1, ageNs: 1).apply(
            to: directory, layout: Self.layout, neededFromSeq: .max, elapsedNs: .max)
        #expect(try segments(directory) == [2])
    }

    @Test func `A segment goes when its last record is too old in running time`() throws {
        let directory = SimulatedDirectory()
        _ = try journal(directory, records: 1000)
        // Segments begin at 124 records each, so the one that ended at 496 is 504 old at 1000.
        let outcome = try rules(ageNs: 460).apply(
            to: directory, layout: Self.layout, neededFromSeq: .max, elapsedNs: 1000)
        #expect(outcome?.segments == 4...8 && outcome?.isHeld == false)
    }

    @Test func `What a checkpoint still needs stays`() throws {
        let directory = SimulatedDirectory()
        _ = try journal(directory, records: 1000)
        let all = rules(bytes: 1)
        for (needed, first) in [
            (1, 0), (Self.segmentRecords, 0), (Self.segmentRecords + 1, 1), (3 * Self.segmentRecords, 2),
        ] as [(UInt64, UInt64)] {
            let outcome = try all.apply(
                to: directory, layout: Self.layout, neededFromSeq: needed, elapsedNs: 1000)
            #expect(outcome?.segments == first...8 && outcome?.isHeld == true)
        }
    }

    @Test func `A power loss at any step of a removal leaves a whole journal`() throws {
        var random = SeededRandom(seed: TestSeed.base)
        let directory = SimulatedDirectory()
        var run = try journal(directory, records: 700)
        _ = try rules(bytes: 1).apply(
            to: directory, layout: Self.layout, neededFromSeq: 400, elapsedNs: 1000)
        run.append(200)
        try run.writer.commit(nowRealtimeNs: 1, elapsedNs: 1200)
        var power = PowerLoss(directory)
        var firsts: Set<UInt64> = []
        while power.steps < power.stepCount {
            power.advance()
            let left = power.disk(&random)
            guard let first = try segments(left).first else { continue }
            firsts.insert(first)
            let from = first * Self.segmentRecords + 1
            let end = try #require(try scanned(left, run.records, from: from), "seed \(TestSeed.base)")
            #expect(end.lastSeq + 1 >= from)
            #expect(first == 0 || end.lastSeq >= 700, "seed \(TestSeed.base)")
        }
        #expect(firsts == [0, 1, 2, 3])
    }

    @Test func `The next segment is ready before it is needed, and old ones go, beside the writing`() throws {
        let place = try JournalPlace()
        let directory = try DiskDirectory(place.journal())
        let keeper = try SegmentKeeper(
            directory, layout: Self.layout, rules: rules(bytes: 3 * Self.layout.segmentBytes),
            elapsedBeforeNs: 0)
        let spare = place.journal() + "/" + DiskDirectory.spareName
        var durable: UInt64 = 0
        let run = try journal(directory, records: 2000) {
            durable += 20
            keeper.update(durableSeq: durable, neededFromSeq: durable)
            let used = durable / 31 % 4
            let segment = (durable - 1) / Self.segmentRecords
            #expect(
                eventually {
                    keeper.update(durableSeq: durable, neededFromSeq: durable)
                    let oldest = keeper.figures.oldestSegment
                    return (used == 0 || Files.size(spare) == Self.layout.segmentBytes)
                        && (segment < 3 || oldest + 2 >= segment)
                })
        }
        keeper.finish()
        #expect(keeper.figures.error == nil && keeper.failure == nil)
        #expect(keeper.figures.spares >= 15 && keeper.figures.removed >= 13)
        let first = try #require(try segments(directory).first)
        #expect(first == keeper.figures.oldestSegment)
        let end = try scanned(directory, run.records, from: first * Self.segmentRecords + 1)
        #expect(end?.lastSeq == 2000)
    }

    @Test func `A disk without room for the spare is no trouble for the journal`() throws {
        let directory = SimulatedDirectory()
        let attempts = Mutex(0)
        directory.setFault { operation in
            guard case .spare = operation else { return nil }
            attempts.withLock { $0 += 1 }
            return .refused(ENOSPC)
        }
        let keeper = try SegmentKeeper(
            directory, layout: Self.layout, rules: rules(), elapsedBeforeNs: 0)
        let run = try journal(directory, records: 600) {
            keeper.update(durableSeq: 100, neededFromSeq: 1)
        }
        #expect(eventually { keeper.figures.error != nil })
        #expect(attempts.withLock { $0 } == 1 && keeper.failure == nil)
        keeper.finish()
        #expect(directory.sparesMade == 0)
        #expect(try scanned(directory, run.records)?.lastSeq == 600)
    }

    @Test func `A removal that fails is said, and nothing goes`() throws {
        let directory = SimulatedDirectory()
        let run = try journal(directory, records: 600)
        directory.setFault { operation in
            guard case .remove = operation else { return nil }
            return .refused(EROFS)
        }
        let keeper = try SegmentKeeper(
            directory, layout: Self.layout, rules: rules(bytes: 1), elapsedBeforeNs: 0)
        keeper.update(durableSeq: 600, neededFromSeq: 600)
        #expect(eventually { keeper.figures.error?.contains("unlink") == true })
        keeper.finish()
        #expect(keeper.figures.removed == 0)
        #expect(try scanned(directory, run.records)?.lastSeq == 600)
    }

    @Test func `Nothing goes while no checkpoint was made, and that is known`() throws {
        let directory = SimulatedDirectory()
        _ = try journal(directory, records: 600)
        let keeper = try SegmentKeeper(
            directory, layout: Self.layout, rules: rules(bytes: 1), elapsedBeforeNs: 0)
        keeper.update(durableSeq: 600, neededFromSeq: 1)
        #expect(eventually { keeper.figures.isHeld })
        keeper.finish()
        #expect(try segments(directory) == Array(0...4))
    }

    @Test func `A keeper that has ended keeps no lock`() throws {
        let place = try JournalPlace()
        let keeper = try SegmentKeeper(
            try DiskDirectory(place.journal()), layout: Self.layout, rules: rules(), elapsedBeforeNs: 0)
        #expect(throws: JournalError.busy(object: place.journal())) {
            try DiskDirectory(place.journal(), access: .owning(waitNs: 0))
        }
        keeper.finish()
        #expect(try DiskDirectory(place.journal(), access: .owning(waitNs: 0)).isOwner)
    }
}
