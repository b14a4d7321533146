import CJournal
import CSeqlock
public import ShmBridge

// Rings come and go, and some of them are broken. Nothing here is on the path of a good fill.
extension BookWriter {
    /// How many handles are defined from a key table at a time.
    private static var keysAtOnce: UInt32 { 1024 }

    /// How many rings are attached.
    public var ringCount: Int { attachedRings.nonzeroBitCount }

    /// Whether a ring of this number is attached.
    @inline(__always)
    public func isAttached(_ ring: Int) -> Bool {
        ring >= 0 && ring < Self.ringsMax && attachedRings >> UInt64(ring) & 1 == 1
    }

    /// Attaches a ring at the first free place and returns its number, which stays until it is detached.
    /// There must be a free place. Allocates.
    public mutating func attach(_ consumer: consuming RingConsumer) -> Int {
        precondition(attachedRings != .max, "too many rings")
        let ring = (~attachedRings).trailingZeroBitCount
        attach(RingFeed(consumer), at: ring)
        return ring
    }

    /// Attaches a ring as number `ring`, which must be free. Handles whose KEY records are no longer on the
    /// ring are defined from its key table, some now and the rest in the drains that follow.
    public mutating func attach(_ feed: consuming RingFeed, at ring: Int) {
        precondition(ring >= 0 && ring < Self.ringsMax && !isAttached(ring), "the place of a ring is taken")
        let lacksHistory = feed.consumer.freed > 0 && !options.hasHistory && !feed.isResumed
        // SAFETY: the place is below ringsMax and not initialised yet.
        unsafe (feeds + ring).initialize(to: feed)
        attachedRings |= 1 << UInt64(ring)
        nowNs = pks_monotonic_ns()
        if lacksHistory { degrade(UInt64(PKS_DEGRADED_HISTORY)) }
        if isJournaled {
            logRing = JournalHandle.ring(ring)
            // SAFETY: just initialised.
            unsafe logRingRecord(feeds + ring, PKS_RING_RECORD_ATTACHED, lacksHistory: lacksHistory)
        }
        // SAFETY: just initialised.
        _ = unsafe defineKeptKeys(feeds + ring)
        unsafe settle(feeds + ring)
    }

    /// Gives up a ring; its number is free again. What the book holds of it stays. The ring is returned so
    /// that a thread that may wait unmaps it.
    public mutating func detach(ring: Int) -> RingFeed {
        precondition(isAttached(ring), "no such ring")
        // SAFETY: an initialised place, which is not used again before it is initialised again.
        if isJournaled {
            logRing = JournalHandle.ring(ring)
            // SAFETY: an initialised place.
            unsafe logRingRecord(feeds + ring, PKS_RING_RECORD_GONE)
            publishLog()
        }
        let feed = unsafe (feeds + ring).move()
        attachedRings &= ~(1 << UInt64(ring))
        if feed.isCountedOut {
            ringsQuarantined -= 1
            if ringsQuarantined == 0 { show(reasons: degradedReasons & ~UInt64(PKS_DEGRADED_PRODUCER)) }
        }
        publishCounters()
        return feed
    }

    /// Records of a ring that are in the book, counted since the ring was made.
    public func takenCount(ring: Int) -> UInt64 {
        precondition(isAttached(ring), "no such ring")
        // SAFETY: an initialised place.
        return unsafe (feeds + ring).pointee.next
    }

    /// Records that the ring's producer has published, counted alike; `takenCount` when it is quarantined.
    public mutating func publishedCount(ring: Int) -> UInt64 {
        precondition(isAttached(ring), "no such ring")
        // SAFETY: an initialised place.
        let feed = unsafe feeds + ring
        let canBeRead = unsafe feed.pointee.consumer.refresh()
        return unsafe canBeRead ? feed.pointee.consumer.tail : feed.pointee.next
    }

    /// Why a ring is read no more, one of PKS_QUARANTINE_*; PKS_QUARANTINE_NONE while it is read.
    public func quarantineReason(ring: Int) -> Int32 {
        precondition(isAttached(ring), "no such ring")
        // SAFETY: an initialised place.
        return unsafe (feeds + ring).pointee.consumer.quarantineReason
    }

    /// The rebuilding is done: from now on the segment says live, or what is wrong.
    public mutating func goLive() {
        guard isStarting else { return }
        isStarting = false
        nowNs = pks_monotonic_ns()
        publishCounters()
        showState()
    }

    // MARK: - Keys

    /// Defines some of the handles that an earlier life of this book has accepted: their KEY records may be
    /// gone. Returns how many were looked at.
    mutating func defineKeptKeys(_ feed: UnsafeMutablePointer<RingFeed>) -> Int {
        var key = pks_key_record()
        // SAFETY: the feed is initialised.
        let first = unsafe feed.pointee.keysNext
        let countMax = isJournaled ? min(Self.keysAtOnce, UInt32(log.room / 2)) : Self.keysAtOnce
        let end = unsafe first + min(feed.pointee.handleCount - first, countMax)
        // Not records of the ring: nothing is counted for it.
        logRing = JournalHandle.noRing
        for handle in first..<end where unsafe feed.pointee.consumer.key(handle, into: &key) {
            unsafe define(&key, ringHandle: handle, feed)
        }
        unsafe feed.pointee.keysNext = end
        return Int(end - first)
    }

    /// A drain that comes before all kept keys are defined.
    @inline(never)
    mutating func drainKeptKeys(_ feed: UnsafeMutablePointer<RingFeed>) -> Int {
        nowNs = pks_monotonic_ns()
        // SAFETY: the feed is initialised.
        let count = unsafe defineKeptKeys(feed)
        unsafe settle(feed)
        return count
    }

    /// Defines a ring's handle and answers its producer.
    mutating func define(
        _ key: UnsafePointer<pks_key_record>, ringHandle: UInt32, _ feed: UnsafeMutablePointer<RingFeed>
    ) {
        // SAFETY: the feed is initialised and the key is a private copy.
        let answer: Int32
        // A journal has the static data of a new key in a record of its own.
        let keyAnswer = unsafe book.define(key, recordsBefore: isJournaled ? 1 : 0)
        if isJournaled { unsafe log(key, keyAnswer) }
        switch keyAnswer {
        case .defined(let handle, let isNew):
            if isNew { claim(handle) }
            unsafe feed.pointee.setBookHandle(ringHandle, handle)
            answer = PKS_ANSWER_ACCEPTED
        case .refused(let reason):
            // A handle that had a key before keeps it.
            let isNew = unsafe feed.pointee.bookHandle(ringHandle) == RingFeed.noKey
            if isNew { unsafe feed.pointee.setBookHandle(ringHandle, RingFeed.refusedKey) }
            answer =
                switch reason {
                case .decimalsMismatch: PKS_ANSWER_DECIMALS
                case .slotCapacity: PKS_ANSWER_CAPACITY
                default: PKS_ANSWER_MALFORMED
                }
        }
        unsafe feed.pointee.consumer.setAnswer(ringHandle, UInt8(answer))
        setApplied()
    }

    // MARK: - After a drain

    /// Books what the records of a ring up to `next` came to, on the ring and in the segment. The counts come
    /// before the cursor: who sees that a record is applied finds it counted.
    @inline(__always)
    mutating func settle(_ feed: UnsafeMutablePointer<RingFeed>) {
        // SAFETY: the feed is initialised.
        unsafe feed.pointee.fills &+= book.counters.fills &- fillsSeen
        unsafe feed.pointee.duplicates &+= book.counters.duplicates &- duplicatesSeen
        let newRejects = book.counters.rejects &- rejectsSeen
        unsafe feed.pointee.rejects &+= newRejects
        fillsSeen = book.counters.fills
        duplicatesSeen = book.counters.duplicates
        rejectsSeen = book.counters.rejects
        unsafe tell(feed)
        let next = unsafe feed.pointee.next
        if isJournaled {
            unsafe feed.pointee.marks.add(seq: book.seq, next: next)
            publishLog()
            if !isDurableFirst { unsafe feed.pointee.consumer.setApplied(next) }
        } else {
            unsafe feed.pointee.consumer.setApplied(next)
            unsafe feed.pointee.consumer.setFreed(options.retainsRecords ? feed.pointee.retainedFrom : next)
        }
        if _slowPath(newRejects != 0) { unsafe reviewRejects(feed) }
        publishCounters()
        segment.beat(nowNs: nowNs)
    }

    /// Says on the ring what became of its records.
    @inline(__always)
    private func tell(_ feed: UnsafeMutablePointer<RingFeed>) {
        // SAFETY: the feed is initialised.
        unsafe feed.pointee.consumer.setCounts(
            fills: feed.pointee.fills, duplicates: feed.pointee.duplicates, rejects: feed.pointee.rejects,
            nowNs: nowNs)
    }

    /// Records were refused: whether capacity has run out somewhere, which the state then says for good, and
    /// whether the ring has had its share of records that no producer writes.
    @inline(never)
    private mutating func reviewRejects(_ feed: UnsafeMutablePointer<RingFeed>) {
        degrade(showRejects())
        let violations = violationsOfBook()
        // SAFETY: the feed is initialised.
        unsafe feed.pointee.violations &+= violations &- violationsSeen
        violationsSeen = violations
        guard let violationsMax = options.violationsMax else { return }
        if unsafe feed.pointee.violations >= UInt64(violationsMax) && !feed.pointee.isCountedOut {
            unsafe feed.pointee.consumer.quarantine(
                feed.pointee.consumer.wasCut ? PKS_QUARANTINE_FILE : PKS_QUARANTINE_RECORDS)
            unsafe countOut(feed)
        }
    }

    private func count(_ reason: RejectReason) -> UInt64 { book.rejectsByReason[Int(reason.rawValue)] }

    /// Publishes refused records by reason; what the state says for good because of them.
    mutating func showRejects() -> UInt64 {
        // Numbers and not cases: the list of all cases is made anew each time it is asked for.
        for reason in 1..<Int(PKS_REJECT_REASONS) where book.rejectsByReason[reason] > 0 {
            segment.setRejects(reason: reason, count: book.rejectsByReason[reason])
        }
        var reasons: UInt64 = 0
        if count(.slotCapacity) > 0 { reasons |= UInt64(PKS_DEGRADED_SLOTS_FULL) }
        if count(.lotCapacity) > 0 { reasons |= UInt64(PKS_DEGRADED_LOTS_FULL) }
        if count(.identityCapacity) > 0 { reasons |= UInt64(PKS_DEGRADED_IDENTITIES_FULL) }
        return reasons
    }

    /// Refused records such as no producer writes.
    func violationsOfBook() -> UInt64 {
        count(.unsupportedKind) &+ count(.unknownKey) &+ count(.danglingExtension)
            &+ count(.malformedText) &- violationsExcused
    }

    /// Takes note of a ring that is read no more.
    @inline(never)
    mutating func countOut(_ feed: UnsafeMutablePointer<RingFeed>) {
        // SAFETY: the feed is initialised.
        guard unsafe !feed.pointee.isCountedOut else { return }
        unsafe feed.pointee.isCountedOut = true
        ringsQuarantined += 1
        nowNs = pks_monotonic_ns()
        publishCounters()
        degrade(UInt64(PKS_DEGRADED_PRODUCER))
    }

    /// Says on every ring that the writer looks at it, and finds those whose file was cut short.
    mutating func reviewRings() {
        var rest = attachedRings
        while rest != 0 {
            // SAFETY: bits of attachedRings are initialised places.
            let feed = unsafe feeds + rest.trailingZeroBitCount
            rest &= rest &- 1
            if unsafe feed.pointee.consumer.wasCut && !feed.pointee.isCountedOut {
                unsafe feed.pointee.consumer.quarantine(PKS_QUARANTINE_FILE)
                unsafe countOut(feed)
            }
            unsafe tell(feed)
        }
    }

    // MARK: - State

    mutating func degrade(_ reasons: UInt64) { show(reasons: degradedReasons | reasons) }

    mutating func show(reasons: UInt64) {
        if reasons == degradedReasons { return }
        degradedReasons = reasons
        if !isStarting { showState() }
    }

    mutating func showState() {
        segment.setState(degradedReasons == 0 ? .live : .degraded(reasons: degradedReasons), nowNs: nowNs)
    }
}
