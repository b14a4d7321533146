import Accumulator
import CSeqlock
import FillProducer
import Glibc
import LotMatching
import ShmBridge

/// Fills into a book of which something has a size: how their instructions change with it is `GateGrowth`'s matter.
struct ScalingGate {
    enum Size {
        /// One position with so many open lots, of which one is closed and one opened in turn.
        case lots(LotMethod)
        /// So many keys, with fills of any of them.
        case keys
        /// So many fills remembered.
        case remembered
    }

    let size: Size
    let count: Int

    private static let chunk = 1024

    private var keyCount: Int {
        if case .keys = size { return count }
        return 1
    }

    private var method: LotMethod {
        if case .lots(let method) = size { return method }
        return .fifo
    }

    /// Fills before the first that counts: one for each of what there are so many of.
    private var fillsBefore: Int { count }

    /// Applies what makes the book so large, and then `operations` that are counted.
    func run(book name: String, count operations: Int, _ meter: inout GateMeter) throws {
        var producer = try FillProducer(
            ProducerOptions(
                book: name, producer: "gates", recordCapacity: 4096, handleCapacity: max(keyCount, 64)))
        // SAFETY: the path is a string of this process.
        defer { _ = unsafe unlink(producer.path) }
        var writer = try writer(name)
        let ring = writer.attach(
            try RingConsumer(book: name, producer: "gates", segmentEpoch: writer.epoch))
        var stream = ScalingStream()
        for handle in 0..<keyCount {
            precondition(producer.define(handle: handle, key: ScalingStream.key(handle)) == .ok)
            if handle % Self.chunk == Self.chunk - 1 || handle == keyCount - 1 {
                producer.publish()
                while writer.drain(ring: ring) > 0 {}
            }
        }
        var applied = 0
        while applied < fillsBefore + operations {
            let isCounted = applied >= fillsBefore
            let chunk = min(Self.chunk, (isCounted ? fillsBefore + operations : fillsBefore) - applied)
            for _ in 0..<chunk { precondition(producer.put(next(&stream, isCounted: isCounted)) == .ok) }
            producer.publish()
            if isCounted { meter.begin() }
            let taken = writer.drain(ring: ring, countMax: Self.chunk)
            if isCounted { meter.end() }
            precondition(taken == chunk)
            applied += chunk
        }
        let counters = writer.book.counters
        precondition(counters.fills == UInt64(applied) && counters.rejects == 0)
        try writer.stop(keep: false)
    }

    private func next(_ stream: inout ScalingStream, isCounted: Bool) -> pks_fill_record {
        let number = Int(stream.number)
        switch size {
        case .lots: return stream.next(handle: 0, isBuy: !isCounted || number % 2 == 1)
        case .remembered: return stream.next(handle: 0, isBuy: number % 2 == 0)
        case .keys:
            // Of four keys one is flat then, two have a lot, and one has two.
            if !isCounted { return stream.next(handle: number % 4 == 2 ? number + 1 : number, isBuy: true) }
            // From there each is in turn one lot up or down, so that any stretch of fills has as many of each kind.
            let (turn, handle) = (number - fillsBefore).quotientAndRemainder(dividingBy: count)
            let isFirstUp = handle % 4 == 1 || handle % 4 == 2
            return stream.next(handle: handle, isBuy: isFirstUp == (turn % 2 == 0))
        }
    }

    private func writer(_ name: String) throws -> BookWriter {
        let positions = max(keyCount, 64)
        let book = Book(
            BookConfig(
                name: name, method: method, positionsMax: positions, lotsMax: 1 << 18,
                identitiesMax: (1 << 21) - 32))
        let segment = try SegmentWriter(
            SegmentConfiguration(book: name, slotCapacity: positions), lock: try WriterLock(book: name))
        return BookWriter(book: book, segment: segment)
    }
}

/// Fills at random prices.
struct ScalingStream {
    private(set) var number: UInt64 = 0
    private var state: UInt64 = 42
    private var record = pks_fill_record()

    init() {
        record.kind = UInt8(PKS_KIND_FILL)
        record.qty = 1_000_000
    }

    static func key(_ handle: Int) -> pks_key_record {
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        GateText.write("acc", into: &key, at: 16)
        GateText.write("strat", into: &key, at: 48)
        GateText.write("SYM\(handle)", into: &key, at: 80)
        return key
    }

    mutating func next(handle: Int, isBuy: Bool) -> pks_fill_record {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        record.handle = UInt32(truncatingIfNeeded: handle)
        record.side = UInt8(isBuy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        record.price = 5_000_000_000_000 + Int64((state >> 33) % 1000) * 1_000_000
        record.event_ns = 1_700_000_000_000_000_000 + Int64(number) * 1000
        GateText.write(10_000_000_000 + number, into: &record, at: 40)
        GateText.write(70_000_000_000 + number / 3, into: &record, at: 80)
        number += 1
        return record
    }
}
