@testable import Accumulator
import CSeqlock
import Glibc
import Journal
import JournalSupport
import Synchronization
import TestSupport
import Testing

/// The thread that makes records durable: it reports nothing before it is, goes on when what held it up has passed,
/// and ends at once when a sync has failed.
@Suite struct CommitterTests {
    /// A book's journal with its queue and thread, on a simulated disk whose faults can be changed.
    private struct Desk: ~Copyable {
        let directory = SimulatedDirectory()
        let queue = RecordQueue(capacity: 1024, after: 0)
        let committer: JournalCommitter
        private var end: RecordQueueEnd
        private(set) var records: [[UInt8]] = []

        init() throws {
            let writer = try JournalWriter(
                directory, book: "main",
                after: .beginning(epoch: 7, layout: JournalLayout(blocksPerSegment: 5)), batchBlocksMax: 4,
                nowRealtimeNs: 1)
            committer = JournalCommitter(queue, to: writer, name: "pks-j-test")
            end = queue.writerEnd()
        }

        /// Publishes so many records at once, for which there must be room.
        mutating func publish(_ count: Int) {
            for _ in 0..<count {
                var record = TestRecord.bytes(UInt64(records.count) + 1)
                record.replaceSubrange(4..<8, with: [0, 0, 0, 0])
                records.append(record)
                // SAFETY: the array outlives the call.
                unsafe record.withUnsafeBytes { bytes in
                    if let base = bytes.baseAddress { unsafe end.append(base, handle: 0) }
                }
            }
            end.publish()
        }

        var published: UInt64 { UInt64(records.count) }
    }

    /// How often a simulated disk was asked, by kind, and what it answers.
    private final class Disk: Sendable {
        private let counts = Mutex([String: Int]())

        func count(_ operation: SimulatedDirectory.Operation) {
            counts.withLock { $0["\(operation)", default: 0] += 1 }
        }

        func asked(_ operation: SimulatedDirectory.Operation) -> Int {
            counts.withLock { $0["\(operation)", default: 0] }
        }
    }

    /// Waits for a condition that another thread brings about.
    private func awaits(_ what: String, _ condition: () -> Bool) {
        if !eventually(condition) { Issue.record("never came: \(what)") }
    }

    @Test func `What is published becomes durable, and a stop leaves nothing behind`() throws {
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<20 {
            var desk = try Desk()
            try desk.committer.start()
            for _ in 0..<10 {
                desk.publish(Int.random(in: 1...90, using: &random))
                if random.chance(30) {
                    awaits("all durable") { desk.queue.durableSeq == desk.published }
                }
            }
            desk.publish(1)
            desk.committer.stop(withinNs: 60_000_000_000)
            #expect(desk.queue.durableSeq == desk.published && desk.committer.failure == nil)
            let end = try #require(try scanned(desk.directory, desk.records))
            #expect(end.lastSeq == desk.published && !end.hasTornEnd)
        }
    }

    @Test func `A full disk is waited for, with nothing reported durable, and nothing is lost`() throws {
        for fault in [SimulatedFault.refused(ENOSPC), .short(sectors: 3, ENOSPC), .refused(ECANCELED)] {
            var desk = try Desk()
            try desk.committer.start()
            desk.publish(40)
            awaits("the first durable") { desk.queue.durableSeq == 40 }
            desk.directory.setFault { $0 == .write || $0 == .create ? fault : nil }
            desk.publish(300)
            awaits("held up") { desk.queue.condition == .waitsForSpace }
            awaits("told why") { desk.committer.figures.trouble != nil }
            #expect(desk.queue.durableSeq == 40 && desk.committer.failure == nil)
            desk.publish(50)
            desk.directory.setFault(nil)
            awaits("all durable") { desk.queue.durableSeq == desk.published }
            awaits("well again") { desk.queue.condition == .well }
            desk.committer.stop(withinNs: 60_000_000_000)
            #expect(desk.committer.figures.trouble == nil)
            #expect(try scanned(desk.directory, desk.records)?.lastSeq == desk.published)
        }
    }

    @Test(arguments: [0, 1, 2])
    func `A stop while the disk is full ends in time, with what was durable`(commitsBefore: Int) throws {
        var desk = try Desk()
        let disk = Disk()
        desk.directory.setFault { operation in
            disk.count(operation)
            return disk.asked(.write) > commitsBefore && operation == .write ? .refused(ENOSPC) : nil
        }
        // More than the commits before take, so that the full disk comes right behind the last of them.
        desk.publish(124 * commitsBefore + 100)
        try desk.committer.start()
        awaits("held up") { desk.queue.condition == .waitsForSpace }
        desk.committer.stop(withinNs: 0)
        #expect(desk.committer.failure == nil && desk.queue.durableSeq < desk.published)
        #expect(try scanned(desk.directory, desk.records)?.lastSeq == desk.queue.durableSeq)
    }

    @Test func `A failed sync ends the journal, and is not tried again`() throws {
        var desk = try Desk()
        let disk = Disk()
        try desk.committer.start()
        desk.publish(40)
        awaits("the first durable") { desk.queue.durableSeq == 40 }
        desk.directory.setFault { operation in
            disk.count(operation)
            return operation == .sync ? .refused(EIO) : nil
        }
        desk.publish(10)
        awaits("failed") { desk.queue.condition == .failed }
        desk.publish(10)
        desk.committer.stop(withinNs: 60_000_000_000)
        #expect(desk.queue.durableSeq == 40 && disk.asked(.sync) == 1)
        let failure = try #require(desk.committer.failure)
        #expect(!failure.isRetryable && failure.description.contains("Input/output error"))
    }

    @Test func `A failed write ends the journal, and is not tried again`() throws {
        var desk = try Desk()
        let disk = Disk()
        try desk.committer.start()
        desk.directory.setFault { operation in
            disk.count(operation)
            return operation == .write ? .refused(EIO) : nil
        }
        desk.publish(10)
        awaits("failed") { desk.queue.condition == .failed }
        desk.committer.stop(withinNs: 60_000_000_000)
        #expect(desk.queue.durableSeq == 0 && disk.asked(.write) == 1 && disk.asked(.sync) == 0)
    }
}
