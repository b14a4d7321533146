import JournalSupport
import TestSupport

/// Power losses at every step of made-up journals, with what was not synced lost, torn or reordered by sector: what
/// was reported durable is there, and a later write harms nothing before it.
struct PowerRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("power")

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        var random = SeededRandom(seed: options.seed)
        let (campaigns, losses) = options.isQuick ? (2, 1_000) : (20, 5_200)
        var (tornEnds, faults) = (0, 0)
        for number in 0..<campaigns {
            var campaign = PowerLossCampaign(seed: random.next())
            do {
                try campaign.run(losses: losses)
                outcome.survived += campaign.counts.losses
            } catch {
                outcome.survived += max(0, campaign.counts.losses - 1)
                outcome.failures.append("campaign \(number): \(error)")
            }
            outcome.injected += campaign.counts.losses
            tornEnds += campaign.counts.tornEnds
            faults += campaign.counts.faults
            say("faults: power: \(outcome.injected) losses")
        }
        outcome.notes.append(
            "\(tornEnds) torn ends cut, \(faults) write faults besides, a second loss after each")
        return outcome
    }
}
