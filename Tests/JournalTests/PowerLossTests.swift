import Glibc
import JournalSupport
import TestSupport
import Testing

/// Whatever a power loss leaves of the writes that were under way: what was reported durable is there, nothing
/// comes back that was never appended, and the journal goes on.
@Suite struct PowerLossTests {
    @Test func aRunThatCannotGoOnSaysHowItIsRepeated() throws {
        var campaign = PowerLossCampaign(seed: 77) { operation in
            if case .write = operation { .refused(EIO) } else { nil }
        }
        let failure = #expect(throws: PowerLossCampaign.Failure.self) { try campaign.run(losses: 1) }
        let text = try #require(failure).description
        #expect(text.hasPrefix("story 0: ") && text.hasSuffix("(PKS_TEST_SEED=77 repeats it)"), "\(text)")
    }

    @Test func whatWasReportedDurableSurvivesAnyPowerLoss() throws {
        var campaign = PowerLossCampaign(seed: TestSeed.base)
        try campaign.run(losses: 1200)
        let counts = campaign.counts
        #expect(counts.losses == 1200 && counts.faults > 20 && counts.tornEnds > 20)
        print(
            "power loss: \(counts.losses) losses and \(counts.faults) faults survived, "
                + "\(counts.tornEnds) torn ends cut, seed \(TestSeed.base)")
    }
}
