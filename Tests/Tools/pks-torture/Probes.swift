import CSeqlock
import FillProducer
import ShmBridge
import ShmReader

/// The hot calls as a user's code has them, kept apart so that scripts/check-slot-code.sh can read what the
/// compiler made of them in another module.
enum Probes {
    // SAFETY (all of these): what is passed by address outlives the call.

    @inline(never)
    static func read(_ reader: borrowing SegmentReader, _ slot: Int, _ value: inout pks_position) -> Bool {
        reader.read(slot, into: &value) == .value
    }

    @inline(never)
    static func publish(
        _ writer: inout SegmentWriter, _ slot: Int, _ published: UInt64, _ value: inout pks_position
    ) -> UInt64 {
        let count = unsafe writer.publish(slot: slot, published: published, value: &value)
        writer.setApplied(count)
        return count
    }

    @inline(never)
    static func put(_ producer: inout FillProducer, _ fill: inout pks_fill_record) -> Bool {
        let put = unsafe producer.put(&fill)
        producer.publish()
        return put == .ok
    }

    @inline(never)
    static func take(_ consumer: inout RingConsumer, _ fill: inout pks_fill_record) -> Bool {
        guard consumer.refresh(), consumer.tail > consumer.freed else { return false }
        unsafe consumer.get(consumer.freed, into: &fill)
        consumer.setApplied(consumer.freed + 1)
        consumer.setFreed(consumer.freed + 1)
        return true
    }
}
