import Journal
import JournalSupport
import TestSupport
import Testing

/// A scan from a record finds the same end as a scan of everything, and reads nothing that it does not need.
@Suite struct ScanFromRecordTests {
    private static let layout = JournalLayout(blocksPerSegment: 3)

    private func journal() throws -> (SimulatedDirectory, [[UInt8]]) {
        let directory = SimulatedDirectory()
        var random = SeededRandom(seed: TestSeed.base)
        var run = try JournalRun(directory, after: .beginning(epoch: 7, layout: Self.layout))
        for _ in 0..<25 { try run.step(&random, life: 0) }
        return (directory, run.records)
    }

    @Test func `From whichever record, the end is the same`() throws {
        let (directory, records) = try journal()
        let whole = try #require(try scanned(directory, records))
        for from in stride(from: 1, to: UInt64(records.count), by: 17) {
            #expect(
                try scanned(directory, records, from: from) == whole, "from \(from), seed \(TestSeed.base)")
        }
        // Beyond the end there is nothing to give, and still an end.
        #expect(try scanned(directory, records, from: UInt64(records.count) + 500) == whole)
    }

    @Test func `Segments before the record are not read`() throws {
        let (directory, records) = try journal()
        let whole = try #require(try scanned(directory, records))
        let from = 2 * 3 * UInt64(JournalLayout.recordsPerBlock) + 1
        directory.scribble(JournalLayout.name(ofSegment: 1), at: 4096 * 4 + 700, xor: 1)
        #expect(try scanned(directory, records, from: from) == whole)
        #expect(throws: JournalError.self) { try scanned(directory, records, from: from - 1) }
        #expect(throws: JournalError.self) { try scanned(directory, records) }
    }
}
