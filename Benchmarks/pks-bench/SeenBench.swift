import BenchModel
import CLimits
import CSeqlock
import Glibc
import ShmBridge
import ShmReader

/// P5: from a publish in one process until a reader in another has the position whole, against one cache line
/// one way between the same two cores.
///
/// How it is measured: the near side publishes a slot of its own segment, the far side sees it and answers
/// by publishing a slot of its own, and the near side sees that. Both legs are the same, so one way is half
/// of the round trip, by one clock of one process; the ping-pong of the yardstick is halved in the same way. A publish
/// is due every `gapNs`, whether the one before it was answered or not. Short blocks of both alternate, because the distance of two virtual cores changes while one looks.
struct SeenBench {
    var repetitions: Int
    var rounds: Int
    var gapNs: Int64
    var settings: PairSettings
    let book = "bench-seen-\(getpid())"

    static func answerBook(_ book: String) -> String { book + "-far" }
    static var answer: UInt64 { Order.first }

    func run(_ progress: Progress) throws -> [Goal] {
        var near = try SeenSlot(book: book)
        Traces.removeAtEnd(near.path)
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + Self.answerBook(book))
        let far = try FarSide("seen", book: book, settings)
        let reader = try SegmentReader(book: Self.answerBook(book))
        let pairs = try PairRuns(far: far, repetitions: repetitions, rounds: rounds, progress: progress)
        var answered: Int64 = 0
        var position = pks_position()
        var sequence: UInt64 = 0
        let runs = try pairs.measure { rounds in
            let number = far.begin(Self.answer, rounds)
            try far.wait(for: number)
            let base = answered
            return try OpenLoop(intervalNs: gapNs).run(
                rounds, far,
                put: { _ in near.publish(near.value + 1) },
                isSeen: { number in
                    // The answer is read whole, not only its sequence.
                    if reader.readNewer(0, than: &sequence, into: &position) { answered = position.net_qty }
                    return answered >= base + Int64(number) + 1
                })
        }
        try far.order(Order.end)
        try near.segment.stop(keep: false)
        var p50 = runs.goal(
            "P5", "publish -> seen in another process, p50 / one cache line one way", 1.5, share: 2
        ) { $0.p50 }
        p50.series = runs.series("seen_one_way", share: 2)
        p50.detail.append(("gap_ns", Double(gapNs)))
        let p99 = runs.goal("P5.p99", "the same, p99 / p99", 2, share: 2) { $0.p99 }
        return [p50, p99]
    }

    /// The far side: answers each publish.
    struct Answerer: FarRole, ~Copyable {
        private var slot: SeenSlot
        private let reader: SegmentReader
        private var sequence: UInt64 = 0

        init(book: String) throws {
            let slot = try SeenSlot(book: SeenBench.answerBook(book))
            let reader = try SegmentReader(book: book)
            self.slot = slot
            self.reader = reader
        }

        mutating func carryOut(_ order: UInt64, _ argument: UInt64, _ orders: inout FarOrders) throws {
            orders.report()
            var position = pks_position()
            let last = slot.value + Int64(argument)
            while slot.value < last {
                if reader.readNewer(0, than: &sequence, into: &position), position.net_qty > slot.value {
                    // After a pause that the scheduler made, the newest answers for all before it.
                    slot.publish(position.net_qty)
                }
            }
        }
    }
}

/// A segment with one slot that counts its publishes.
struct SeenSlot: ~Copyable {
    var segment: SegmentWriter
    private(set) var value: Int64 = 0
    private var position = pks_position()

    var path: String { segment.path }

    init(book: String) throws {
        segment = try SegmentWriter(
            SegmentConfiguration(book: book, slotCapacity: 4), lock: try BenchSegment.lock(book: book))
        guard segment.claimSlot(BenchSegment.entry("SYM")) == 0 else { preconditionFailure("no slot") }
    }

    /// Publishes `value` as a writer does for a fill.
    @inline(__always)
    mutating func publish(_ value: Int64) {
        self.value = value
        position.net_qty = value
        // SAFETY: the position lives for the call.
        unsafe segment.publish(slot: 0, value: &position)
        segment.setApplied(UInt64(value))
    }
}
