import BenchModel
import CLimits
import CSeqlock
import Glibc
import ShmBridge
import ShmReader

/// P8: reads of slots in random order, of ever more slots, against the same reads in C. Beyond the caches both wait for
/// memory, and neither may wait longer.
struct ScalingSlots {
    let repetitions: Int
    let isQuick: Bool
    /// Of one piece; as many for C.
    private var readCount: Int { isQuick ? 100_000 : 1_000_000 }
    private let book = "bench-scaling"

    private struct Timed {
        var ns: Double
        var limitNs: Double
        var memoryNs: Double
    }

    init(repetitions: Int, isQuick: Bool) { (self.repetitions, self.isQuick) = (repetitions, isQuick) }

    func run(_ progress: Progress) throws -> Goal {
        var curve = CurveRuns("slots", "a read of one of so many slots", xUnit: "slots", yUnit: "ns a read")
        var limit = CurveRuns("slots_in_c", "the same read in C", xUnit: "slots", yUnit: "ns a read")
        var ratios = Array(repeating: 0.0, count: repetitions)
        var isNoisy = false
        let sizes = isQuick ? [64, 4096] : [64, 1024, 8192, 32_768, 131_072, 1_000_000]
        for size in sizes {
            progress.say("scaling: \(size) slots")
            let runs = try measure(size, progress)
            curve.add(size, runs, memoryNs: \.memoryNs) { $0.ns }
            limit.add(size, runs) { $0.limitNs }
            for (number, sample) in runs.samples.enumerated() {
                ratios[number] = max(ratios[number], sample.ns / sample.limitNs)
            }
            isNoisy = isNoisy || runs.isNoisy
        }
        let (ours, theirs) = (curve.curve, limit.curve)
        var goal = Goal(
            id: "P8.slots", title: "a read of one of so many slots / in C, the worst of the sizes",
            repetitions: ratios, goal: 1.15, isNoisy: isNoisy,
            detail: [("first_ns", ours.points.first?.y ?? 0), ("last_ns", ours.points.last?.y ?? 0)])
        goal.curves = [ours, theirs]
        return goal
    }

    private func measure(_ size: Int, _ progress: Progress) throws -> GuardedRuns<Timed> {
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + book)
        var segment = try SegmentWriter(
            SegmentConfiguration(book: book, slotCapacity: size), lock: try BenchSegment.lock(book: book))
        var position = pks_position()
        for number in 0..<size {
            guard let slot = segment.claimSlot(BenchSegment.entry("SYM\(number)")) else {
                throw BenchError("P8: there is no room for \(size) slots")
            }
            position.net_qty = Int64(number)
            // SAFETY: the position lives for the call.
            _ = unsafe segment.publish(slot: slot, published: 1, value: &position)
        }
        let reader = try SegmentReader(book: book)
        // SAFETY: the path is a string of this process; both ends have mapped the file.
        _ = unsafe unlink(reader.path)
        var random = BenchRandom(state: 42)
        let order = (0..<readCount).map { _ in UInt32(random.next() % UInt64(size)) }
        let runs = try GuardedRuns(repetitions, progress) { number in
            var timed = Timed(ns: .infinity, limitNs: .infinity, memoryNs: 0)
            for _ in 0..<3 {
                if number % 2 == 0 { timed.ns = min(timed.ns, try time(reader, order)) }
                timed.limitNs = min(timed.limitNs, timeInC(reader, order))
                if number % 2 == 1 { timed.ns = min(timed.ns, try time(reader, order)) }
            }
            timed.memoryNs = try Memory.accessNs(bytes: size * Int(MemoryLayout<pks_slot>.size))
            return timed
        }
        try segment.stop(keep: false)
        return runs
    }

    @inline(never)
    private func time(_ reader: borrowing SegmentReader, _ order: [UInt32]) throws -> Double {
        var position = pks_position()
        let start = BookOnRing.threadNs()
        // SAFETY: the position and the span live for the loop.
        for slot in order {
            let result = reader.read(Int(slot), into: &position)
            precondition(result == .value)
            unsafe limit_use(&position)
        }
        return Double(BookOnRing.threadNs() - start) / Double(order.count)
    }

    private func timeInC(_ reader: borrowing SegmentReader, _ order: [UInt32]) -> Double {
        // SAFETY: the mapping and the order live for the call.
        unsafe order.withUnsafeBufferPointer { slots in
            let (first, capacity) = unsafe (reader.slotAddress(0), UInt64(reader.slotCapacity))
            let start = BookOnRing.threadNs()
            unsafe limit_slot_reads_of(first, capacity, slots.baseAddress, UInt64(slots.count))
            return Double(BookOnRing.threadNs() - start) / Double(slots.count)
        }
    }
}
