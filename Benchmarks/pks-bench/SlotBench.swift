import BenchModel
import CLimits
import CSeqlock
import ShmBridge
import ShmReader

/// P1: Swift reads and publishes of a slot through the product's own API, against C with the same header.
/// P2: a read, against a memcpy of the payload from L1.
struct SlotBench {
    var repetitions: Int
    /// Operations in a block, and alternating blocks in a sample: the fastest block of each kind counts, so
    /// that one interruption does not decide the ratio.
    let count = 1_000_000
    let blocks = 20
    let bench: BenchSegment

    init(repetitions: Int) throws {
        self.repetitions = repetitions
        bench = try BenchSegment(slotCapacity: 64)
    }

    /// The fastest blocks of one repetition, ns an operation.
    private struct Sample {
        var read = Double.infinity
        var cRead = Double.infinity
        var copy = Double.infinity
        var publish = Double.infinity
        var cPublish = Double.infinity
    }

    func run(_ progress: Progress) throws -> [Goal] {
        // SAFETY (all of this function): the position and the mappings live for the calls.
        var segment = try bench.makeWriter()
        guard let slot = segment.claimSlot(BenchSegment.entry("SYM")) else { preconditionFailure("no slot") }
        var position = pks_position()
        position.net_qty = 42
        var published = unsafe segment.publish(slot: slot, published: 1, value: &position)
        let reader = try bench.makeReader()
        let runs = GuardedRuns(repetitions, progress) { _ in
            var sample = Sample()
            for _ in 0..<blocks {
                let (first, capacity) = unsafe (reader.slotAddress(0), UInt64(reader.slotCapacity))
                let address = unsafe reader.slotAddress(slot)
                sample.read = min(sample.read, time { Self.read(reader, slot, count) })
                sample.cRead = min(
                    sample.cRead,
                    time { unsafe limit_slot_reads(first, capacity, UInt64(slot), UInt64(count)) })
                sample.copy = min(
                    sample.copy, time { _ = unsafe limit_copies(address, UInt64(count)) })
                sample.publish = min(
                    sample.publish, time { published = Self.publish(&segment, slot, published, count) })
                sample.cPublish = min(sample.cPublish, time { limit_slot_publishes(UInt64(count)) })
            }
            return sample
        }
        try segment.stop(keep: false)
        return [
            goal(runs, "P1", "read of a slot in Swift / in C", 1.05, \.read, \.cRead),
            goal(runs, "P1.publish", "publish of a slot in Swift / in C", 1.05, \.publish, \.cPublish),
            goal(runs, "P2", "read of a slot / memcpy of its payload from L1", 5, \.read, \.copy),
        ]
    }

    private func goal(
        _ runs: GuardedRuns<Sample>, _ id: String, _ title: String, _ bound: Double,
        _ ours: KeyPath<Sample, Double>, _ limit: KeyPath<Sample, Double>
    ) -> Goal {
        runs.goal(
            id, title, bound, value: { $0[keyPath: ours] / $0[keyPath: limit] },
            detail: [
                ("ns", runs.median { $0[keyPath: ours] }), ("limit_ns", runs.median { $0[keyPath: limit] }),
                ("operations_in_a_block", Double(count)),
            ])
    }

    private func time(_ body: () -> Void) -> Double {
        let start = pks_monotonic_ns()
        body()
        return Double(pks_monotonic_ns() - start) / Double(count)
    }

    @inline(never)
    static func read(_ reader: borrowing SegmentReader, _ slot: Int, _ count: Int) {
        // SAFETY: the position lives for the call.
        var position = pks_position()
        for _ in 0..<count {
            let result = reader.read(slot, into: &position)
            precondition(result == .value)
            unsafe limit_use(&position)
        }
    }

    @inline(never)
    static func publish(
        _ segment: inout SegmentWriter, _ slot: Int, _ published: UInt64, _ count: Int
    ) -> UInt64 {
        // SAFETY: the position lives for the call.
        var position = pks_position()
        var published = published
        for n in 0..<count {
            unsafe limit_use(&position)
            published = unsafe segment.publish(slot: slot, published: published, value: &position)
            segment.setApplied(UInt64(n))
        }
        return published
    }
}
