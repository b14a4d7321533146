/// Which deliveries are taken, in which order they become durable, and which may be acknowledged. Pure.
///
/// A message is *taken* once, in the order of the stream; it is *settled* when all it led to is durable, and nothing
/// before it is not; it is *acknowledged* when the position that covers it is in a file. So the server never believes
/// more than this book could prove after a crash.
struct DeliveryOrder {
    /// What to do with a delivery.
    enum Judgement: Equatable {
        /// It is new, and the next in order.
        case take
        /// It was taken before. With true it must be acknowledged again, because that is what it waits for.
        case repeated(acknowledge: Bool)
        /// A delivery before it is missing: nothing may be taken until positions have been compared.
        case outOfOrder(expected: UInt64)
    }

    /// A message that was taken and is not acknowledged.
    struct Entry {
        var anchor: IngestAnchor
        /// The ring's count of records once all its records were put.
        var recordsEnd: UInt64
        /// Messages that must be stored elsewhere because of it, and are not known to be.
        var unstoredCount: Int32
        /// Where its acknowledgement's subject is kept, and in which life of the consumer it means something.
        var subject: SubjectStore.Place
        var consumerLife: UInt64
        var positionLife: UInt64
        /// A number of its own, counting from 0 in the order of taking.
        var number: UInt64
    }

    /// The newest message that was taken.
    private(set) var taken: UInt64
    /// Everything up to here is settled.
    private(set) var settled: UInt64
    /// Everything up to here is in the file with the position.
    private(set) var kept: UInt64
    /// The most messages that are taken and not acknowledged.
    let entriesMax: Int

    private(set) var subjects: SubjectStore
    private var entries: [Entry?]
    private var head: UInt64 = 0
    private var settledEnd: UInt64 = 0
    private var tail: UInt64 = 0
    private var consumerLife: UInt64 = 0
    private var positionLife: UInt64 = 0
    private var expectedDelivery: UInt64?

    /// Goes on after a message that is settled and kept. Reserves its memory.
    init(after sequence: UInt64, entriesMax: Int) {
        taken = sequence
        settled = sequence
        kept = sequence
        self.entriesMax = entriesMax
        entries = Array(repeating: nil, count: entriesMax)
        subjects = SubjectStore(byteCount: max(1 << 16, entriesMax * 128))
    }

    /// Messages that were taken and are not acknowledged yet.
    var count: Int { Int(tail - head) }
    /// Messages that were taken and are not settled yet.
    var unsettledCount: Int { Int(tail - settledEnd) }
    /// Another message can be taken.
    var hasRoom: Bool { count < entriesMax && subjects.hasRoom(for: AckReply.bytesMax) }

    /// A consumer begins, or goes on: its next delivery has this number. With `isNew` what it delivered before has no
    /// meaning any more: it starts after `taken`.
    mutating func begin(nextDelivery: UInt64, isNew: Bool) {
        expectedDelivery = nextDelivery
        if isNew { consumerLife += 1 }
    }

    /// Goes back (or on) to a position: what was taken before is forgotten as far as the stream goes. Its records
    /// become durable all the same.
    mutating func rewind(to sequence: UInt64) {
        taken = sequence
        settled = sequence
        kept = sequence
        positionLife += 1
        consumerLife += 1
        expectedDelivery = nil
    }

    /// Every delivery up to this one of the consumer has been judged.
    func hasAll(through delivery: UInt64) -> Bool { expectedDelivery.map { $0 > delivery } ?? false }

    /// Judges a delivery. Only `take` may be followed by `add`.
    mutating func judge(_ delivery: AckReply) -> Judgement {
        guard let expected = expectedDelivery, delivery.consumerSequence == expected else {
            let expected = expectedDelivery ?? 0
            expectedDelivery = nil
            return .outOfOrder(expected: expected)
        }
        expectedDelivery = expected + 1
        if delivery.streamSequence > taken { return .take }
        return .repeated(acknowledge: delivery.streamSequence <= kept)
    }

    /// Adds the message just judged: everything up to `recordsEnd` of the ring is it and what came before it, and
    /// `unstoredCount` messages about it must be stored. Returns its number.
    mutating func add(
        _ anchor: IngestAnchor, recordsEnd: UInt64, unstoredCount: Int, subject: UnsafeRawBufferPointer
    ) -> UInt64 {
        precondition(anchor.sequence > taken && count < entriesMax, "judged as one to take, with room for it")
        taken = anchor.sequence
        let number = tail
        // SAFETY: the subject's bytes live for the call.
        entries[Int(number % UInt64(entriesMax))] = Entry(
            anchor: anchor, recordsEnd: recordsEnd, unstoredCount: Int32(unstoredCount),
            subject: unsafe subjects.add(subject), consumerLife: consumerLife, positionLife: positionLife,
            number: number)
        tail += 1
        return number
    }

    /// One of the messages about a message that was taken is stored.
    mutating func noteStored(for number: UInt64) {
        let place = Int(number % UInt64(entriesMax))
        guard number >= settledEnd, number < tail, let entry = entries[place], entry.unstoredCount > 0 else {
            preconditionFailure("something that was waited for")
        }
        entries[place]?.unstoredCount -= 1
    }

    /// Settles what is durable now: records up to `freedCount` of the ring. `journalSequence` goes into anchors. Returns
    /// the newest anchor that is settled by it.
    mutating func settle(freedCount: UInt64, journalSequence: UInt64) -> IngestAnchor? {
        var newest: IngestAnchor?
        while settledEnd < tail, let entry = entries[Int(settledEnd % UInt64(entriesMax))],
            entry.unstoredCount == 0, entry.recordsEnd <= freedCount
        {
            settledEnd += 1
            if entry.positionLife != positionLife { continue }
            settled = entry.anchor.sequence
            newest = entry.anchor
        }
        newest?.journalSequence = journalSequence
        return newest
    }

    /// The position with everything up to here is in its file: that much may be acknowledged.
    mutating func keep(_ sequence: UInt64) {
        precondition(sequence <= settled, "nothing is kept before it is settled")
        kept = max(kept, sequence)
    }

    /// The next acknowledgement to send, oldest first: its subject, which ends in NUL; nil when there is none. What is
    /// passed over needs none, because its consumer is no more.
    mutating func takeAcknowledgement() -> SubjectStore.Place? {
        while head < settledEnd, let entry = entries[Int(head % UInt64(entriesMax))] {
            let isOfNow = entry.positionLife == positionLife
            if isOfNow && entry.anchor.sequence > kept { return nil }
            entries[Int(head % UInt64(entriesMax))] = nil
            head += 1
            subjects.dropFirst(through: entry.subject)
            if isOfNow && entry.consumerLife == consumerLife && entry.subject.count > 0 {
                return entry.subject
            }
        }
        return nil
    }
}
