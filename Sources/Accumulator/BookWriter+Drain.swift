import CSeqlock
import ShmBridge

// The hot path: from the ring's head to the slot's sequence store.
//
// Most of what a fill costs is waiting for memory: the identity's bucket, the position, the lot, the slot.
// With a backlog the writer therefore looks ahead: a fill 12 places on is copied, checked and hashed, and
// its bucket and position are asked for; 4 places on, its lot and slot. What is copied is private: nothing
// that a producer does to its ring afterwards can change what is applied.
extension BookWriter {
    /// Takes up to `countMax` records from a ring, applies and publishes them, and frees their room. Returns
    /// how many were taken; 0 when there is nothing, or when the ring is quarantined.
    public mutating func drain(ring: Int, countMax: Int = 1024) -> Int {
        precondition(isAttached(ring), "no such ring")
        // SAFETY: an attached ring's feed is initialised; nothing else touches it during the call.
        let feed = unsafe feeds + ring
        if isJournaled && log.durableSeq != durableSeq { noteDurable() }
        let isWaiting = unsafe feed.pointee.consumer.hasNews || feed.pointee.hasMore
        guard isWaiting else {
            // The record that comes next then arrives with the cursor, and not after it.
            unsafe feed.pointee.consumer.prefetchNext()
            book.keepWarm()
            return 0
        }
        return unsafe drainWaiting(feed, countMax: countMax)
    }

    /// The same for a ring that has something to take or to complain about. Apart, so that looking at an
    /// empty ring stays short.
    @inline(never)
    private mutating func drainWaiting(_ feed: UnsafeMutablePointer<RingFeed>, countMax: Int) -> Int {
        // SAFETY: the caller's feed is initialised; nothing else touches it during the call.
        var countMax = countMax
        if isJournaled {
            let ring = unsafe ringNumber(of: feed)
            countMax = min(countMax, loggableCount(ring: ring))
            if countMax == 0 { return 0 }
            logRing = JournalHandle.ring(ring)
        }
        // Asked before the ring's end is looked at: what came before the close is then seen.
        let isClosed = unsafe feed.pointee.consumer.isClosed
        guard unsafe feed.pointee.consumer.refresh() else {
            unsafe countOut(feed)
            return 0
        }
        if _slowPath(unsafe feed.pointee.keysNext < feed.pointee.handleCount) {
            return unsafe drainKeptKeys(feed)
        }
        let first = unsafe feed.pointee.next
        let tail = unsafe feed.pointee.consumer.tail
        if first == tail { return 0 }
        // The record is on its way from the producer's core while the clock is read.
        let record = unsafe feed.pointee.consumer.recordAddress(first)
        unsafe pks_prefetch_read(record)
        unsafe pks_prefetch_read(record + 64)
        nowNs = pks_monotonic_ns()
        // A difference, because a hostile ring may begin with cursors near the end of their range.
        let end = first &+ min(tail &- first, UInt64(countMax))
        var next = first
        if end &- first == 1 { next = unsafe drainOne(feed, first) }
        while next < end {
            let began = next
            next = unsafe drainFills(feed, from: next, to: end)
            if next < end { next = unsafe drainOther(feed, next, tail: tail, isClosed: isClosed) }
            // Nothing could be taken: the second half of a pair has not come yet.
            if next == began { break }
        }
        unsafe feed.pointee.next = next
        unsafe settle(feed)
        book.prefetchNext()
        return Int(next &- first)
    }

    /// Applies plain fills until `end`, the first record that is none, or until so many were refused that
    /// staging starts anew. Returns the next record's number.
    ///
    /// Record n is staged in the fill window, at the place where it will stay if all records before it are
    /// applied: `base` + n. Refused ones leave gaps, over which later ones move when their turn comes.
    private mutating func drainFills(
        _ feed: UnsafeMutablePointer<RingFeed>, from first: UInt64, to end: UInt64
    ) -> UInt64 {
        // SAFETY (all of this function): the caller's feed is initialised, and first ..< end can be read.
        let base = book.window.next &- first
        var limit = end
        var staged = first
        let fill = min(end, first &+ Self.positionsAhead)
        while staged < fill {
            guard unsafe stage(feed, staged, base) else {
                limit = staged
                break
            }
            staged &+= 1
        }
        var next = first
        while next < limit {
            let ahead = next &+ Self.lotsAhead
            if ahead < staged { prefetchLot(at: ahead, base) }
            if staged < limit {
                if unsafe stage(feed, staged, base) { staged &+= 1 } else { limit = staged }
            }
            apply(at: next, base)
            next &+= 1
            if next & 31 == 0 { nowNs = pks_monotonic_ns() }
            if _slowPath(base &+ next &- book.window.next >= Self.gapsMax) { limit = staged }
        }
        return limit
    }

    /// Applies the only fill that waits, on the shortest way to its slot: nothing is looked at before that
    /// can wait until after. Returns the next record's number, or `number` when it is no plain fill.
    @inline(__always)
    private mutating func drainOne(_ feed: UnsafeMutablePointer<RingFeed>, _ number: UInt64) -> UInt64 {
        // SAFETY (all of this function): as in `drainFills`.
        let base = book.window.next &- number
        guard unsafe stage(feed, number, base) else { return number }
        let fill = unsafe stagedFills[Int(truncatingIfNeeded: number) & (Self.stageCount - 1)]
        prefetchLot(at: number, base)
        guard book.isCertainlyNew(fill) else {
            apply(at: number, base)
            return number &+ 1
        }
        let record = unsafe book.window.place(ahead: 0)
        let result = unsafe book.applyUnseen(record)
        if result == .applied { unsafe publish(record.pointee.handle) }
        setApplied()
        if result == .applied { unsafe book.remember(record, fill.hash) }
        if isJournaled { unsafe log(record) }
        return number &+ 1
    }

    /// Copies record `number` to its place, checks and hashes it, and asks for what it will touch. False
    /// when it is not a plain fill.
    @inline(__always)
    private mutating func stage(
        _ feed: UnsafeMutablePointer<RingFeed>, _ number: UInt64, _ base: UInt64
    ) -> Bool {
        // SAFETY: the place is at most positionsAhead + gapsMax < aheadMax after the next one; the stage
        // index is masked; the feed is initialised and the record readable.
        let record = unsafe book.window.place(ahead: base &+ number &- book.window.next)
        unsafe feed.pointee.consumer.get(number, into: record)
        let isPlain =
            unsafe record.pointee.kind == UInt8(PKS_KIND_FILL)
            && record.pointee.flags & UInt16(PKS_FILL_EXTENDED) == 0
        if !isPlain { return false }
        let handle = unsafe feed.pointee.bookHandle(record.pointee.handle)
        unsafe record.pointee.handle = handle
        let fill = unsafe book.stage(record)
        unsafe stagedFills[Int(truncatingIfNeeded: number) & (Self.stageCount - 1)] = fill
        book.prefetch(fill, handle: handle)
        return true
    }

    /// Asks for the lot and the slot of a staged fill, whose position has arrived by now.
    @inline(__always)
    private func prefetchLot(at number: UInt64, _ base: UInt64) {
        // SAFETY: the stage index is masked and the record staged.
        let fill = unsafe stagedFills[Int(truncatingIfNeeded: number) & (Self.stageCount - 1)]
        guard fill.isGood else { return }
        let handle = unsafe book.window.place(ahead: base &+ number &- book.window.next).pointee.handle
        book.prefetchLot(fill, handle: handle)
        let slot = unsafe segment.slotAddress(Int(handle))
        let isSecondNext = unsafe book.position(handle).pointee.published & 1 == 0
        unsafe pks_prefetch_write(slot)
        unsafe pks_prefetch_write(slot + (isSecondNext ? 128 : 64))
        unsafe pks_prefetch_write(slot + (isSecondNext ? 192 : 64))
    }

    @inline(__always)
    private mutating func apply(at number: UInt64, _ base: UInt64) {
        // SAFETY: the stage index is masked and the record staged; both places are inside the window.
        let record = unsafe book.window.place(ahead: 0)
        let gaps = base &+ number &- book.window.next
        if _slowPath(gaps != 0) { unsafe record.pointee = book.window.place(ahead: gaps).pointee }
        let fill = unsafe stagedFills[Int(truncatingIfNeeded: number) & (Self.stageCount - 1)]
        let result = unsafe book.apply(record, fill, extension: nil)
        if result == .applied {
            unsafe publish(record.pointee.handle)
        } else if unsafe record.pointee.handle == RingFeed.refusedKey {
            violationsExcused &+= 1
        }
        if isJournaled { unsafe logStreamed(record) }
        setApplied()
    }

    /// Takes what is not a plain fill: a KEY, an extension with its fill, or something to refuse. Returns
    /// the next record's number, or `number` when the second half of a pair has not come yet or the record is a
    /// plain fill after all.
    @inline(never)
    private mutating func drainOther(
        _ feed: UnsafeMutablePointer<RingFeed>, _ number: UInt64, tail: UInt64, isClosed: Bool
    ) -> UInt64 {
        var record = pks_fill_record()
        // SAFETY: the record is readable and copied before it is looked at; all kinds are 128 bytes.
        unsafe feed.pointee.consumer.get(number, into: &record)
        switch Int32(record.kind) {
        case PKS_KIND_KEY:
            var key = unsafe unsafeBitCast(record, to: pks_key_record.self)
            unsafe define(&key, ringHandle: key.handle, feed)
            return number &+ 1
        case PKS_KIND_EXTENSION:
            if number &+ 1 == tail {
                if !isClosed { return number }
                unsafe refuse(&record, .danglingExtension, feed)
                return number &+ 1
            }
            return unsafe drainExtended(feed, number, extension: record)
        case PKS_KIND_FILL:
            // A plain one is good: so many before it were refused that staging starts anew with it.
            if record.flags & UInt16(PKS_FILL_EXTENDED) == 0 { return number }
            unsafe refuse(&record, .danglingExtension, feed)
            return number &+ 1
        default:
            // Busts and amendments are of this ABI, although this version cannot do them yet.
            let isReserved = record.kind == UInt8(PKS_KIND_BUST) || record.kind == UInt8(PKS_KIND_AMEND)
            if isReserved { violationsExcused &+= 1 }
            unsafe refuse(&record, .unsupportedKind, feed)
            return number &+ 1
        }
    }

    private mutating func drainExtended(
        _ feed: UnsafeMutablePointer<RingFeed>, _ number: UInt64, extension first: pks_fill_record
    ) -> UInt64 {
        var first = first
        var record = pks_fill_record()
        // SAFETY: as in `drainOther`; the caller has seen that the second record is readable.
        unsafe feed.pointee.consumer.get(number &+ 1, into: &record)
        let isPair =
            record.kind == UInt8(PKS_KIND_FILL) && record.flags & UInt16(PKS_FILL_EXTENDED) != 0
        guard isPair else {
            unsafe refuse(&first, .danglingExtension, feed)
            return number &+ 1
        }
        var extra = unsafe unsafeBitCast(first, to: pks_extension_record.self)
        record.handle = unsafe feed.pointee.bookHandle(record.handle)
        let result = unsafe book.apply(&record, extension: &extra)
        if result == .applied { publish(record.handle) }
        if record.handle == RingFeed.refusedKey { violationsExcused &+= 1 }
        if isJournaled {
            extra.handle = .max
            unsafe log(&extra)
            unsafe log(&record)
        }
        setApplied()
        return number &+ 2
    }

    private mutating func refuse(
        _ record: UnsafeMutablePointer<pks_fill_record>, _ reason: RejectReason,
        _ feed: UnsafeMutablePointer<RingFeed>
    ) {
        // SAFETY: the record is a private copy and the feed is initialised.
        unsafe record.pointee.handle = feed.pointee.bookHandle(record.pointee.handle)
        book.seq += 1
        _ = unsafe book.reject(record, reason)
        if isJournaled { unsafe logRefused(record, reason) }
        setApplied()
    }
}
