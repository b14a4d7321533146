import CJournal
import CSeqlock

/// Why a journal cannot be replayed: its blocks were whole, but no writer wrote these records.
public struct ReplayError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The record.
    public let seq: UInt64
    /// What is wrong with it.
    public let reason: String

    /// The record and what is wrong with it.
    public var description: String { "record \(seq) \(reason)" }
}

/// Applies the records of a journal to a book, in order: what a recovery does, a check, an explanation.
///
/// What is in this room: what each kind of record means, looking ahead so that memory is asked for before it is
/// needed, and how far each ring is. What stays out: files, blocks, checksums. A journal needs nothing besides itself:
/// bounds come from its CONFIG records, static data from its INSTRUMENT records. One thread at a time; allocates for
/// new keys, rings and bounds only.
@safe
public struct BookReplay: ~Copyable {
    /// The book. Every record that was taken is in it after `flush`.
    public var book: Book
    /// How far each ring is.
    public private(set) var rings: RingTable
    /// The last record taken.
    public private(set) var lastSeq: UInt64

    // SAFETY: `stageCount` places, allocated in init and freed in deinit, indexed masked.
    private let stagedFills: UnsafeMutablePointer<StagedFill>
    /// Fills staged and applied since the pipeline was last empty.
    private var staged: UInt64 = 0
    private var applied: UInt64 = 0
    /// The window's next place when it was.
    private var base: UInt64 = 0
    private var pendingExtension: pks_extension_record?
    private var pendingInstrument: pks_instrument_record?
    private let hasBounds: Bool

    static var stageCount: Int { 32 }

    /// A replay from a journal's first record. Reserves the book's memory when its CONFIG record comes.
    public init(name: String, hashSeed: UInt64, effects: consuming EffectLog = EffectLog()) {
        let config = BookConfig(
            name: name, positionsMax: 1, lotsMax: 1, identitiesMax: 1, otherFeesMax: 0, hashSeed: hashSeed)
        self.init(Book(config, effects: effects), rings: RingTable(), hasBounds: false)
    }

    /// A replay that goes on where a checkpoint ends.
    public init(_ book: consuming Book, rings: RingTable) {
        self.init(book, rings: rings, hasBounds: true)
    }

    private init(_ book: consuming Book, rings: RingTable, hasBounds: Bool) {
        lastSeq = book.seq
        self.book = book
        self.rings = rings
        self.hasBounds = hasBounds
        unsafe stagedFills = .allocate(capacity: Self.stageCount)
        unsafe stagedFills.initialize(
            repeating: StagedFill(hash: 0, isGood: false), count: Self.stageCount)
    }

    deinit { unsafe stagedFills.deallocate() }

    /// Takes whole records of 128 bytes, aligned to eight, the first of which has number `firstSeq`. They need not
    /// stay: what is still under way afterwards is kept here until `flush` or the records that follow.
    public mutating func take(
        _ records: UnsafeRawBufferPointer, firstSeq: UInt64
    ) throws(ReplayError) {
        guard firstSeq == lastSeq + 1 else {
            throw ReplayError(seq: firstSeq, reason: "does not follow record \(lastSeq)")
        }
        guard let start = records.baseAddress, records.count >= 128 else { return }
        // SAFETY: there is one record at least.
        let firstKind = unsafe start.load(as: UInt8.self)
        if !hasBounds && lastSeq == 0 && firstKind != UInt8(PKS_KIND_CONFIG) {
            throw ReplayError(seq: firstSeq, reason: "should state the book's bounds")
        }
        for index in 0..<records.count / 128 {
            // SAFETY: inside the caller's records.
            let record = unsafe (start + index * 128).assumingMemoryBound(to: pks_fill_record.self)
            let isPlain =
                unsafe record.pointee.kind == UInt8(PKS_KIND_FILL)
                && record.pointee.flags & UInt16(PKS_FILL_EXTENDED) == 0
            if isPlain && pendingExtension == nil && pendingInstrument == nil {
                unsafe push(record)
            } else {
                drain()
                unsafe try takeOther(record)
            }
            lastSeq &+= 1
        }
    }

    /// Applies what is under way. Call it before looking at the book. An EXTENSION whose FILL has not come stays
    /// under way and has no number in the book yet.
    public mutating func flush() {
        drain()
        book.effects.flush()
    }

    /// The journal ends here, and goes on with what a new life of the writer takes: an EXTENSION whose FILL never came
    /// is refused.
    public mutating func end() {
        flush()
        pendingInstrument = nil
        refusePending()
        book.effects.flush()
    }

    // MARK: - Fills

    @inline(__always)
    private mutating func push(_ record: UnsafePointer<pks_fill_record>) {
        // SAFETY: at most positionsAhead + gapsMax < aheadMax places ahead; the stage index is masked.
        if staged == applied { base = book.window.next &- staged }
        let place = unsafe book.window.place(ahead: base &+ staged &- book.window.next)
        unsafe place.pointee = record.pointee
        let tagged = unsafe record.pointee.handle
        rings.count(tagged)
        let handle = JournalHandle.handle(tagged)
        unsafe place.pointee.handle = handle
        let fill = unsafe book.stage(place)
        unsafe stagedFills[Int(truncatingIfNeeded: staged) & (Self.stageCount - 1)] = fill
        book.prefetch(fill, handle: handle)
        staged &+= 1
        guard staged &- applied > BookWriter.positionsAhead else { return }
        let ahead = applied &+ BookWriter.lotsAhead
        let next = unsafe stagedFills[Int(truncatingIfNeeded: ahead) & (Self.stageCount - 1)]
        let nextHandle = unsafe book.window.place(ahead: base &+ ahead &- book.window.next).pointee.handle
        book.prefetchLot(next, handle: nextHandle)
        applyNext()
        // Refused ones leave gaps; too many, and the pipeline starts anew.
        if _slowPath(base &+ applied &- book.window.next >= BookWriter.gapsMax) { drain() }
    }

    @inline(__always)
    private mutating func applyNext() {
        // SAFETY: both places are inside the window; the stage index is masked.
        let record = unsafe book.window.place(ahead: 0)
        let gaps = base &+ applied &- book.window.next
        if _slowPath(gaps != 0) { unsafe record.pointee = book.window.place(ahead: gaps).pointee }
        let fill = unsafe stagedFills[Int(truncatingIfNeeded: applied) & (Self.stageCount - 1)]
        _ = unsafe book.apply(record, fill, extension: nil)
        applied &+= 1
    }

    private mutating func drain() {
        while applied != staged { applyNext() }
    }

    // MARK: - Everything else

    @inline(never)
    private mutating func takeOther(_ source: UnsafePointer<pks_fill_record>) throws(ReplayError) {
        // SAFETY (all of this function): a whole record of the caller, copied; all kinds are 128 bytes.
        var record = unsafe source.pointee
        let tagged = record.handle
        record.handle = JournalHandle.handle(tagged)
        let kind = Int32(record.kind)
        if kind == PKS_KIND_FILL {
            pendingInstrument = nil
            return unsafe try takeExtended(&record, tagged)
        }
        refusePending()
        // As with an extension: the KEY comes again, with its instrument before it.
        if kind != PKS_KIND_KEY { pendingInstrument = nil }
        switch kind {
        case PKS_KIND_EXTENSION:
            pendingExtension = unsafe unsafeBitCast(record, to: pks_extension_record.self)
        case PKS_KIND_KEY:
            rings.count(tagged)
            var key = unsafe unsafeBitCast(record, to: pks_key_record.self)
            unsafe try define(&key)
        case PKS_KIND_REFUSED:
            rings.count(tagged)
            unsafe try refuse(&record)
        case PKS_KIND_INSTRUMENT:
            book.seq += 1
            pendingInstrument = unsafe unsafeBitCast(record, to: pks_instrument_record.self)
        case PKS_KIND_RING:
            try takeRing(unsafe unsafeBitCast(record, to: pks_ring_record.self), number: Int(tagged >> 24))
        case PKS_KIND_CONFIG:
            try takeConfig(unsafe unsafeBitCast(record, to: pks_config_record.self))
        default: throw wrong("has the unknown kind \(kind)")
        }
    }

    private func wrong(_ reason: String) -> ReplayError { ReplayError(seq: lastSeq + 1, reason: reason) }

    private mutating func takeExtended(
        _ record: UnsafeMutablePointer<pks_fill_record>, _ tagged: UInt32
    ) throws(ReplayError) {
        // SAFETY: the caller's private copy.
        rings.count(tagged)
        let isExtended = unsafe record.pointee.flags & UInt16(PKS_FILL_EXTENDED) != 0
        guard isExtended else {
            refusePending()
            _ = unsafe book.apply(record)
            return
        }
        guard var extra = pendingExtension else { throw wrong("lacks its extension") }
        pendingExtension = nil
        rings.count(tagged)
        _ = unsafe book.apply(record, extension: &extra)
    }

    /// An EXTENSION that no FILL followed: a life of the writer ended between the two. Its ring goes on with it, so
    /// the pair comes again, whole.
    private mutating func refusePending() {
        guard let extra = pendingExtension else { return }
        pendingExtension = nil
        // SAFETY: all kinds are 128 bytes.
        var record = unsafe unsafeBitCast(extra, to: pks_fill_record.self)
        book.seq += 1
        _ = unsafe book.reject(&record, .danglingExtension)
    }

    private mutating func define(_ key: UnsafePointer<pks_key_record>) throws(ReplayError) {
        // SAFETY: the caller's private copy.
        guard let instrument = pendingInstrument else {
            guard unsafe key.isWellFormed, unsafe book.keys.find(key) != nil else {
                throw wrong("defines a key without its instrument")
            }
            book.seq += 1
            return
        }
        pendingInstrument = nil
        guard let position = Position(instrument), unsafe key.isWellFormed,
            unsafe book.keys.find(key) == nil, !book.keys.isFull
        else { throw wrong("defines a key that cannot be") }
        _ = unsafe book.add(key, position)
    }

    private mutating func refuse(_ record: UnsafeMutablePointer<pks_fill_record>) throws(ReplayError) {
        // SAFETY: the caller's private copy.
        let flags = unsafe record.pointee.flags
        guard let reason = RejectReason(rawValue: UInt8(flags & 0xff)) else {
            throw wrong("was refused for the unknown reason \(flags & 0xff)")
        }
        if Int32(flags >> 8) == PKS_KIND_KEY {
            let key = unsafe UnsafeRawPointer(record).assumingMemoryBound(to: pks_key_record.self)
            book.refuseKey(sourceRef: unsafe key.pointee.source_ref, reason)
            return
        }
        unsafe record.pointee.kind = UInt8(flags >> 8)
        book.seq += 1
        _ = unsafe book.reject(record, reason)
    }

    private mutating func takeRing(_ record: pks_ring_record, number: Int) throws(ReplayError) {
        guard number < BookWriter.ringsMax else { throw wrong("names ring \(number)") }
        switch Int32(record.state) {
        case PKS_RING_RECORD_ATTACHED:
            if Int32(record.flags) & PKS_RING_RECORD_LACKS_HISTORY != 0 { rings.lacksHistory = true }
            // SAFETY: the array's own bytes.
            let name = unsafe withUnsafeBytes(of: record.producer) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            rings.attach(
                number, RingTable.Entry(epoch: record.epoch, next: record.next, producer: name))
        case PKS_RING_RECORD_GONE: rings.remove(number)
        default: throw wrong("has the unknown state \(record.state) of a ring")
        }
        book.seq += 1
    }

    private mutating func takeConfig(_ record: pks_config_record) throws(ReplayError) {
        guard let config = book.config.with(record) else { throw wrong("states impossible bounds") }
        if book.seq == 0 {
            var effects = EffectLog()
            swap(&effects, &book.effects)
            book = Book(config, effects: effects)
        } else if !config.hasBounds(of: book.config) {
            do throws(BookImageError) { try book.rebuild(config) } catch {
                throw wrong("states bounds that the book does not fit into: \(error)")
            }
        }
        book.seq += 1
    }
}
