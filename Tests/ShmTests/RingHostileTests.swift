import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import TestSupport
import Testing

/// A process that scribbles into a ring harms that ring alone.
@Suite struct RingHostileTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private let cursors = Int(PKS_PAGE_BYTES)

    private func ringPath(_ scratch: borrowing Scratch) -> String {
        scratch.path + PKS_RING_PREFIX + "main-p1"
    }

    private func attachError(_ scratch: borrowing Scratch) -> ShmError? {
        do throws(ShmError) {
            _ = try RingConsumer(book: "main", producer: "p1", segmentEpoch: 1, directory: scratch.path)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [UInt64(9), 1 << 40, UInt64.max, 1])
    func aTailThatCannotBeQuarantinesTheRing(tail: UInt64) throws {
        let scratch = try Scratch()
        var producer = try scratch.producer(records: 8)
        var consumer = try scratch.consumer()
        var record = pks_fill_record()
        for _ in 0..<2 { #expect(unsafe producer.put(&record) == .ok) }
        producer.publish()
        #expect(consumer.refresh() == true)
        // 9 is beyond the capacity; 1 goes backwards.
        try FilePatch.write(tail, at: cursors, of: producer.path)
        #expect(consumer.refresh() == false)
        #expect(consumer.isQuarantined == true)
        #expect(consumer.tail == consumer.freed)
        #expect(producer.isQuarantined == true)
        try FilePatch.write(UInt64(2), at: cursors, of: producer.path)
        #expect(consumer.refresh() == false)
        for _ in 0..<6 { _ = unsafe producer.put(&record) }
        #expect(unsafe producer.put(&record) == .quarantined)
    }

    @Test(arguments: [UInt64(7), UInt64.max, 1])
    func aConsumersCursorThatCannotBeStopsTheProducer(freed: UInt64) throws {
        let scratch = try Scratch()
        var producer = try scratch.producer(records: 4)
        var consumer = try scratch.consumer()
        var record = pks_fill_record()
        for _ in 0..<4 { #expect(unsafe producer.put(&record) == .ok) }
        producer.publish()
        #expect(consumer.refresh() == true)
        consumer.setApplied(2)
        consumer.setFreed(2)
        for _ in 0..<2 { #expect(unsafe producer.put(&record) == .ok) }
        #expect(unsafe producer.put(&record) == .full)
        // Six were put and two are freed: 7 was never put, and 1 goes backwards.
        try FilePatch.write(freed, at: cursors + 128, of: producer.path)
        #expect(unsafe producer.put(&record) == .quarantined)
    }

    @Test func aRingWithImpossibleCursorsIsRefusedByBothEnds() throws {
        let scratch = try Scratch()
        let path = ringPath(scratch)
        _ = try scratch.producer()
        try FilePatch.write(UInt64(9), at: cursors, of: path)
        #expect(attachError(scratch) == .invalid(object: path, field: "cursor"))
        #expect(throws: ProducerError.invalid(object: path, field: "cursor")) { _ = try scratch.producer() }
    }

    @Test func aRingThatMayHoldFillsIsNeverReplaced() throws {
        let scratch = try Scratch()
        let path = ringPath(scratch)
        _ = try scratch.producer()
        try FilePatch.write(UInt16(2), at: 8, of: path)
        #expect(throws: ProducerError.wrongVersion(object: path, major: 2, minor: Int(PKS_ABI_MINOR))) {
            _ = try scratch.producer()
        }
        try FilePatch.write(UInt16(1), at: 8, of: path)
        let whole = try required(Files.size(path))
        try FilePatch.truncate(path, to: whole - 1)
        let cut = ProducerError.truncated(
            object: path, neededBytes: UInt64(whole), actualBytes: UInt64(whole - 1))
        #expect(throws: cut) { _ = try scratch.producer() }
    }

    @Test func aFileThatIsNoRingIsReplaced() throws {
        let scratch = try Scratch()
        try Files.write(ringPath(scratch), [UInt8](repeating: 0x5a, count: 5000))
        #expect(attachError(scratch) == .wrongMagic(object: ringPath(scratch)))
        let producer = try scratch.producer()
        #expect(producer.isResumed == false)
        #expect(attachError(scratch) == nil)
    }

    @Test func namesWithDashesThatShareAFileAreToldApart() throws {
        let scratch = try Scratch()
        do { _ = try scratch.producer("b-c", book: "a") }
        #expect(throws: ProducerError.invalid(object: scratch.path + "/pks-fills-v1-a-b-c", field: "book")) {
            _ = try scratch.producer("c", book: "a-b")
        }
        #expect(try RingConsumer.producers(book: "a", directory: scratch.path) == ["b-c"])
        #expect(try RingConsumer.producers(book: "a-b", directory: scratch.path) == [])
    }

    @Test(.enabled(if: geteuid() == 0, "giving a file away needs root"))
    func aRingOfAnotherUserIsRefusedUnlessThatUserIsAllowed() throws {
        let scratch = try Scratch()
        _ = try scratch.producer()
        _ = unsafe chown(ringPath(scratch), 12345, 12345)
        #expect(attachError(scratch) == .wrongOwner(object: ringPath(scratch), uid: 12345))
        let consumer = try RingConsumer(
            book: "main", producer: "p1", segmentEpoch: 1, directory: scratch.path, allowedOwners: [12345])
        #expect(consumer.handleCapacity == 4)
    }

    @Test func aWildConfigurationIsRefused() throws {
        let scratch = try Scratch()
        for (records, handles) in [
            (0, 4), (1, 4), (2, 4), (6, 4), (1 << 27, 4), (1 << 32, 4), (-8, 4), (8, 0), (8, -1),
            (8, 1 << 25),
        ] {
            do {
                _ = try scratch.producer(records: records, handles: handles)
                Issue.record("accepted \(records) records, \(handles) handles")
            } catch ProducerError.badOption {}
        }
    }

    @Test func aHeaderOrCursorWithAnyWordChangedIsRefusedOrReadWithoutASignal() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        let path = ringPath(scratch)
        do {
            var producer = try scratch.producer()
            #expect(producer.define(handle: 1, key: keyRecord("A")) == .ok)
            producer.publish()
        }
        let whole = try Files.bytes(path)
        let wild: [UInt64] = [
            0, 1, 3, 7, 8, 9, 4096, 1 << 26, 1 << 31, 1 << 32, 1 << 63, UInt64.max, UInt64.max - 127,
            UInt64(whole.count), UInt64(whole.count - 128),
        ]
        var refused = 0
        for _ in 0..<2000 {
            try Files.write(path, whole)
            let inHeader = 8 * Int.random(in: 3..<13, using: &random)
            let inCursors = cursors + [0, 8, 128, 256].randomElement(using: &random, or: 0)
            try FilePatch.write(
                wild.randomElement(using: &random, or: 0),
                at: Bool.random(using: &random) ? inHeader : inCursors, of: path)
            do throws(ShmError) {
                var consumer = try RingConsumer(
                    book: "main", producer: "p1", segmentEpoch: 1, directory: scratch.path)
                _ = consumer.refresh()
                for number in consumer.freed..<consumer.tail {
                    var record = pks_fill_record()
                    unsafe consumer.get(number, into: &record)
                }
                var key = pks_key_record()
                for handle in 0..<UInt32(min(consumer.handleCapacity, 64)) {
                    _ = consumer.key(handle, into: &key)
                    consumer.setAnswer(handle, 1)
                }
            } catch {
                refused += 1
            }
        }
        print("ring fuzz, seed \(seed): \(refused) of 2000 refused")
        #expect(refused > 300)
    }
}

extension Array {
    /// `randomElement` of an array that is never empty.
    func randomElement(using random: inout SeededRandom, or other: Element) -> Element {
        randomElement(using: &random) ?? other
    }
}
