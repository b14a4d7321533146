import CSeqlock
import FillProducer

/// Random fills for some keys: positions grow, shrink and flip. The same seed gives the same fills.
struct FillStream {
    let keyCount: Int
    /// The fill made last.
    private(set) var record = pks_fill_record()
    /// Fills made.
    private(set) var number: UInt64 = 0
    private var random: BenchRandom

    init(keyCount: Int, seed: UInt64 = 42) {
        self.keyCount = keyCount
        random = BenchRandom(state: seed)
        record.kind = UInt8(PKS_KIND_FILL)
    }

    /// Puts the KEY records of these handles on the ring, which must have room for them.
    func define(_ producer: inout FillProducer, _ handles: Range<Int>? = nil) {
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        for handle in handles ?? 0..<keyCount {
            BenchText.write("SYM\(handle)", into: &key, at: 80)
            precondition(producer.define(handle: handle, key: key) == .ok)
        }
    }

    /// Makes the next fill: of any key, side, quantity and price.
    @inline(__always)
    mutating func makeNext() {
        let bits = random.next()
        makeNext(
            handle: Int((bits >> 32) % UInt64(keyCount)), isBuy: bits & 1 == 0,
            qty: Int64(1 + (bits >> 1) % 100) * 1_000_000, bits: bits)
    }

    /// Makes the next fill of this key, side and quantity, at any price.
    @inline(__always)
    mutating func makeNext(handle: Int, isBuy: Bool, qty: Int64) {
        makeNext(handle: handle, isBuy: isBuy, qty: qty, bits: random.next())
    }

    @inline(__always)
    private mutating func makeNext(handle: Int, isBuy: Bool, qty: Int64, bits: UInt64) {
        number += 1
        record.handle = UInt32(truncatingIfNeeded: handle)
        record.side = UInt8(isBuy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        record.qty = qty
        record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
        record.event_ns = 1_700_000_000_000_000_000 + Int64(number) * 1000
        BenchText.write(10_000_000_000 + number, into: &record, at: 40)
        BenchText.write(70_000_000_000 + number / 3, into: &record, at: 80)
    }

    /// Puts the fill made last on the ring, which must have room.
    @inline(__always)
    mutating func put(_ producer: inout FillProducer) {
        // SAFETY: the record lives for the call.
        precondition(unsafe producer.put(&record) == .ok)
    }

    /// Makes so many fills and puts and publishes them.
    mutating func put(_ producer: inout FillProducer, count: Int) {
        for _ in 0..<count {
            makeNext()
            put(&producer)
        }
        producer.publish()
    }
}
