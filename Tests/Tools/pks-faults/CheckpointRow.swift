import JournalSupport
import TestSupport

/// The making of a checkpoint, cut off at every step by a kill or a power loss: the old one or the new one is found.
struct CheckpointRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("checkpoint")

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        var random = SeededRandom(seed: options.seed)
        let (campaigns, losses) = options.isQuick ? (1, 500) : (10, 2_000)
        var (kills, cutOff) = (0, 0)
        for number in 0..<campaigns {
            var campaign = CheckpointCampaign(seed: random.next())
            do {
                try campaign.run(losses: losses)
                outcome.survived += campaign.counts.losses + campaign.counts.kills
                outcome.injected += campaign.counts.losses + campaign.counts.kills
            } catch {
                // The case that failed is not among those counted.
                outcome.survived += campaign.counts.losses + campaign.counts.kills
                outcome.injected += campaign.counts.losses + campaign.counts.kills + 1
                outcome.failures.append("campaign \(number): \(error)")
            }
            kills += campaign.counts.kills
            cutOff += campaign.counts.cutOff
        }
        outcome.notes.append(
            "\(kills) kills, \(outcome.injected - kills) power losses, \(cutOff) left a half-made file")
        return outcome
    }
}
