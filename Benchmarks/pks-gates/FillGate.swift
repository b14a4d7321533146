import Accumulator
import CSeqlock
import FillProducer
import Glibc
import LotMatching
import ShmBridge

/// Fills from a ring into slots, by the product's own writer.
struct FillGate {
    var method = LotMethod.fifo
    var shape = GateStream.Shape.random
    /// Each fill is taken alone; otherwise a thousand wait.
    var isSingle = false
    /// Every record is also handed to a journal's queue.
    var isJournaled = false

    private static let chunk = 1024

    /// Applies `warm` fills that are not counted and `count` that are. Refuses what has not done all the work.
    func run(book name: String, warm: Int, count: Int, _ meter: inout GateMeter) throws {
        var producer = try FillProducer(
            ProducerOptions(book: name, producer: "gates", recordCapacity: 4096, handleCapacity: 64))
        // SAFETY: the path is a string of this process.
        defer { _ = unsafe unlink(producer.path) }
        let queue = isJournaled ? RecordQueue(capacity: 1 << 14, after: 0) : nil
        var writer = try writer(name, queue)
        let ring = writer.attach(
            try RingConsumer(book: name, producer: "gates", segmentEpoch: writer.epoch))
        try GateKeys.define(&producer)
        precondition(writer.drain(ring: ring) == GateStream.keyCount)
        var stream = GateStream(shape)
        var applied = 0
        while applied < warm + count {
            if applied == warm { meter.forget() }
            let aim = applied < warm ? warm : warm + count
            let chunk = min(Self.chunk, aim - applied)
            for _ in 0..<chunk { precondition(producer.put(stream.next()) == .ok) }
            producer.publish()
            if applied >= warm { meter.begin() }
            var taken = 0
            if isSingle {
                while taken < chunk { taken += writer.drain(ring: ring, countMax: 1) }
            } else {
                taken = writer.drain(ring: ring, countMax: Self.chunk)
            }
            if applied >= warm { meter.end() }
            precondition(taken == chunk)
            applied += chunk
            if let queue { queue.setDurable(queue.publishedSeq) }
        }
        let counters = writer.book.counters
        precondition(counters.fills == UInt64(warm + count) && counters.rejects == 0)
        precondition(counters.matches > UInt64(count / 3))
        try writer.stop(keep: false)
    }

    private func writer(_ name: String, _ queue: RecordQueue?) throws -> BookWriter {
        // So small a window that most of a long run is spent forgetting, too.
        let book = Book(
            BookConfig(
                name: name, method: method, positionsMax: 64, lotsMax: 1 << 16,
                identitiesMax: (1 << 16) - 32, identityWindowNs: 40_000_000))
        let segment = try SegmentWriter(
            SegmentConfiguration(book: name, slotCapacity: 64), lock: try WriterLock(book: name))
        var options = BookWriterOptions()
        options.journal = queue
        return BookWriter(book: book, segment: segment, options: options)
    }
}

/// The keys of all streams.
enum GateKeys {
    static func define(_ producer: inout FillProducer) throws {
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        GateText.write("acc", into: &key, at: 16)
        GateText.write("strat", into: &key, at: 48)
        for handle in 0..<GateStream.keyCount {
            GateText.write("SYM\(handle)", into: &key, at: 80)
            precondition(producer.define(handle: handle, key: key) == .ok)
        }
        producer.publish()
    }
}
