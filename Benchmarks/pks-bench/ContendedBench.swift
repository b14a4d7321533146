import BenchModel
import CLimits
import CSeqlock
import Glibc
import ShmBridge
import ShmReader

/// P3: reads of a slot that a writer in another process publishes a million times a second, against reads of
/// the same slot while that writer rests; and whether any read was torn.
///
/// The means are of whole blocks of reads, without a clock in between; writer resting and writer publishing
/// take turns. The tail is of reads timed one by one, less the cost of the clock. For torn reads each word
/// of the payload is a function of the first, and each read is checked.
struct ContendedBench {
    var repetitions: Int
    /// Reads checked for being torn, in all.
    var reads: Int
    var rounds: Int
    var settings: PairSettings
    let book = "bench-contended-\(getpid())"

    /// Publish every so many ns until the next order.
    static var publish: UInt64 { Order.first }
    static var rest: UInt64 { Order.first + 1 }
    static var intervalNs: Int { 1000 }
    static var blockReads: Int { 50_000 }

    private struct Sample {
        var publishes: UInt64 = 0
        var busyTimeNs: Int64 = 0
    }

    func run(_ progress: Progress) throws -> [Goal] {
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + book)
        let far = try FarSide("contended", book: book, settings)
        let reader = try SegmentReader(book: book)
        // SAFETY: the path is a string of this process.
        _ = unsafe unlink(reader.path)
        var sample = Sample()
        var retries: UInt64 = 0
        let pairs = try PairRuns(far: far, repetitions: repetitions, rounds: rounds, progress: progress)
        let runs = try pairs.measure { rounds in
            let means = try takeMeans(reader, far, &sample)
            try far.order(Self.publish, Self.intervalNs)
            let samples = time(reader, rounds, &retries)
            try far.order(Self.rest)
            var times = BlockTimes(measured: samples)
            times.means = means
            return times
        }
        let (torn, publishes) = try countTorn(reader, far)
        try far.order(Order.end)
        var tail = runs.goal(
            "P3.tail", "one such read, p99.9 / one cache line one way, p50", 3, share: 1,
            over: \.pingPongOneWayP50
        ) { $0.p999 }
        tail.series = runs.series("read_under_publishes", share: 1)
        tail.detail.append(("retries", Double(retries)))
        return [
            mean(sample, runs), tail,
            Goal(
                id: "P3.torn", title: "torn reads", value: Double(torn), repetitions: [Double(torn)], goal: 0,
                samples: reads, isNoisy: publishes < Self.publishesMin,
                detail: [("reads", Double(reads)), ("publishes", Double(publishes))]),
        ]
    }

    private func mean(_ sample: Sample, _ runs: PairRuns.Runs) -> Goal {
        let means = runs.runs.map { $0.blocks.compactMap(\.times.means) }
        let all = means.flatMap(\.self)
        return Goal(
            id: "P3", title: "read while another process publishes that slot 1M/s / while it rests",
            repetitions: means.map { Statistics.median($0.map { $0.busyNs / $0.quietNs }) }, goal: 1.3,
            isNoisy: runs.isNoisy,
            detail: [
                ("ns", Statistics.median(all.map(\.busyNs))),
                ("resting_ns", Statistics.median(all.map(\.quietNs))),
                ("publishes_per_second", Double(sample.publishes) * 1e9 / Double(sample.busyTimeNs)),
                ("block_reads", Double(Self.blockReads)), ("blocks", Double(all.count)),
            ])
    }

    /// One block with the writer resting and one with it publishing.
    private func takeMeans(
        _ reader: borrowing SegmentReader, _ far: FarSide, _ sample: inout Sample
    ) throws -> (quietNs: Double, busyNs: Double) {
        let quiet = block(reader)
        try far.order(Self.publish, Self.intervalNs)
        let (before, start) = (reader.sequence(of: 0), pks_monotonic_ns())
        let busy = block(reader)
        sample.busyTimeNs += pks_monotonic_ns() - start
        sample.publishes += reader.sequence(of: 0) - before
        try far.order(Self.rest)
        return (quiet, busy)
    }

    private func block(_ reader: borrowing SegmentReader) -> Double {
        let start = pks_monotonic_ns()
        SlotBench.read(reader, 0, Self.blockReads)
        return Double(pks_monotonic_ns() - start) / Double(Self.blockReads)
    }

    private func time(_ reader: borrowing SegmentReader, _ count: Int, _ retries: inout UInt64) -> [UInt64] {
        var samples = [UInt64](repeating: 0, count: count)
        var position = pks_position()
        for index in 0..<count {
            let start = pks_monotonic_ns()
            let result = reader.read(0, into: &position, retries: &retries)
            samples[index] = UInt64(clamping: pks_monotonic_ns() - start)
            precondition(result == .value)
        }
        return samples
    }

    /// Fewer publishes than these while reads are checked say nothing about torn ones.
    static var publishesMin: UInt64 { 100_000 }

    /// Reads under the publishing writer whose words do not belong together, and how often it published meanwhile.
    private func countTorn(
        _ reader: borrowing SegmentReader, _ far: FarSide
    ) throws -> (torn: Int, publishes: UInt64) {
        try far.order(Self.publish, Self.intervalNs)
        let before = reader.sequence(of: 0)
        var torn = 0
        var position = pks_position()
        for _ in 0..<reads {
            let result = reader.read(0, into: &position)
            precondition(result == .value)
            if !Self.isWhole(position) { torn += 1 }
        }
        let publishes = reader.sequence(of: 0) - before
        try far.order(Self.rest)
        return (torn, publishes)
    }

    /// Word i of publish n is n x (2 i + 1): none fits the words of another publish.
    @inline(__always)
    static func isWhole(_ position: pks_position) -> Bool {
        // SAFETY: a position is 15 words.
        unsafe withUnsafeBytes(of: position) { bytes in
            let first = unsafe bytes.loadUnaligned(as: UInt64.self)
            var difference: UInt64 = 0
            for index in 1..<Int(PKS_POSITION_WORDS) {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                difference |= word ^ (first &* UInt64(2 * index + 1))
            }
            return difference == 0
        }
    }

    static func fill(_ position: inout pks_position, _ count: UInt64) {
        // SAFETY: a position is 15 words.
        unsafe withUnsafeMutableBytes(of: &position) { bytes in
            for index in 0..<Int(PKS_POSITION_WORDS) {
                unsafe bytes.storeBytes(
                    of: count &* UInt64(2 * index + 1), toByteOffset: 8 * index, as: UInt64.self)
            }
        }
    }

    /// The far side: publishes at a steady rate, or rests.
    struct Writer: FarRole, ~Copyable {
        private var segment: SegmentWriter
        private var position = pks_position()
        private var count: UInt64 = 1

        init(book: String) throws {
            segment = try SegmentWriter(
                SegmentConfiguration(book: book, slotCapacity: 4), lock: try BenchSegment.lock(book: book))
            guard segment.claimSlot(BenchSegment.entry("SYM")) == 0 else { preconditionFailure("no slot") }
            publish()
        }

        private mutating func publish() {
            count += 1
            ContendedBench.fill(&position, count)
            // SAFETY: the position lives for the call.
            unsafe segment.publish(slot: 0, value: &position)
            segment.setApplied(count)
        }

        mutating func carryOut(_ order: UInt64, _ argument: UInt64, _ orders: inout FarOrders) throws {
            orders.report()
            guard order == ContendedBench.publish else { return }
            var dueNs = pks_monotonic_ns()
            while !orders.hasNext {
                let nowNs = pks_monotonic_ns()
                guard nowNs >= dueNs else {
                    pks_cpu_relax()
                    continue
                }
                publish()
                // After a pause that the scheduler made, the rate goes on; it does not catch up.
                dueNs = max(dueNs, nowNs - 10 * Int64(argument)) + Int64(argument)
            }
        }
    }
}
