import TestSupport
import Testing

/// A writer with a journal: what is durable is never lost and nothing is ever applied twice, whenever the writer dies.
@Suite struct JournaledWriterTests {
    @Test(arguments: StreamProfile.all, [false, true])
    func everyRecordIsAppliedOnceThroughAnyDeath(profile: StreamProfile, isDurableFirst: Bool) throws {
        var deaths = 0
        for stream in 0..<TestSeed.streams(4) {
            let seed = TestSeed.base &+ UInt64(stream)
            var run = try JournaledRun.begin(profile, seed: seed, isDurableFirst: isDurableFirst)
            for _ in 0..<250 { try run.step() }
            try run.end()
            deaths += run.deaths
            let problems = run.problems
            #expect(problems.isEmpty, "\(profile.name), PKS_TEST_SEED=\(seed)")
            if !problems.isEmpty { return }
        }
        #expect(deaths > 0)
    }
}
