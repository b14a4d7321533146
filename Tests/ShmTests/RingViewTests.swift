import CSeqlock
import FillProducer
import ShmBridge
import ShmReader
import Testing

/// What people and other programs see of a ring without touching it.
@Suite struct RingViewTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    @Test func itShowsHowFarBothEndsAre() throws {
        let scratch = try Scratch()
        var producer = try scratch.producer()
        let view = try RingView(book: "main", producer: "p1", directory: scratch.path)
        let capacity = view.capacity
        #expect(capacity == 8)
        let isAlive = view.isProducerAlive
        #expect(isAlive)
        #expect(view.status().consumerEpoch == 0)
        var record = pks_fill_record()
        for _ in 0..<5 { #expect(unsafe producer.put(&record) == .ok) }
        #expect(view.status().lag == 0, "nothing is published yet")
        producer.publish()
        #expect(view.status().lag == 5)
        var consumer = try scratch.consumer()
        #expect(consumer.refresh() == true)
        consumer.setApplied(3)
        consumer.setFreed(2)
        consumer.setCounts(fills: 1, duplicates: 2, rejects: 4, nowNs: 77)
        producer.beat(nowNs: 55)
        let status = view.status()
        #expect((status.tail, status.applied, status.freed, status.lag) == (5, 3, 2, 2))
        #expect((status.fills, status.duplicates, status.rejects) == (1, 2, 4))
        #expect((status.consumerHeartbeatNs, status.producerHeartbeatNs) == (77, 55))
        #expect(status.consumerEpoch == 7)
        #expect(status.quarantineReason == nil && !status.isClosed)
        producer.close()
        consumer.quarantine(PKS_QUARANTINE_RECORDS)
        #expect(view.status().isClosed)
        #expect(view.status().quarantineReason == UInt64(PKS_QUARANTINE_RECORDS))
    }

    @Test func anotherLifeOfTheWriterCountsAnew() throws {
        let scratch = try Scratch()
        let producer = try scratch.producer()
        let view = try RingView(book: "main", producer: "p1", directory: scratch.path)
        var first = try scratch.consumer()
        first.setCounts(fills: 9, duplicates: 9, rejects: 9, nowNs: 1)
        first.quarantine(PKS_QUARANTINE_CURSORS)
        _ = try scratch.consumer()
        let status = view.status()
        #expect((status.fills, status.duplicates, status.rejects) == (0, 0, 0))
        #expect(status.quarantineReason == nil)
        let putCount = producer.putCount
        #expect(putCount == 0)
    }

    @Test func itTellsOfTheProcessThatHasTheRingNow() throws {
        let scratch = try Scratch()
        do {
            var producer = try scratch.producer()
            producer.close()
        }
        let path = scratch.path + "/pks-fills-v1-main-p1"
        let place = try #require(MemoryLayout<pks_ring_header>.offset(of: \pks_ring_header.producer))
        try FilePatch.write(UInt64(0), at: place, of: path)
        let view = try RingView(book: "main", producer: "p1", directory: scratch.path)
        let wasAlive = view.isProducerAlive
        #expect(!wasAlive)
        let producer = try scratch.producer()
        let isAlive = view.isProducerAlive
        #expect(isAlive, "a view sees who has come back")
        let isResumed = producer.isResumed
        #expect(isResumed)
    }

    @Test func aRingThatWasGivenUpHasNoProcess() throws {
        let scratch = try Scratch()
        _ = try scratch.producer()
        let view = try RingView(book: "main", producer: "p1", directory: scratch.path)
        let isAlive = view.isProducerAlive
        #expect(!isAlive, "the process lives, but has the ring no more")
    }

    @Test func aScribbledCursorMakesNoEndlessLag() throws {
        let scratch = try Scratch()
        let producer = try scratch.producer()
        let view = try RingView(book: "main", producer: "p1", directory: scratch.path)
        let place = Int(view.header.cursor_offset)
        try FilePatch.write(UInt64.max, at: place, of: scratch.path + "/pks-fills-v1-main-p1")
        let lag = view.status().lag
        #expect(lag == UInt64(PKS_RING_CAPACITY_MAX))
        let putCount = producer.putCount
        #expect(putCount == 0)
    }

    @Test func itRefusesWhatIsNoRingOfThatProducer() throws {
        let scratch = try Scratch()
        _ = try scratch.producer("b-c", book: "a")
        #expect(throws: AttachError.invalid(object: scratch.path + "/pks-fills-v1-a-b-c", field: "book")) {
            _ = try RingView(book: "a-b", producer: "c", directory: scratch.path)
        }
        #expect(throws: AttachError.notFound(object: scratch.path + "/pks-fills-v1-a-d")) {
            _ = try RingView(book: "a", producer: "d", directory: scratch.path)
        }
        let path = scratch.path + "/pks-fills-v1-a-b-c"
        try FilePatch.write(UInt64(1) << 40, at: 48, of: path)
        #expect(throws: AttachError.invalid(object: path, field: "cursor_offset")) {
            _ = try RingView(book: "a", producer: "b-c", directory: scratch.path)
        }
        #expect(try RingView.producers(book: "a", directory: scratch.path) == ["b-c"])
    }

    @Test func theSegmentCountsRejectsByReason() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let reader = try scratch.reader()
        for reason in -1...32 { writer.setRejects(reason: reason, count: UInt64(100 + reason)) }
        for reason in 1...31 { #expect(reader.rejects(reason: reason) == UInt64(100 + reason)) }
        #expect(reader.rejects(reason: 0) == 0 && reader.rejects(reason: 32) == 0)
        #expect(reader.changeCursor() == 0, "the neighbours of the words are untouched")
    }
}
