import Accumulator
import CLimits
import CSeqlock
import LotMatching
import ShmBridge

/// P7: a ring's backlog through the book into the slots, per fill, against the best C++ loop for the same
/// work in the same run.
struct BacklogBench {
    var keyCount = 100
    var fillCount: Int = 2_000_000
    var identitiesMax = 1 << 21
    var lean = false
    let book = "bench-\(ProcessID.current)"

    struct Sample {
        var swiftNs: Double
        var limitNs: Double
    }

    /// Fills with the statistics of a market: random side, quantity and a walking price, so that positions
    /// grow, shrink and flip.
    func fill(_ producer: inout RingProducer, _ random: inout BenchRandom) {
        var key = pks_key_record()
        key.price_decimals = 8
        key.qty_decimals = 8
        key.fee_decimals = 8
        for handle in 0..<keyCount {
            Text.write("acc", into: &key, at: 16)
            Text.write("strat", into: &key, at: 48)
            Text.write("SYM\(handle)", into: &key, at: 80)
            precondition(producer.define(handle: handle, key: key) == .ok)
        }
        var record = pks_fill_record()
        record.kind = UInt8(PKS_KIND_FILL)
        for n in 0..<fillCount {
            let bits = random.next()
            record.handle = UInt32(truncatingIfNeeded: (bits >> 32) % UInt64(keyCount))
            record.side = UInt8(bits & 1 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
            record.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
            record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
            record.event_ns = 1_700_000_000_000_000_000 + Int64(n) * 1000
            Text.writeNumber(10_000_000_000 + UInt64(n), into: &record, at: 40)
            Text.writeNumber(70_000_000_000 + UInt64(n / 3), into: &record, at: 80)
            precondition(unsafe producer.put(&record) == .ok)
        }
        producer.publish()
    }

    func run(swiftFirst: Bool, seed: UInt64, oneByOne: Bool) throws -> Sample {
        let directory = WriterLock.defaultRunDirectory
        let ringLock = try WriterLock(book: book, producer: "p", runDirectory: directory)
        var producer = try RingProducer(
            RingConfiguration(book: book, producer: "p", recordCapacity: 1 << 21, handleCapacity: 1024),
            lock: ringLock)
        var random = BenchRandom(state: seed)
        fill(&producer, &random)
        defer { _ = unlinkShm(producer.path) }
        var sample = Sample(swiftNs: 0, limitNs: 0)
        let limit = unsafe limit_book_create(UInt32(keyCount), UInt64(identitiesMax), 1 << 14)
        defer { unsafe limit_book_destroy(limit) }

        var config = BookConfig(
            name: book, positionsMax: 1024, lotsMax: 1 << 20, identitiesMax: identitiesMax)
        config.method = .fifo
        var ours = Book(config)
        ours.prefault(lots: 1 << 18)
        let lock = try WriterLock(book: book, runDirectory: directory)
        let segment = try SegmentWriter(SegmentConfiguration(book: book, slotCapacity: 1024), lock: lock)
        var writer = BookWriter(book: ours, segment: segment)
        let consumer = try RingConsumer(book: book, producer: "p", segmentEpoch: writer.epoch)
        let records = unsafe consumer.records
        let mask = consumer.recordMask
        let ring = writer.attach(consumer)
        precondition(writer.drain(ring: ring, countMax: keyCount) == keyCount)

        func runLimit() {
            let start = pks_monotonic_ns()
            let from = UInt64(keyCount)
            let to = from + UInt64(fillCount)
            var applied: UInt64 = 0
            if oneByOne {
                for n in from..<to {
                    applied += unsafe limit_book_drain(limit, records, mask, n, n + 1, 0, 1)
                }
            } else {
                applied = unsafe limit_book_drain(limit, records, mask, from, to, 12, lean ? 0 : 1)
            }
            sample.limitNs = Double(pks_monotonic_ns() - start) / Double(fillCount)
            precondition(applied == UInt64(fillCount))
        }
        func runSwift() {
            let start = pks_monotonic_ns()
            let step = oneByOne ? 1 : 1024
            while writer.drain(ring: ring, countMax: step) > 0 {}
            sample.swiftNs = Double(pks_monotonic_ns() - start) / Double(fillCount)
            precondition(writer.book.counters.fills == UInt64(fillCount))
        }
        if swiftFirst {
            runSwift()
            runLimit()
        } else {
            runLimit()
            runSwift()
        }
        for handle in 0..<UInt32(keyCount) {
            let position = unsafe writer.book.position(handle).pointee
            var low: UInt64 = 0
            var high: Int64 = 0
            unsafe limit_book_pnl(limit, handle, &low, &high)
            precondition(position.slot.net_qty == (unsafe limit_book_net(limit, handle)), "net differs")
            precondition(position.slot.realized_pnl_lo == low && position.slot.realized_pnl_hi == high)
        }
        try writer.stop(keep: false)
        return sample
    }
}
