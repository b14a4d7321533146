import Accumulator
import BenchModel
import FillProducer
import LotMatching

/// P8: what a fill, a read and a book cost as keys, open lots, remembered fills, slots, readers and books become more.
/// Beside curves of memory stands what one access to as much memory costs: where a curve rises, so many accesses
/// are what it rises by.
struct ScalingBench {
    let repetitions: Int
    let isQuick: Bool
    let progress: Progress
    let book = "bench-scaling"

    func run() throws -> [Goal] {
        var goals: [Goal] = []
        goals.append(try keys().goal)
        for method in LotMethod.allCases { goals.append(try lots(method).goal) }
        goals.append(try fillsSeen().goal)
        goals += try ScalingThreads(repetitions: repetitions, isQuick: isQuick, progress: progress).run()
        let headline = worst(goals)
        return [headline, steps(goals)] + goals + [
            try ScalingSlots(repetitions: repetitions, isQuick: isQuick).run(progress)
        ]
    }

    /// The steepest of all.
    private func worst(_ goals: [Goal]) -> Goal {
        let count = goals.map(\.repetitions.count).min() ?? 0
        return Goal(
            id: "P8", title: "steepest of the curves below: power of the size with which the cost grows",
            repetitions: (0..<count).map { number in goals.map { $0.repetitions[number] }.max() ?? 0 },
            goal: CurveRuns.exponentMax, isNoisy: goals.contains(where: \.isNoisy),
            detail: goals.map { ($0.variant ?? $0.id, $0.value) })
    }

    /// The steepest step between neighbouring sizes of all.
    private func steps(_ goals: [Goal]) -> Goal {
        let steps = goals.map { ($0.variant ?? $0.id, $0.figure("steepest_step") ?? .infinity) }
        let worst = steps.map(\.1).max() ?? .infinity
        return Goal(
            id: "P8.step", title: "steepest step between two neighbouring sizes of any curve below",
            value: worst, repetitions: [worst], goal: CurveRuns.stepMax, samples: goals.count,
            isNoisy: goals.contains(where: \.isNoisy), detail: steps)
    }

    private func say(_ text: String) { progress.say("scaling: \(text)") }

    /// Fills of one measured piece.
    private var pieceFills: Int { isQuick ? 1 << 16 : 1 << 18 }

    // MARK: - Keys

    private struct Timed {
        var ns: Double
        var memoryNs: Double
    }

    /// Random fills over ever more keys, with as many fills remembered at each.
    private func keys() throws -> CurveRuns {
        var curve = CurveRuns("keys", "a fill with so many keys", xUnit: "keys", yUnit: "ns a fill")
        let sizes = isQuick ? [10, 1000, 10_000] : [10, 100, 1000, 10_000, 100_000, 1_000_000]
        for size in sizes {
            say("\(size) keys")
            var stream = FillStream(keyCount: size)
            // A window of a second of event time: a million fills, at every size.
            let config = BookConfig(
                name: book, positionsMax: size, lotsMax: 1 << 21, identitiesMax: (1 << 21) - 32,
                identityWindowNs: 1_000_000_000)
            var on = try BookOnRing(config, lots: max(1 << 16, 2 * size), stream: stream)
            _ = try on.time(size) { producer in
                stream.makeNext(handle: Int(stream.number), isBuy: true, qty: 1_000_000)
                stream.put(&producer)
            }
            let warmUp = isQuick ? 1 << 16 : 1_000_000
            _ = try on.time(max(0, warmUp - size)) { producer in
                stream.makeNext()
                stream.put(&producer)
            }
            let runs = try GuardedRuns(repetitions, progress) { _ in
                let ns = try on.time(pieceFills) { producer in
                    stream.makeNext()
                    stream.put(&producer)
                }
                return Timed(ns: ns, memoryNs: try Memory.accessNs(bytes: size * Memory.positionBytes))
            }
            curve.add(size, runs, memoryNs: \.memoryNs) { $0.ns }
            try on.writer.stop(keep: false)
        }
        return curve
    }

    // MARK: - Lots

    /// A lot closed and one opened in turn, while so many others are open in the position.
    private func lots(_ method: LotMethod) throws -> CurveRuns {
        let name = "\(method)"
        var curve = CurveRuns(
            "lots_\(name)", "a fill of a position with so many open lots, \(name)", xUnit: "open lots",
            yUnit: "ns a fill")
        for size in isQuick ? [1, 1000] : [1, 10, 100, 1000, 10_000, 100_000] {
            say("\(size) lots, \(name)")
            var stream = FillStream(keyCount: 1)
            let config = BookConfig(
                name: book, method: method, positionsMax: 64, lotsMax: 1 << 18, identitiesMax: (1 << 18) - 32,
                identityWindowNs: 50_000_000)
            var on = try BookOnRing(config, lots: 1 << 17, stream: stream)
            _ = try on.time(size) { producer in
                stream.makeNext(handle: 0, isBuy: true, qty: 1_000_000)
                stream.put(&producer)
            }
            var isBuy = false
            let runs = try GuardedRuns(repetitions, progress) { _ in
                let ns = try on.time(1 << 16) { producer in
                    stream.makeNext(handle: 0, isBuy: isBuy, qty: 1_000_000)
                    stream.put(&producer)
                    isBuy.toggle()
                }
                return Timed(ns: ns, memoryNs: try Memory.accessNs(bytes: size * Memory.lotBytes))
            }
            curve.add(size, runs, memoryNs: \.memoryNs) { $0.ns }
            try on.writer.stop(keep: false)
        }
        return curve
    }

    // MARK: - Fills seen

    /// Fills of new identities, when so many are remembered.
    private func fillsSeen() throws -> CurveRuns {
        var curve = CurveRuns(
            "seen", "a fill when so many are remembered", xUnit: "fills remembered", yUnit: "ns a fill")
        let sizes = isQuick ? [100_000, 300_000] : [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
        let most = (isQuick ? 1 << 19 : 1 << 24) - 32
        let runs = try GuardedRuns(repetitions, progress) { number in
            say("fills remembered")
            var stream = FillStream(keyCount: 100, seed: 42 + UInt64(number))
            let config = BookConfig(
                name: book, positionsMax: 128, lotsMax: 1 << 20, identitiesMax: most,
                identityWindowNs: 1 << 60)
            var on = try BookOnRing(config, lots: 1 << 16, stream: stream)
            let times = try sizes.map { size in
                func put(_ producer: inout FillProducer) {
                    stream.makeNext()
                    stream.put(&producer)
                }
                let piece = BookOnRing.chunkFills / 2
                _ = try on.time(size - piece - on.fillCount, put)
                return try on.time(piece, put)
            }
            try on.writer.stop(keep: false)
            return times
        }
        for (number, size) in sizes.enumerated() { curve.add(size, runs) { $0[number] } }
        return curve
    }
}
