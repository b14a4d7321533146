import Journal
import TestSupport
import Testing

/// Whatever a power loss leaves of the writes that were under way: what was reported durable is there, nothing
/// comes back that was never appended, and the journal goes on.
@Suite struct PowerLossTests {
    private static let layout = JournalLayout(blocksPerSegment: 5)

    @Test func whatWasReportedDurableSurvivesAnyPowerLoss() throws {
        let seed = TestSeed.base
        var random = SeededRandom(seed: seed)
        var cases = 0
        for story in 0..<6 {
            var run = try JournalRun(
                SimulatedDirectory(), after: .beginning(epoch: 7, layout: Self.layout), records: [])
            for _ in 0..<12 { try run.step(&random, life: story) }
            for steps in 1...run.directory.log.count {
                for _ in 0..<4 {
                    cases += 1
                    try crash(
                        run.directory, steps, run.records, run.durable(afterSteps: steps), &random, seed)
                }
            }
        }
        print("power loss: \(cases) cases survived, seed \(seed)")
    }

    /// One power loss, and a second one in the life after it.
    private func crash(
        _ directory: SimulatedDirectory, _ steps: Int, _ records: [[UInt8]], _ durableSeq: UInt64,
        _ random: inout SeededRandom, _ seed: UInt64
    ) throws {
        let left = directory.afterPowerLoss(steps: steps, &random)
        let end = try #require(try scanned(left, records, knownDurableSeq: durableSeq), "seed \(seed)")
        #expect(end.lastSeq >= durableSeq, "seed \(seed), \(steps) steps")
        let kept = Array(records.prefix(Int(end.lastSeq)))
        var next = try JournalRun(left, after: end, records: kept)
        for _ in 0..<3 { try next.step(&random, life: 1_000_000) }
        let again = Int.random(in: 0...next.directory.log.count, using: &random)
        let second = left.afterPowerLoss(steps: again, &random)
        let secondEnd = try #require(try scanned(second, next.records), "seed \(seed)")
        #expect(secondEnd.lastSeq >= next.durable(afterSteps: again), "seed \(seed), again after \(again)")
    }
}
