import CJournal
import CSeqlock
import ShmBridge

// What a writer with a journal does besides: every record that it takes goes to the queue under its number, rings are
// freed when that number is durable, and, with `isDurableFirst`, slots wait for it too.
extension BookWriter {
    /// Positions that wait to be shown, at most.
    static var heldMax: Int { 8192 }

    /// How many records of a ring can be logged now: each needs two places at most. With `isDurableFirst` a ring
    /// gives once, and then waits with the others until that is durable.
    @inline(__always)
    func loggableCount(ring: Int) -> Int {
        let count = Int(log.room / 2)
        if _fastPath(!isDurableFirst) { return count }
        return heldRings >> UInt64(ring) & 1 == 1 ? 0 : min(count, Self.heldMax - heldCount)
    }

    /// Whether rings are not drained because the journal has to come first.
    public var waitsForJournal: Bool { isJournaled && (log.room < 2 || heldSeq != 0) }

    /// Whether a ring can be attached or detached now: the journal must have room to say so.
    public var canChangeRings: Bool { !isJournaled || log.room >= 2 }

    /// Whether something that the book has taken is not durable yet. False without a journal.
    public var hasUndurable: Bool { isJournaled && log.durableSeq != book.seq }

    /// Nothing more will become durable.
    public var hasJournalFailed: Bool { isJournaled && queue.condition == .failed }

    // MARK: - Logging

    /// Logs a fill, which the book has just taken, under the ring being drained.
    @inline(__always)
    mutating func log(_ record: UnsafeMutablePointer<pks_fill_record>) {
        // SAFETY: the caller's record is whole.
        let handle = unsafe JournalHandle.tagged(record.pointee.handle, logRing)
        unsafe log.append(UnsafeRawPointer(record), handle: handle)
    }

    /// The same for one of many that are drained on end.
    @inline(__always)
    mutating func logStreamed(_ record: UnsafeMutablePointer<pks_fill_record>) {
        // SAFETY: the caller's record is whole.
        let handle = unsafe JournalHandle.tagged(record.pointee.handle, logRing)
        unsafe log.stream(UnsafeRawPointer(record), handle: handle)
    }

    mutating func log(_ record: UnsafeMutablePointer<pks_extension_record>) {
        // SAFETY: the caller's record is whole.
        unsafe log.append(
            UnsafeRawPointer(record), handle: JournalHandle.tagged(RingFeed.noKey, logRing))
    }

    /// Logs a record that was refused by its form.
    mutating func logRefused(_ record: UnsafeMutablePointer<pks_fill_record>, _ reason: RejectReason) {
        // SAFETY: the caller's record is whole, and copied.
        var refused = unsafe record.pointee
        refused.flags = UInt16(refused.kind) << 8 | UInt16(reason.rawValue)
        refused.kind = UInt8(PKS_KIND_REFUSED)
        unsafe log(&refused)
    }

    /// Logs a KEY with what came of it: before a new one its static data; nothing for one that the book had and that
    /// is no record of a ring.
    mutating func log(_ key: UnsafePointer<pks_key_record>, _ answer: KeyAnswer) {
        // SAFETY (all of this function): the caller's record is whole; a new key's handle is defined.
        switch answer {
        case .defined(let handle, let isNew):
            if isNew {
                let position = unsafe book.position(handle).pointee
                var instrument = unsafe position.instrumentRecord(key)
                unsafe log.append(&instrument, handle: JournalHandle.tagged(RingFeed.noKey, logRing))
            } else {
                if logRing == JournalHandle.noRing { return }
                book.seq += 1
            }
            unsafe log.append(UnsafeRawPointer(key), handle: JournalHandle.tagged(handle, logRing))
        case .refused(let reason):
            var refused = unsafe UnsafeRawPointer(key).load(as: pks_fill_record.self)
            refused.handle = RingFeed.noKey
            unsafe logRefused(&refused, reason)
        }
    }

    /// Logs that a ring has come, and where it goes on, or that it has gone.
    mutating func logRingRecord(
        _ feed: UnsafeMutablePointer<RingFeed>, _ state: Int32, lacksHistory: Bool = false
    ) {
        var record = pks_ring_record()
        record.kind = UInt8(PKS_KIND_RING)
        record.state = UInt8(state)
        record.flags = UInt16(lacksHistory ? PKS_RING_RECORD_LACKS_HISTORY : 0)
        // SAFETY: the feed is initialised; the name is cut to its field.
        unsafe record.epoch = feed.pointee.consumer.epoch
        unsafe record.next = feed.pointee.next
        let name = unsafe Array(feed.pointee.producer.utf8.prefix(64))
        unsafe withUnsafeMutableBytes(of: &record.producer) { unsafe $0.copyBytes(from: name) }
        book.seq += 1
        unsafe log.append(&record, handle: JournalHandle.tagged(RingFeed.noKey, logRing))
        setApplied()
    }

    /// Logs the bounds that are in force from here on: the first record of a journal, and after a change of them.
    public mutating func logBounds() {
        precondition(isJournaled && log.room > 0)
        var record = book.config.record
        book.seq += 1
        // SAFETY: a whole record.
        unsafe log.append(&record, handle: record.handle)
        publishLog()
        setApplied()
    }

    /// Lets the journal have what was logged. Records that belong together are logged before.
    @inline(__always)
    mutating func publishLog() {
        precondition(log.appended == book.seq, "the journal counts as the book does")
        log.publish()
        if _slowPath(isDurableFirst) && book.seq != durableSeq {
            heldSeq = book.seq
            if logRing != JournalHandle.noRing { heldRings |= 1 << UInt64(logRing >> 24) }
        }
    }

    // MARK: - Showing

    /// Says how far the book is, unless that has to wait until it is durable.
    @inline(__always)
    mutating func setApplied() {
        if _slowPath(isDurableFirst) { return }
        segment.setApplied(book.seq)
    }

    @inline(never)
    mutating func hold(_ handle: UInt32) {
        // Each record holds one position at most, and `loggableCount` keeps the records below the room.
        precondition(heldCount < Self.heldMax)
        unsafe heldPositions[heldCount] = handle
        heldCount &+= 1
    }

    /// More has become durable: rings are freed, and what waited for it is shown.
    @inline(never)
    mutating func noteDurable() {
        durableSeq = log.durableSeq
        if heldSeq != 0 && durableSeq >= heldSeq { showHeld() }
        segment.setDurable(durableSeq)
        var rest = attachedRings
        while rest != 0 {
            // SAFETY: bits of attachedRings are initialised places.
            let feed = unsafe feeds + rest.trailingZeroBitCount
            rest &= rest &- 1
            guard let next = unsafe feed.pointee.marks.take(durableSeq: durableSeq) else { continue }
            guard unsafe !feed.pointee.consumer.isQuarantined else { continue }
            if isDurableFirst { unsafe feed.pointee.consumer.setApplied(next) }
            unsafe feed.pointee.consumer.setFreed(next)
        }
    }

    private mutating func showHeld() {
        nowNs = pks_monotonic_ns()
        var place = 0
        while place < heldCount {
            show(unsafe heldPositions[place])
            place &+= 1
        }
        heldCount = 0
        segment.setApplied(heldSeq)
        heldSeq = 0
        heldRings = 0
    }

    /// Readers see a journal that cannot write at the moment, and that it can again.
    mutating func reviewJournal(_ condition: RecordQueue.Condition) {
        let bit = UInt64(PKS_DEGRADED_JOURNAL)
        show(reasons: condition == .well ? degradedReasons & ~bit : degradedReasons | bit)
    }

    /// The number of a ring by where its feed lies.
    @inline(__always)
    func ringNumber(of feed: UnsafeMutablePointer<RingFeed>) -> Int { unsafe feed - feeds }
}
