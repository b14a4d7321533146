import Accumulator
import BenchModel
import FillProducer

/// P13: memory of a position that is idle and has one open lot, all told: the book's, and the segment's in shared
/// memory (slot, names, index, changes). Measured as what the kernel has given this process, for a large book less a
/// small one, a position; touched in full, as a daemon does at start.
struct MemoryBench {
    let repetitions: Int
    let isQuick: Bool

    private struct Sample {
        var bytes: Double
        /// With the position's one fill still in the window of remembered fills.
        var rememberedBytes: Double
    }

    func run(_ progress: Progress) throws -> [Goal] {
        let (few, many) = isQuick ? (1 << 12, 1 << 15) : (1 << 16, 1 << 18)
        // The first book of a process makes memory of other kinds; it is thrown away.
        _ = try residentBytes(few, isRemembered: false)
        let runs = try GuardedRuns(repetitions, progress) { _ in
            func bytes(isRemembered: Bool) throws -> Double {
                let more = try residentBytes(many, isRemembered: isRemembered)
                return Double(more - (try residentBytes(few, isRemembered: isRemembered)))
                    / Double(many - few)
            }
            return Sample(
                bytes: try bytes(isRemembered: false), rememberedBytes: try bytes(isRemembered: true))
        }
        var goal = runs.goal(
            "P13", "bytes of an idle position with one open lot, all told", 1024, value: \.bytes,
            detail: [
                ("bytes_per_position", runs.median(\.bytes)),
                ("bytes_with_its_fill_remembered", runs.median(\.rememberedBytes)),
                ("bytes_per_remembered_fill", runs.median { $0.rememberedBytes - $0.bytes }),
                ("positions", Double(many)),
            ])
        goal.curves = [try keysCurve(progress), try lotsCurve(progress)]
        return [goal]
    }

    // MARK: - Curves

    /// Bytes a position as they become more, each with one lot: what a book has been given beyond one of ten.
    private func keysCurve(_ progress: Progress) throws -> ScalingCurve {
        let sizes = isQuick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]
        let base = try residentBytes(10, isRemembered: false)
        return ScalingCurve(
            name: "memory_keys", title: "memory of an idle position with one lot", xUnit: "positions",
            yUnit: "bytes a position",
            points: try sizes.map { size in
                progress.say("memory: \(size) positions")
                let bytes = try residentBytes(size, isRemembered: false) - base
                return ScalingCurve.Point(x: Double(size), repetitions: [Double(bytes) / Double(size - 10)])
            })
    }

    /// Bytes an open lot as they become more in one position.
    private func lotsCurve(_ progress: Progress) throws -> ScalingCurve {
        let sizes = isQuick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]
        let base = try residentBytes(1, lotsEach: 10)
        return ScalingCurve(
            name: "memory_lots", title: "memory of an open lot of one position", xUnit: "open lots",
            yUnit: "bytes a lot",
            points: try sizes.map { size in
                progress.say("memory: \(size) lots")
                let bytes = try residentBytes(1, lotsEach: size) - base
                return ScalingCurve.Point(x: Double(size), repetitions: [Double(bytes) / Double(size - 10)])
            })
    }

    /// What a book of so many positions with a lot each takes. Without remembering, the window holds few fills at any
    /// size, and its memory cancels out.
    private func residentBytes(_ count: Int, isRemembered: Bool = false, lotsEach: Int = 1) throws -> Int {
        var stream = FillStream(keyCount: count)
        let lots = count * lotsEach
        let config = BookConfig(
            name: "bench-memory", positionsMax: count, lotsMax: lots,
            identitiesMax: isRemembered ? count - 32 : 4096 - 32,
            identityWindowNs: isRemembered ? 1 << 60 : 1_000_000)
        let before = try Memory.residentBytes()
        var on = try BookOnRing(config, lots: lots, stream: stream)
        // Remembering, the last few find no place; they are left out.
        _ = try on.time(isRemembered ? lots - 64 : lots) { producer in
            stream.makeNext(handle: Int(stream.number) % count, isBuy: true, qty: 1_000_000)
            stream.put(&producer)
        }
        let taken = try Memory.residentBytes() - before
        try on.writer.stop(keep: false)
        return taken
    }
}
