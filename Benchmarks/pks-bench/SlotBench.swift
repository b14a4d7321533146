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

    mutating func run() throws -> [Goal] {
        // SAFETY (all of this function): the position and the mappings live for the calls.
        var segment = try bench.makeWriter()
        guard let slot = segment.claimSlot(BenchSegment.entry("SYM")) else { preconditionFailure("no slot") }
        var position = pks_position()
        position.net_qty = 42
        var published = unsafe segment.publish(slot: slot, published: 1, value: &position)
        let reader = try bench.makeReader()
        var reads: [Double] = []
        var cReads: [Double] = []
        var publishes: [Double] = []
        var cPublishes: [Double] = []
        var copies: [Double] = []
        for _ in 0..<repetitions {
            var fastest = Array(repeating: Double.infinity, count: 5)
            for _ in 0..<blocks {
                let (first, capacity) = unsafe (reader.slotAddress(0), UInt64(reader.slotCapacity))
                let address = unsafe reader.slotAddress(slot)
                let block = [
                    time { Self.read(reader, slot, count) },
                    time { unsafe limit_slot_reads(first, capacity, UInt64(slot), UInt64(count)) },
                    time { _ = unsafe limit_copies(address, UInt64(count)) },
                    time { published = Self.publish(&segment, slot, published, count) },
                    time { limit_slot_publishes(UInt64(count)) },
                ]
                for (kind, ns) in block.enumerated() { fastest[kind] = min(fastest[kind], ns) }
            }
            reads.append(fastest[0])
            cReads.append(fastest[1])
            copies.append(fastest[2])
            publishes.append(fastest[3])
            cPublishes.append(fastest[4])
        }
        try segment.stop(keep: false)
        return [
            goal("P1.read", "read of a slot in Swift / in C", 1.05, reads, cReads),
            goal("P1.publish", "publish of a slot in Swift / in C", 1.05, publishes, cPublishes),
            goal("P2", "read of a slot / memcpy of its payload from L1", 5, reads, copies),
        ]
    }

    private func goal(
        _ id: String, _ title: String, _ bound: Double, _ ours: [Double], _ limit: [Double]
    ) -> Goal {
        Goal(
            id: id, title: title, value: Statistics.median(zip(ours, limit).map { $0 / $1 }), goal: bound,
            samples: ours.count, isNoisy: false,
            detail: [("ns", Statistics.median(ours)), ("limit_ns", Statistics.median(limit))])
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
