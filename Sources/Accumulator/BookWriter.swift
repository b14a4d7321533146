import CSeqlock
import LotMatching
public import ShmBridge

/// The only writer of one book: takes records from producers' rings, applies them, publishes slots.
///
/// What is in this room: the order of things around `Book.apply`, the look-ahead, and what the segment's
/// live lines say. What stays out: threads, waiting, discovery of rings, journals. One thread at a time;
/// `drain` allocates nothing, never blocks, and does a bounded amount of work.
@safe
public struct BookWriter: ~Copyable {
    /// The most rings at a time.
    public static var ringsMax: Int { 64 }

    /// The book, for reading its state between drains.
    public var book: Book
    var segment: SegmentWriter
    /// Which rings are attached, a bit each.
    public internal(set) var attachedRings: UInt64 = 0

    let options: BookWriterOptions
    // SAFETY: ringsMax places, those of attachedRings initialised; allocated in init and freed in deinit.
    let feeds: UnsafeMutablePointer<RingFeed>
    // SAFETY: `stageCount` places, used as a ring by `drain` alone.
    let stagedFills: UnsafeMutablePointer<StagedFill>
    var nowNs: Int64 = 0
    /// The book's counters as the last drain left them: the next one's differences are its ring's.
    var fillsSeen: UInt64 = 0
    var duplicatesSeen: UInt64 = 0
    var rejectsSeen: UInt64 = 0
    var violationsSeen: UInt64 = 0
    /// Refused records that look like violations and are none.
    var violationsExcused: UInt64 = 0
    var ringsQuarantined: UInt64 = 0
    var degradedReasons: UInt64 = 0
    var isStarting: Bool
    /// Records go to a journal.
    let isJournaled: Bool
    var log: RecordQueueEnd
    /// Keeps the memory that `log` points into.
    let queue: RecordQueue
    /// The ring part of the handles of what is logged now.
    var logRing: UInt32 = 0
    var durableSeq: UInt64
    /// Slots wait until what they show is durable.
    let isDurableFirst: Bool
    /// What must be durable before anything more is shown; 0: nothing waits.
    var heldSeq: UInt64 = 0
    /// Rings that have given something to what waits, a bit each: each may once.
    var heldRings: UInt64 = 0
    // SAFETY: heldMax places, allocated in init and freed in deinit; the first `heldCount` are set.
    /// Positions that have changed and are not shown yet.
    let heldPositions: UnsafeMutablePointer<UInt32>
    var heldCount = 0

    static var stageCount: Int { 32 }
    /// How many fills ahead identities and positions are asked for, and lots and slots.
    static var positionsAhead: UInt64 { 12 }
    static var lotsAhead: UInt64 { 6 }
    /// How many refused fills staging carries along before it starts anew.
    static var gapsMax: UInt64 { 16 }

    /// A writer of `book` into `segment`, which must be new, of the same book and have a slot for each of
    /// the book's positions. Positions that the book has already are published at once.
    public init(
        book: consuming Book, segment: consuming SegmentWriter,
        options: BookWriterOptions = BookWriterOptions()
    ) {
        precondition(segment.slotCapacity >= book.config.positionsMax, "a slot for each position")
        unsafe feeds = UnsafeMutablePointer<RingFeed>.allocate(capacity: Self.ringsMax)
        unsafe stagedFills = UnsafeMutablePointer<StagedFill>.allocate(capacity: Self.stageCount)
        unsafe stagedFills.initialize(
            repeating: StagedFill(hash: 0, isGood: false), count: Self.stageCount)
        precondition(options.journal == nil || options.journal?.publishedSeq == book.seq, "one numbering")
        queue = options.journal ?? RecordQueue(capacity: 64, after: 0)
        isJournaled = options.journal != nil
        log = queue.writerEnd()
        durableSeq = isJournaled ? book.seq : 0
        isDurableFirst = isJournaled && options.isDurableFirst
        unsafe heldPositions = .allocate(capacity: Self.heldMax)
        self.options = options
        isStarting = !options.startsLive
        self.book = book
        self.segment = segment
        nowNs = pks_monotonic_ns()
        for handle in 0..<UInt32(self.book.positionCount) {
            claim(handle)
            show(handle)
        }
        // What the book has from before is no ring's of this life.
        fillsSeen = self.book.counters.fills
        duplicatesSeen = self.book.counters.duplicates
        rejectsSeen = self.book.counters.rejects
        violationsSeen = violationsOfBook()
        degradedReasons = options.degradedReasons | showRejects()
        self.segment.setApplied(self.book.seq)
        self.segment.setDurable(durableSeq)
        if !isStarting { showState() }
        publishCounters()
    }

    deinit {
        // SAFETY: exactly those of attachedRings are initialised.
        for ring in 0..<Self.ringsMax where attachedRings >> UInt64(ring) & 1 == 1 {
            unsafe (feeds + ring).deinitialize(count: 1)
        }
        unsafe feeds.deallocate()
        unsafe heldPositions.deallocate()
        unsafe stagedFills.deallocate()
    }

    /// The segment's epoch, which rings are told.
    public var epoch: UInt64 { segment.epoch }

    /// Gives a new position its slot. Handles and slots are numbered alike.
    mutating func claim(_ handle: UInt32) {
        // SAFETY: a defined handle; key records are 128 bytes with the names at these offsets.
        let position = unsafe book.positions + Int(handle)
        let key = unsafe UnsafeRawPointer(book.keyRecord(handle))
        var entry = pks_directory_entry()
        unsafe withUnsafeMutableBytes(of: &entry) { bytes in
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: key + 16, count: 112))
            unsafe bytes.storeBytes(of: position.pointee.currency, toByteOffset: 112, as: UInt64.self)
        }
        unsafe entry.multiplier = position.pointee.multiplier
        unsafe entry.price_decimals = position.pointee.slot.price_decimals
        unsafe entry.qty_decimals = position.pointee.slot.qty_decimals
        unsafe entry.multiplier_decimals = position.pointee.slot.multiplier_decimals
        unsafe entry.fee_decimals = position.pointee.feeDecimals
        unsafe entry.method = position.pointee.method.rawValue
        let slot = segment.claimSlot(entry)
        precondition(slot == Int(handle), "slots and handles are numbered alike")
        unsafe position.pointee.published = 1
    }

    /// Publishes a position as it is now.
    @inline(__always)
    mutating func publish(_ handle: UInt32) {
        if _slowPath(isDurableFirst) { return hold(handle) }
        show(handle)
    }

    /// Shows a position in its slot.
    @inline(__always)
    mutating func show(_ handle: UInt32) {
        // SAFETY: a defined handle; its slot was claimed with it.
        let position = unsafe book.positions + Int(handle)
        unsafe position.pointee.slot.publish_ns = nowNs
        // The slot is the first field of the position.
        let value = unsafe UnsafeRawPointer(position).assumingMemoryBound(to: pks_position.self)
        unsafe position.pointee.published = segment.publish(
            slot: Int(handle), published: position.pointee.published, value: value)
    }

    func publishedCounters() -> SegmentCounters {
        var counters = SegmentCounters()
        counters.fills = book.counters.fills
        counters.duplicates = book.counters.duplicates
        counters.conflicts = book.counters.conflicts
        counters.rejects = book.counters.rejects
        counters.late = book.counters.late
        counters.matches = book.counters.matches
        counters.openLots = book.counters.openLots
        counters.watermarkNs = book.watermarkNs
        counters.rings = UInt64(attachedRings.nonzeroBitCount)
        counters.ringsQuarantined = ringsQuarantined
        return counters
    }

    mutating func publishCounters() { segment.setCounters(publishedCounters()) }

    /// Says that the writer is alive although there is nothing to do, on each ring too. Call at least every
    /// 100 ms.
    public mutating func beat() {
        nowNs = pks_monotonic_ns()
        segment.beat(nowNs: nowNs)
        reviewRings()
        if isJournaled {
            noteDurable()
            reviewJournal(queue.condition)
        }
    }

    /// Shows readers how the book's bus is. Call it with a beat. Allocates nothing.
    public mutating func setBus(_ bus: BusWords) { segment.setBus(bus) }

    /// Ends in good order: hands over the last effects and marks the segment stopped. With `keep` the final
    /// positions stay readable until the next writer of the book; otherwise the segment's name goes.
    public mutating func stop(keep: Bool) throws(ShmError) {
        book.effects.flush()
        publishCounters()
        try segment.stop(keep: keep)
    }
}
