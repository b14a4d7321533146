import CGateMarks
import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import ShmReader

/// What strategies and gateways call: reads and publishes of a slot, and fills put on a ring.
enum SharedMemoryGates {
    // SAFETY (all of these): what is passed by address outlives the call; paths are strings of this process.

    /// Reads of one slot.
    static func reads(book: String, count: Int, _ meter: inout GateMeter) throws {
        var segment = try segment(book)
        let slot = try claim(&segment)
        var position = pks_position()
        _ = unsafe segment.publish(slot: slot, published: 1, value: &position)
        let reader = try SegmentReader(book: book)
        meter.begin()
        read(reader, slot, count)
        meter.end()
        try segment.stop(keep: false)
    }

    @inline(never)
    private static func read(_ reader: borrowing SegmentReader, _ slot: Int, _ count: Int) {
        var position = pks_position()
        for _ in 0..<count {
            precondition(reader.read(slot, into: &position) == .value)
            unsafe gate_use(&position)
        }
    }

    /// Publishes of one slot, each with its change entry and the applied number.
    static func publishes(book: String, count: Int, _ meter: inout GateMeter) throws {
        var segment = try segment(book)
        let slot = try claim(&segment)
        meter.begin()
        publish(&segment, slot, count)
        meter.end()
        let reader = try SegmentReader(book: book)
        precondition(reader.sequence(of: slot) == UInt64(count + 1))
        try segment.stop(keep: false)
    }

    @inline(never)
    private static func publish(_ segment: inout SegmentWriter, _ slot: Int, _ count: Int) {
        var position = pks_position()
        var published: UInt64 = 1
        for n in 0..<count {
            unsafe gate_use(&position)
            published = unsafe segment.publish(slot: slot, published: published, value: &position)
            segment.setApplied(UInt64(n))
        }
    }

    /// Fills put on a ring and published one by one. The ring has room for all of them.
    static func puts(book: String, count: Int, _ meter: inout GateMeter) throws {
        var producer = try FillProducer(
            ProducerOptions(book: book, producer: "gates", recordCapacity: 1 << 17, handleCapacity: 64))
        defer { _ = unsafe unlink(producer.path) }
        try GateKeys.define(&producer)
        var left = count
        while left > 0 {
            let chunk = min(left, 1 << 16)
            meter.begin()
            put(&producer, chunk)
            meter.end()
            left -= chunk
            if left > 0 { try take(book, &producer) }
        }
    }

    @inline(never)
    private static func put(_ producer: inout FillProducer, _ count: Int) {
        var record = pks_fill_record(.buy, handle: 1, qty: 1, price: 1)
        for _ in 0..<count {
            unsafe gate_use(&record)
            precondition(unsafe producer.put(&record) == .ok)
            producer.publish()
        }
    }

    /// Takes everything from the ring, so that there is room again.
    private static func take(_ book: String, _ producer: inout FillProducer) throws {
        var consumer = try RingConsumer(book: book, producer: "gates", segmentEpoch: 1)
        precondition(consumer.refresh())
        consumer.setApplied(consumer.tail)
        consumer.setFreed(consumer.tail)
    }

    private static func segment(_ book: String) throws -> SegmentWriter {
        try SegmentWriter(
            SegmentConfiguration(book: book, slotCapacity: 64), lock: try WriterLock(book: book))
    }

    private static func claim(_ segment: inout SegmentWriter) throws -> Int {
        var entry = pks_directory_entry()
        GateText.write("acc", into: &entry, at: 0)
        GateText.write("strat", into: &entry, at: 32)
        GateText.write("SYM", into: &entry, at: 64)
        entry.multiplier = 1
        (entry.price_decimals, entry.qty_decimals, entry.fee_decimals) = (8, 8, 8)
        entry.method = UInt8(PKS_METHOD_FIFO)
        guard let slot = segment.claimSlot(entry) else {
            throw GateFailure("no slot is free in a new segment")
        }
        return slot
    }
}

/// A gate that could not be counted.
struct GateFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
