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
        return [
            runs.goal(
                "P13", "bytes of an idle position with one open lot, all told", 1024, value: \.bytes,
                detail: [
                    ("bytes_per_position", runs.median(\.bytes)),
                    ("bytes_with_its_fill_remembered", runs.median(\.rememberedBytes)),
                    ("bytes_per_remembered_fill", runs.median { $0.rememberedBytes - $0.bytes }),
                    ("positions", Double(many)),
                ])
        ]
    }

    /// What a book of so many positions with a lot each takes. Without remembering, the window holds few fills at any
    /// size, and its memory cancels out.
    private func residentBytes(_ count: Int, isRemembered: Bool) throws -> Int {
        var stream = FillStream(keyCount: count)
        let config = BookConfig(
            name: "bench-memory", positionsMax: count, lotsMax: count,
            identitiesMax: isRemembered ? count - 32 : 4096 - 32,
            identityWindowNs: isRemembered ? 1 << 60 : 1_000_000)
        let before = try Memory.residentBytes()
        var on = try BookOnRing(config, lots: count, stream: stream)
        // Remembering, the last few find no place; they are left out.
        _ = try on.time(isRemembered ? count - 64 : count) { producer in
            stream.makeNext(handle: Int(stream.number), isBuy: true, qty: 1_000_000)
            stream.put(&producer)
        }
        let taken = try Memory.residentBytes() - before
        try on.writer.stop(keep: false)
        return taken
    }
}
