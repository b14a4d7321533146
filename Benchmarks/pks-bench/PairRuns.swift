import BenchModel
import CLimits
import CSeqlock

/// Runs of a benchmark of two processes beside the ping-pong of the same two: short blocks of both in turn, a
/// repetition of many blocks, and a repetition again where the ping-pong was uneven.
struct PairRuns {
    /// One repetition: what was measured, and the ping-pong beside it, as round trips.
    struct Run {
        let measured: Distribution
        let pingPong: Distribution
        let clockNs: Double
        let blocks: [Block]

        var pingPongOneWayP50: Double { (pingPong.p50 - clockNs) / 2 }
        var pingPongOneWayP99: Double { (pingPong.p99 - clockNs) / 2 }
        var unevenness: Double { pingPongOneWayP99 / pingPongOneWayP50 }
        var isEven: Bool { unevenness <= Yardstick.ratioMax }
    }

    /// A block as it was taken.
    struct Block {
        let seconds: Double
        let times: BlockTimes
        let pingPong: [UInt64]
    }

    /// What all repetitions gave.
    struct Runs {
        var runs: [Run] = []
        var repeated = 0
        var jitter = HostJitter()
        let cpus: (near: Int, far: Int)

        var isNoisy: Bool { !runs.allSatisfy(\.isEven) || runs.count < Goal.repetitionsMin }

        /// The median over the repetitions of `part` of what was measured over the same part of the ping-pong.
        /// `share` is 2 where what was measured is a round trip.
        func goal(
            _ id: String, _ title: String, _ bound: Double, share: Double,
            over limit: ((Run) -> Double)? = nil,
            _ part: (Distribution) -> Double
        ) -> Goal {
            let ratios = runs.map { run in
                (part(run.measured) - run.clockNs) / share
                    / (limit?(run) ?? (part(run.pingPong) - run.clockNs) / 2)
            }
            return Goal(
                id: id, title: title, repetitions: ratios, goal: bound, isNoisy: isNoisy,
                detail: detail(share: share, ratios: ratios))
        }

        /// What was measured, what it is when it counts from when it was due, and the ping-pong.
        func series(_ name: String, share: Double) -> [LatencySeries] {
            var measured = LatencySeries(name)
            var response = LatencySeries("\(name)_from_due")
            var pingPong = LatencySeries("cache_line_one_way")
            for run in runs {
                for block in run.blocks {
                    measured.add(
                        block.times.measured.map { (Double($0) - run.clockNs) / share }, at: block.seconds)
                    response.add(
                        block.times.oneWayFromDue(clockNs: run.clockNs, share: share), at: block.seconds)
                    pingPong.add(block.pingPong.map { (Double($0) - run.clockNs) / 2 }, at: block.seconds)
                }
            }
            return [measured, response, pingPong].filter { $0.histogram.count > 0 }
        }

        /// The figures of the repetitions, each the median of its kind but for the extremes.
        private func detail(share: Double, ratios: [Double]) -> [(name: String, value: Double)] {
            let measured = runs.map { $0.measured.figures("one_way", clockNs: $0.clockNs, share: share) }
            let pingPong = runs.map { $0.pingPong.figures("ping_pong", clockNs: $0.clockNs, share: 2) }
            let figures = [measured, pingPong].flatMap { lists in
                lists[0].indices.map { index in
                    (name: lists[0][index].name, value: Self.combine(lists.map { $0[index] }))
                }
            }
            return figures + [
                ("ratio_min", ratios.min() ?? 0), ("ratio_max", ratios.max() ?? 0),
                ("clock_ns", Statistics.median(runs.map(\.clockNs))), ("repeated", Double(repeated)),
                ("cpu_near", Double(cpus.near)), ("cpu_far", Double(cpus.far)),
            ] + jitter.figures
        }

        private static func combine(_ figures: [(name: String, value: Double)]) -> Double {
            let values = figures.map(\.value)
            if figures[0].name.hasSuffix("_min_ns") { return values.min() ?? 0 }
            if figures[0].name.hasSuffix("_max_ns") { return values.max() ?? 0 }
            if figures[0].name.hasSuffix("_samples") { return values.reduce(0, +) }
            return Statistics.median(values)
        }
    }

    let far: FarSide
    let repetitions: Int
    /// Samples of each kind in a repetition.
    let rounds: Int
    let progress: Progress
    private let beganNs = pks_monotonic_ns()
    /// Samples in a block.
    static var blockRounds: Int { 500 }

    init(far: FarSide, repetitions: Int, rounds: Int, progress: Progress) throws {
        (self.far, self.repetitions, self.rounds) = (far, repetitions, rounds)
        self.progress = progress
    }

    /// `block` takes so many samples, ns each. The first repetition warms everything up and is thrown away.
    func measure(_ block: (Int) throws -> BlockTimes) throws -> Runs {
        var result = Runs(cpus: far.cpus)
        _ = try repetition(block)
        var uneven: [Run] = []
        while result.runs.count < repetitions {
            result.jitter.look()
            let run = try repetition(block)
            if run.isEven || repetitions < Goal.repetitionsMin {
                result.runs.append(run)
                continue
            }
            uneven.append(run)
            if uneven.count < 2 * repetitions {
                result.repeated += 1
            } else {
                progress.say("the machine stays uneven: its runs count, marked as noisy")
                let best = uneven.sorted { $0.unevenness < $1.unevenness }
                result.runs += best.prefix(repetitions - result.runs.count)
            }
        }
        return result
    }

    private func repetition(_ block: (Int) throws -> BlockTimes) throws -> Run {
        var blocks: [Block] = []
        var measuredCount = 0
        while measuredCount < rounds {
            let count = min(Self.blockRounds, rounds - measuredCount)
            let seconds = Double(pks_monotonic_ns() - beganNs) / 1e9
            let pingPong = try far.pingPong(rounds: count)
            blocks.append(Block(seconds: seconds, times: try block(count), pingPong: pingPong))
            measuredCount += count
        }
        return Run(
            measured: Distribution(blocks.flatMap(\.times.measured)),
            pingPong: Distribution(blocks.flatMap(\.pingPong)), clockNs: Self.clockNs(), blocks: blocks)
    }

    /// What one reading of the clock adds to a time taken with two.
    static func clockNs() -> Double {
        var times: [Double] = []
        for _ in 0..<20 {
            let start = pks_monotonic_ns()
            for _ in 0..<100 { _ = pks_monotonic_ns() }
            times.append(Double(pks_monotonic_ns() - start) / 101)
        }
        return Statistics.median(times)
    }
}
