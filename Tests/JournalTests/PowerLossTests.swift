import JournalSupport
import TestSupport
import Testing

/// Whatever a power loss leaves of the writes that were under way: what was reported durable is there, nothing
/// comes back that was never appended, and the journal goes on.
@Suite struct PowerLossTests {
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
