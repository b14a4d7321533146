import CSeqlock

/// The last accepted fills, whole, in order of arrival: what an identity is compared with, byte by byte.
///
/// A ring of 128-byte records in memory reserved at start. Place n (from 0) is the n-th accepted fill.
/// One thread at a time.
@safe
struct FillWindow: ~Copyable {
    // SAFETY: both have mask + 1 places, mapped and zeroed in init, unmapped in deinit, indexed masked.
    let records: UnsafeMutablePointer<pks_fill_record>
    let seqs: UnsafeMutablePointer<UInt64>
    let mask: UInt64
    /// The place of the next accepted fill.
    var next: UInt64
    /// The oldest place still remembered.
    var oldest: UInt64
    /// How many places are remembered at most.
    let countMax: UInt64

    /// Places beyond `next` that may be written ahead: a writer stages records where they will stay, and
    /// only what is refused has to be moved over.
    static var aheadMax: Int { 32 }

    /// Remembers up to `countMax` fills in a ring of `placesMax` places, a power of two.
    init(countMax: Int, placesMax: Int) {
        precondition(placesMax > 0 && placesMax & (placesMax - 1) == 0)
        precondition(countMax > 0 && countMax + Self.aheadMax <= placesMax)
        self.countMax = UInt64(countMax)
        unsafe records = HugePages.allocateZeroed(bytes: placesMax * 128).assumingMemoryBound(
            to: pks_fill_record.self)
        unsafe seqs = HugePages.allocateZeroed(bytes: placesMax * 8).assumingMemoryBound(to: UInt64.self)
        mask = UInt64(placesMax - 1)
        next = 0
        oldest = 0
    }

    deinit {
        unsafe HugePages.free(UnsafeMutableRawPointer(records), bytes: Int(mask + 1) * 128)
        unsafe HugePages.free(UnsafeMutableRawPointer(seqs), bytes: Int(mask + 1) * 8)
    }

    @inline(__always)
    var isFull: Bool { next &- oldest >= countMax }

    // SAFETY (both): the mask keeps a place inside the ring.
    @inline(__always)
    func record(_ place: UInt64) -> UnsafePointer<pks_fill_record> {
        unsafe UnsafePointer(records + Int(truncatingIfNeeded: place & mask))
    }

    @inline(__always)
    func seq(_ place: UInt64) -> UInt64 { unsafe seqs[Int(truncatingIfNeeded: place & mask)] }

    /// The records alone, for lookups: two words that fit registers.
    @inline(__always)
    var stored: StoredFills { unsafe StoredFills(records: records, mask: mask) }

    /// Where the fill that is `ahead` places after the next will stay, 0 ..< aheadMax. To be written before
    /// `keepNext`; not remembered until then.
    @inline(__always)
    func place(ahead: UInt64) -> UnsafeMutablePointer<pks_fill_record> {
        // SAFETY: masked into the ring, and none of the remembered places.
        unsafe records + Int(truncatingIfNeeded: (next &+ ahead) & mask)
    }

    /// Remembers the fill at `place(ahead: 0)`. There must be room.
    @inline(__always)
    mutating func keepNext(seq: UInt64) {
        // SAFETY: masked into the ring.
        unsafe seqs[Int(truncatingIfNeeded: next & mask)] = seq
        next &+= 1
    }
}

/// The remembered fills, to compare with. Valid while the window lives.
@safe
struct StoredFills {
    // SAFETY: the window's ring, indexed masked.
    let records: UnsafeMutablePointer<pks_fill_record>
    let mask: UInt64

    @inline(__always)
    init(records: UnsafeMutablePointer<pks_fill_record>, mask: UInt64) {
        unsafe self.records = records
        self.mask = mask
    }

    /// Whether the fill at `place` has the identity of `record`.
    @inline(__always)
    func isSame(_ place: UInt64, _ record: UnsafePointer<pks_fill_record>) -> Bool {
        // SAFETY: masked into the ring; the caller's record is whole.
        let stored = unsafe UnsafePointer(records + Int(truncatingIfNeeded: place & mask))
        return unsafe stored.pointee.handle == record.pointee.handle && stored.tradeID == record.tradeID
            && stored.orderID == record.orderID
    }
}
