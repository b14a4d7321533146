import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import TestSupport
import Testing

/// Either end of a ring may die and come back; nothing is lost and nothing comes twice.
@Suite struct RingRestartTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private func put(_ producer: inout FillProducer, _ numbers: Range<Int>) {
        for number in numbers {
            var record = pks_fill_record()
            record.kind = UInt8(PKS_KIND_FILL)
            record.qty = Int64(number)
            #expect(unsafe producer.put(&record) == .ok)
        }
        producer.publish()
    }

    private func readable(_ consumer: inout RingConsumer) -> [Int64] {
        #expect(consumer.refresh() == true)
        return (consumer.freed..<consumer.tail).map { number in
            var record = pks_fill_record()
            unsafe consumer.get(number, into: &record)
            return record.qty
        }
    }

    @Test func aProducerThatComesBackContinuesItsRing() throws {
        let scratch = try Scratch()
        var first = try scratch.producer()
        #expect(first.isResumed == false)
        #expect(first.define(handle: 2, key: keyRecord("AAPL")) == .ok)
        put(&first, 1..<4)
        var lost = pks_fill_record()
        #expect(unsafe first.put(&lost) == .ok)
        var consumer = try scratch.consumer()
        #expect(readable(&consumer).count == 4)
        _ = consume first

        var second = try scratch.producer(records: 1024)
        #expect(second.isResumed == true)
        #expect(second.recordCapacity == 8)
        #expect(second.putCount == 4)
        let key = try required(second.definedKey(2))
        #expect(key.handle == 2)
        #expect(second.definedKey(1) == nil)
        put(&second, 4..<6)
        #expect(readable(&consumer).dropFirst() == [1, 2, 3, 4, 5])
    }

    @Test func aSecondProducerOfOneNameIsRefusedWhileTheFirstLives() throws {
        let scratch = try Scratch()
        let first = try scratch.producer()
        let lock = scratch.path + "/main-p1.ring.lock"
        #expect(throws: ProducerError.alreadyRunning(object: lock, pid: UInt32(getpid()))) {
            _ = try scratch.producer()
        }
        let other = try scratch.producer("p2")
        #expect(first.path != other.path)
        #expect(try RingConsumer.producers(book: "main", directory: scratch.path) == ["p1", "p2"])
    }

    @Test func aRestartedConsumerReadsAgainWhatWasNotFreedAndFindsTheKeys() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer()
        #expect(producer.define(handle: 1, key: keyRecord("AAPL")) == .ok)
        put(&producer, 1..<4)
        var first = try scratch.consumer()
        #expect(readable(&first).count == 4)
        first.setAnswer(1, UInt8(PKS_ANSWER_ACCEPTED))
        first.setApplied(4)
        first.setFreed(2)
        _ = consume first
        var second = try scratch.consumer()
        #expect(readable(&second) == [2, 3])
        #expect(producer.appliedCount == 2)
        var key = pks_key_record()
        #expect(second.key(1, into: &key) == true)
        #expect(key.kind == UInt8(PKS_KIND_KEY) && key.price_decimals == 8)
        #expect(second.key(0, into: &key) == false)
        #expect(second.key(UInt32.max, into: &key) == false)
        #expect(producer.answer(1) == .accepted)
    }

    @Test func aHandleKeepsItsKeyAndIsSentOnceALifeUntilItIsAccepted() throws {
        let scratch = try Scratch()
        do {
            var producer = try scratch.producer()
            try expectDefinitions(&producer)
        }
        // Another life does not know whether the first one's KEY was ever published.
        var second = try scratch.producer()
        #expect(second.define(handle: 0, key: keyRecord("AAPL")) == .ok)
        #expect(second.putCount == 2)
        second.publish()
        var consumer = try scratch.consumer()
        consumer.setAnswer(0, UInt8(PKS_ANSWER_ACCEPTED))
        consumer.setAnswer(99, UInt8(PKS_ANSWER_ACCEPTED))
        #expect(second.answer(99) == .malformed)
        _ = consume second
        var third = try scratch.producer()
        #expect(third.define(handle: 0, key: keyRecord("AAPL")) == .ok)
        #expect(third.putCount == 2)
    }

    private func expectDefinitions(_ producer: inout FillProducer) throws {
        #expect(producer.define(handle: 0, key: keyRecord("AAPL")) == .ok)
        #expect(producer.putCount == 1)
        #expect(producer.define(handle: 0, key: keyRecord("MSFT")) == .redefined)
        #expect(producer.define(handle: 4, key: keyRecord("MSFT")) == .badHandle)
        #expect(producer.define(handle: -1, key: keyRecord("MSFT")) == .badHandle)
        #expect(producer.putCount == 1)
        #expect(producer.define(handle: 0, key: keyRecord("AAPL")) == .ok)
        #expect(producer.putCount == 1)
        producer.publish()
    }

    @Test func anExtensionGoesWithItsFillOrNotAtAll() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer(records: 4)
        var (extended, record) = (pks_extension_record(), pks_fill_record())
        extended.kind = UInt8(PKS_KIND_EXTENSION)
        record.kind = UInt8(PKS_KIND_FILL)
        #expect(unsafe producer.put(&extended, fill: &record) == .ok)
        #expect(unsafe producer.put(&record) == .ok)
        #expect(unsafe producer.put(&extended, fill: &record) == .full)
        #expect(unsafe producer.put(&record) == .ok)
        #expect(unsafe producer.put(&record) == .full)
        producer.publish()
        var consumer = try scratch.consumer()
        #expect(consumer.refresh() == true)
        #expect(consumer.tail == 4)
        var first = pks_fill_record()
        unsafe consumer.get(0, into: &first)
        #expect(first.kind == UInt8(PKS_KIND_EXTENSION))
    }

    @Test func aClosedRingSaysSoAndIsRemovedOnlyWhenNothingIsLeftInIt() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer()
        put(&producer, 0..<1)
        var consumer = try scratch.consumer()
        #expect(consumer.isClosed == false)
        producer.close()
        #expect(consumer.isClosed == true)
        #expect(try producer.removeIfDrained() == false)
        #expect(readable(&consumer) == [0])
        consumer.setApplied(1)
        consumer.setFreed(1)
        #expect(try producer.removeIfDrained() == true)
        #expect(scratch.files() == ["main-p1.ring.lock"])
        producer.beat(nowNs: 77)
        #expect(consumer.producerHeartbeatNs == 77)
    }

    @Test(.enabled(if: processorCount() > 1, "needs two processors"))
    func fillsCrossFromProcessToProcessThroughAKilledAndRestartedProducer() throws {
        let scratch = try Scratch()
        let count = 300_000
        let producer = try Subprocess.tool("produce", scratch.path, "\(count)")
        #expect(producer.line() == "ready")
        let consumer = try Subprocess.tool("consume", scratch.path, "\(count)")
        // Killed wherever it happens to be; the next one goes on from what was published.
        producer.signal(SIGKILL)
        #expect(producer.wait() == -SIGKILL)
        let second = try Subprocess.tool("produce", scratch.path, "\(count)")
        #expect(second.line() == "ready")
        #expect(consumer.line() == "taken=\(count)")
        #expect(second.line() == "put=\(count)")
    }
}
