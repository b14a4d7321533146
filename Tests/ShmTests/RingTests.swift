import CSeqlock
import FillProducer
import ShmBridge
import Testing

private func fill(_ number: Int) -> pks_fill_record {
    var fill = pks_fill_record()
    fill.kind = UInt8(PKS_KIND_FILL)
    fill.qty = Int64(number)
    fill.source_ref = UInt64(number)
    return fill
}

@Suite struct RingTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    @Test func fillsComeOutInTheOrderTheyWentIn() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer()
        var consumer = try scratch.consumer()
        var next = 0
        for batch in 1...5 {
            for _ in 0..<batch {
                var record = fill(next)
                #expect(unsafe producer.put(&record) == .ok)
                next += 1
            }
            #expect(consumer.refresh() && consumer.tail == consumer.freed)
            producer.publish()
            #expect(consumer.refresh() == true)
            #expect(consumer.tail - consumer.freed == UInt64(batch))
            for number in consumer.freed..<consumer.tail {
                var record = pks_fill_record()
                unsafe consumer.get(number, into: &record)
                #expect(record.qty == Int64(number))
            }
            consumer.setApplied(consumer.tail)
            consumer.setFreed(consumer.tail)
        }
        #expect(producer.appliedCount == 15)
    }

    @Test func aFullRingSaysSoAndTakesMoreOnceSpaceIsFreed() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer(records: 4)
        var consumer = try scratch.consumer()
        var record = fill(1)
        for _ in 0..<4 { #expect(unsafe producer.put(&record) == .ok) }
        #expect(unsafe producer.put(&record) == .full)
        producer.publish()
        #expect(consumer.refresh() == true)
        consumer.setApplied(4)
        #expect(unsafe producer.put(&record) == .full)
        consumer.setFreed(1)
        #expect(unsafe producer.put(&record) == .ok)
        #expect(unsafe producer.put(&record) == .full)
    }
}
