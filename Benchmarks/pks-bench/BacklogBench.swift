import Accumulator
import BenchModel
import CLimits
import CSeqlock
import FillProducer
import Glibc
import LotMatching
import ShmBridge

/// P7: a ring's backlog through the book into the slots, per fill, against the best C++ loop that we could
/// write for the same work, reading the same ring in the same run; and one fill at a time, against the same
/// loop without look-ahead. Both results are compared before the times are.
struct BacklogBench {
    var repetitions: Int
    var keyCount = 100
    var fillCount = 2_000_000
    /// Identities remembered: all fills of the run.
    let identitiesMax = (1 << 21) - 32
    let bench: BenchSegment

    enum Form {
        case backlog
        case backlogAgainstLean
        case oneByOne
    }

    struct Sample {
        var ns = 0.0
        var limitNs = 0.0
    }

    init(repetitions: Int) throws {
        self.repetitions = repetitions
        bench = try BenchSegment(slotCapacity: 16384)
    }

    /// One repetition.
    private struct Forms {
        var backlog = Sample()
        var lean = Sample()
        var single = Sample()
    }

    func run(_ progress: Progress) throws -> [Goal] {
        let runs = try GuardedRuns(repetitions, progress) { number in
            let (swiftFirst, seed) = (number % 2 == 0, 42 + UInt64(number))
            return Forms(
                backlog: try sample(.backlog, swiftFirst: swiftFirst, seed: seed),
                lean: try sample(.backlogAgainstLean, swiftFirst: swiftFirst, seed: seed),
                single: try sample(.oneByOne, swiftFirst: swiftFirst, seed: seed))
        }
        let fills = [("fills", Double(fillCount)), ("keys", Double(keyCount))]
        return [
            goal(
                runs, "P7", "ring backlog to slots, per fill / best C++ loop with look-ahead", \.backlog,
                fills + [
                    ("fills_per_second", 1e9 / runs.median(\.backlog.ns)),
                    ("lean_limit_ns_per_fill", runs.median(\.lean.limitNs)),
                    ("ratio_to_lean_limit", runs.median { $0.lean.ns / $0.lean.limitNs }),
                ]),
            goal(runs, "P7.single", "one fill at a time / plain C++ loop", \.single, fills),
            runs.goal(
                "P7.rate", "fills a second on one core with a backlog", 10e6, .atLeast,
                value: { 1e9 / $0.backlog.ns },
                detail: [("limit_fills_per_second", 1e9 / runs.median(\.backlog.limitNs))]),
        ]
    }

    private func goal(
        _ runs: GuardedRuns<Forms>, _ id: String, _ title: String, _ form: KeyPath<Forms, Sample>,
        _ more: [(name: String, value: Double)]
    ) -> Goal {
        runs.goal(
            id, title, 1.25, value: { $0[keyPath: form].ns / $0[keyPath: form].limitNs },
            detail: [
                ("ns_per_fill", runs.median { $0[keyPath: form].ns }),
                ("limit_ns_per_fill", runs.median { $0[keyPath: form].limitNs }),
            ] + more)
    }

    /// Keys, and fills of random side, quantity and price, so that positions grow, shrink and flip.
    private func load(_ producer: inout FillProducer, seed: UInt64) {
        var random = BenchRandom(state: seed)
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        for handle in 0..<keyCount {
            BenchText.write("SYM\(handle)", into: &key, at: 80)
            precondition(producer.define(handle: handle, key: key) == .ok)
        }
        // SAFETY: the record lives for the call.
        var record = pks_fill_record()
        record.kind = UInt8(PKS_KIND_FILL)
        for n in 0..<fillCount {
            let bits = random.next()
            record.handle = UInt32(truncatingIfNeeded: (bits >> 32) % UInt64(keyCount))
            record.side = UInt8(bits & 1 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
            record.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
            record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
            record.event_ns = 1_700_000_000_000_000_000 + Int64(n) * 1000
            BenchText.write(10_000_000_000 + UInt64(n), into: &record, at: 40)
            BenchText.write(70_000_000_000 + UInt64(n / 3), into: &record, at: 80)
            precondition(unsafe producer.put(&record) == .ok)
        }
        producer.publish()
    }

    private func sample(_ form: Form, swiftFirst: Bool, seed: UInt64) throws -> Sample {
        // SAFETY (all of this function): paths are strings of this process; the limit's book lives until the
        // end of the function; the consumer's mapping lives as long as the writer that it is attached to.
        Traces.removeRingLockAtEnd(book: bench.book, producer: "p")
        var producer = try FillProducer(
            ProducerOptions(
                book: bench.book, producer: "p", recordCapacity: 1 << 21, handleCapacity: max(keyCount, 1024))
        )
        defer { _ = unsafe unlink(producer.path) }
        load(&producer, seed: seed)
        let limit = unsafe limit_book_create(
            UInt32(keyCount), UInt64(identitiesMax + 32), keyCount <= 1000 ? 1 << 14 : 1 << 12)
        defer { unsafe limit_book_destroy(limit) }
        var book = Book(
            BookConfig(
                name: bench.book, positionsMax: max(keyCount, 1024), lotsMax: 1 << 20,
                identitiesMax: identitiesMax))
        book.prefault(lots: 1 << 18)
        var writer = BookWriter(book: book, segment: try bench.makeWriter())
        let consumer = try RingConsumer(book: bench.book, producer: "p", segmentEpoch: writer.epoch)
        let (records, mask) = unsafe (consumer.records, consumer.recordMask)
        let ring = writer.attach(consumer)
        precondition(writer.drain(ring: ring, countMax: keyCount) == keyCount)
        var sample = Sample()
        if swiftFirst { sample.ns = drain(&writer, ring, form) }
        sample.limitNs = unsafe drain(limit, records, mask, form)
        if !swiftFirst { sample.ns = drain(&writer, ring, form) }
        for handle in 0..<UInt32(keyCount) {
            let position = unsafe writer.book.position(handle).pointee
            var low: UInt64 = 0
            var high: Int64 = 0
            unsafe limit_book_pnl(limit, handle, &low, &high)
            let net = unsafe limit_book_net(limit, handle)
            guard position.slot.net_qty == net, position.slot.realized_pnl_lo == low,
                position.slot.realized_pnl_hi == high
            else { throw BenchError("P7: position \(handle) differs between Swift and C++") }
        }
        try writer.stop(keep: false)
        return sample
    }

    private func drain(_ writer: inout BookWriter, _ ring: Int, _ form: Form) -> Double {
        let step = form == .oneByOne ? 1 : 1024
        let start = pks_monotonic_ns()
        while writer.drain(ring: ring, countMax: step) > 0 {}
        let taken = pks_monotonic_ns() - start
        precondition(writer.book.counters.fills == UInt64(fillCount))
        return Double(taken) / Double(fillCount)
    }

    private func drain(
        _ limit: OpaquePointer?, _ records: UnsafeRawPointer, _ mask: UInt64, _ form: Form
    ) -> Double {
        let (from, to) = (UInt64(keyCount), UInt64(keyCount + fillCount))
        let start = pks_monotonic_ns()
        var applied: UInt64 = 0
        // SAFETY: the ring holds records from ..< to and stays mapped; the limit's book is alive.
        switch form {
        case .backlog: applied = unsafe limit_book_drain(limit, records, mask, from, to, 12, 1)
        case .backlogAgainstLean: applied = unsafe limit_book_drain(limit, records, mask, from, to, 12, 0)
        case .oneByOne:
            for n in from..<to { applied += unsafe limit_book_drain(limit, records, mask, n, n + 1, 0, 1) }
        }
        let taken = pks_monotonic_ns() - start
        precondition(applied == UInt64(fillCount))
        return Double(taken) / Double(fillCount)
    }
}
