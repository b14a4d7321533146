import BenchModel
import CSeqlock

/// The repetitions of a benchmark that stays in one process, each between two looks at the yardstick and one at the
/// host's jitter. A repetition on an uneven machine, or one that is not fit for its own reasons, is done again, twice as many times as asked for at most; then the
/// most even of them count, and all that they say is marked as noisy.
struct GuardedRuns<Sample> {
    private(set) var samples: [Sample] = []
    private(set) var repeated = 0
    private(set) var jitter = HostJitter()
    /// How many of those that count are not fit.
    private(set) var unfit = 0
    /// Of those that count.
    private var yardsticks: [Yardstick] = []

    /// What was said of the machine during one repetition.
    private struct Look {
        var sample: Sample
        var yardstick: Yardstick?
        var isFit: Bool

        /// The best come first.
        static func isBetter(_ one: Look, _ other: Look) -> Bool {
            if one.isFit != other.isFit { return one.isFit }
            return (one.yardstick?.unevenness ?? 0) < (other.yardstick?.unevenness ?? 0)
        }
    }

    /// Takes `wanted` samples; `isFit` says whether one says anything, where more than the yardstick decides that; `body` gets their number, from 0 and growing also where one is done again.
    init(
        _ wanted: Int, _ progress: Progress, isFit: (Sample) -> Bool = { _ in true },
        _ body: (Int) throws -> Sample
    ) rethrows {
        var uneven: [Look] = []
        var number = 0
        while samples.count < wanted {
            jitter.look()
            let before = Yardstick.measure()
            let sample = try body(number)
            let worst = Yardstick.worse(before, Yardstick.measure())
            number += 1
            let look = Look(sample: sample, yardstick: worst, isFit: isFit(sample))
            let isGood = (worst?.isEven ?? true) && look.isFit
            if !isGood, wanted >= Goal.repetitionsMin {
                uneven.append(look)
                if uneven.count < 2 * wanted {
                    repeated += 1
                    continue
                }
                progress.say("the machine stays uneven: its runs count, marked as noisy")
                let best = uneven.sorted(by: Look.isBetter)
                for look in best.prefix(wanted - samples.count) { take(look) }
            } else {
                take(look)
            }
        }
    }

    private mutating func take(_ look: Look) {
        samples.append(look.sample)
        if let yardstick = look.yardstick { yardsticks.append(yardstick) }
        if !look.isFit { unfit += 1 }
    }

    /// Fewer repetitions than a claim needs, a machine that stayed uneven, or one whose evenness cannot be told.
    var isNoisy: Bool {
        samples.count < Goal.repetitionsMin || yardsticks.count < samples.count || unfit > 0
            || !yardsticks.allSatisfy(\.isEven)
    }

    /// A bound of the median of `value`.
    func goal(
        _ id: String, _ title: String, _ bound: Double, _ direction: Goal.Direction = .atMost,
        value: (Sample) -> Double, detail: [(name: String, value: Double)]
    ) -> Goal {
        Goal(
            id: id, title: title, repetitions: samples.map(value), goal: bound, direction: direction,
            isNoisy: isNoisy, detail: detail + machineFigures)
    }

    /// The median of a figure.
    func median(_ value: (Sample) -> Double) -> Double { Statistics.median(samples.map(value)) }

    /// How even the machine was.
    var machineFigures: [(name: String, value: Double)] {
        var figures = jitter.figures + [("repeated", Double(repeated))]
        if !yardsticks.isEmpty {
            figures.append(("ping_pong_p50_ns", Statistics.median(yardsticks.map(\.p50Ns))))
            figures.append(("ping_pong_p99_over_p50", yardsticks.map(\.unevenness).max() ?? 0))
        }
        return figures
    }
}

extension Goal {
    /// A goal is only held with this many repetitions.
    static var repetitionsMin: Int { 5 }
}
