import CSeqlock

/// Where a lookup ended: the place of an entry, or the lane where a new one goes.

struct IdentityLane {
    var bucket: UInt64
    var lane: Int

    @inline(__always)
    init(bucket: UInt64, lane: Int) {
        self.bucket = bucket
        self.lane = lane
    }
}

/// From hash to place in the fill window: the only random memory access that a new fill must make.
///
/// Buckets of one cache line, seven lanes each:
///
///     | tag u16 x 7 | passed u16 | place low u32 x 7 | place high u16 x 7 | unused |
///     0             14           16                  44                   58       64
///
/// A tag of 0 is a free lane. `passed` counts entries that found this bucket full and went on to the next;
/// while it is 0 a lookup ends here. Entries can be removed exactly, so the table never fills with
/// tombstones. Bounded: as many entries as the window has places, at most four a bucket on average.
@safe
struct IdentityTable: ~Copyable {
    // SAFETY: (mask + 1) buckets of 64 bytes, mapped and zeroed in init, unmapped in deinit.
    let base: UnsafeMutableRawPointer
    let mask: UInt64

    /// Room for `entriesMax` entries, a power of two of at least 4.
    init(entriesMax: Int) {
        let buckets = max(entriesMax / 4, 1)
        precondition(buckets & (buckets - 1) == 0)
        mask = UInt64(buckets - 1)
        unsafe base = HugePages.allocateZeroed(bytes: buckets * 64)
    }

    deinit { unsafe HugePages.free(base, bytes: Int(mask + 1) * 64) }

    @inline(__always)
    func address(_ bucket: UInt64) -> UnsafeMutableRawPointer {
        // SAFETY: the mask keeps the bucket inside the table.
        unsafe base + Int(truncatingIfNeeded: (bucket & mask) &<< 6)
    }

    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt64 { max(hash >> 48, 1) }

    /// 0x8000 in the 16-bit lanes of `word` that are zero; the lowest such lane is exact, a higher one may
    /// be wrong, so callers check what they find.
    @inline(__always)
    static func zeroLanes(_ word: UInt64) -> UInt64 {
        (word &- 0x0001_0001_0001_0001) & ~word & 0x8000_8000_8000_8000
    }

    /// Looks for an entry of `hash` whose fill in `window` has the identity of `record`. Returns its place,
    /// or the lane for a new entry.
    @inline(__always)
    func find(
        _ hash: UInt64, _ record: UnsafePointer<pks_fill_record>, in window: StoredFills
    ) -> (place: UInt64?, free: IdentityLane) {
        let bucket = hash & mask
        // SAFETY (all of this function): the mask keeps the bucket inside the table; the caller's record is
        // whole.
        let line = unsafe address(bucket)
        let tags = Self.tag(hash) &* 0x0001_0001_0001_0001
        // SAFETY: a bucket is 64 bytes, aligned to 64.
        let low = unsafe line.load(as: UInt64.self)
        let high = unsafe line.load(fromByteOffset: 8, as: UInt64.self)
        var candidates = Self.zeroLanes(low ^ tags)
        while candidates != 0 {
            let lane = candidates.trailingZeroBitCount >> 4
            let place = place(bucket, lane)
            if holds(hash, bucket, lane), unsafe window.isSame(place, record) {
                return (place, IdentityLane(bucket: bucket, lane: lane))
            }
            candidates &= candidates &- 1
        }
        candidates = Self.zeroLanes(high ^ tags) & 0x0000_8000_8000_8000
        while candidates != 0 {
            let lane = 4 &+ candidates.trailingZeroBitCount >> 4
            let place = place(bucket, lane)
            if holds(hash, bucket, lane), unsafe window.isSame(place, record) {
                return (place, IdentityLane(bucket: bucket, lane: lane))
            }
            candidates &= candidates &- 1
        }
        let passed = high >> 48
        if _fastPath(passed == 0) {
            let freeLow = Self.zeroLanes(low)
            if freeLow != 0 {
                return (nil, IdentityLane(bucket: bucket, lane: freeLow.trailingZeroBitCount >> 4))
            }
            let freeHigh = Self.zeroLanes(high) & 0x0000_8000_8000_8000
            if freeHigh != 0 {
                return (nil, IdentityLane(bucket: bucket, lane: 4 &+ freeHigh.trailingZeroBitCount >> 4))
            }
        }
        return unsafe findBeyond(hash, record, in: window)
    }

    /// The rest of a lookup that does not end in its first bucket.
    @inline(never)
    func findBeyond(
        _ hash: UInt64, _ record: UnsafePointer<pks_fill_record>, in window: StoredFills
    ) -> (place: UInt64?, free: IdentityLane) {
        // SAFETY (all of this function): as in `find`.
        var free: IdentityLane?
        var bucket = hash & mask
        var mayHold = true
        // Once round at most: in a small table every bucket may have been passed.
        var bucketsLeft = mask &+ 1
        while bucketsLeft > 0 {
            bucketsLeft &-= 1
            for lane in 0..<7 {
                if tag(bucket, lane) == 0 {
                    if free == nil { free = IdentityLane(bucket: bucket, lane: lane) }
                } else if mayHold, holds(hash, bucket, lane),
                    unsafe window.isSame(place(bucket, lane), record)
                {
                    return (place(bucket, lane), IdentityLane(bucket: bucket, lane: lane))
                }
            }
            if passed(bucket) == 0 { mayHold = false }
            if !mayHold, let free { return (nil, free) }
            bucket = (bucket &+ 1) & mask
        }
        // At most four of seven lanes are taken on average.
        guard let free else { preconditionFailure("more identities than the table was made for") }
        return (nil, free)
    }

    /// Whether the lane's entry may be one of `hash`. A free lane never is.
    @inline(__always)
    private func holds(_ hash: UInt64, _ bucket: UInt64, _ lane: Int) -> Bool {
        UInt64(tag(bucket, lane)) == Self.tag(hash)
    }

    // SAFETY (accessors): lanes are 0...6; every offset lies inside the bucket's 64 bytes.
    @inline(__always)
    func tag(_ bucket: UInt64, _ lane: Int) -> UInt16 {
        unsafe address(bucket).load(fromByteOffset: lane &* 2, as: UInt16.self)
    }

    @inline(__always)
    func passed(_ bucket: UInt64) -> UInt16 {
        unsafe address(bucket).load(fromByteOffset: 14, as: UInt16.self)
    }

    @inline(__always)
    func place(_ bucket: UInt64, _ lane: Int) -> UInt64 {
        let line = unsafe address(bucket)
        let low = unsafe line.load(fromByteOffset: 16 &+ lane &* 4, as: UInt32.self)
        let high = unsafe line.load(fromByteOffset: 44 &+ lane &* 2, as: UInt16.self)
        return UInt64(low) | UInt64(high) << 32
    }

    /// Enters `place` at the lane that `find` returned for this hash.
    @inline(__always)
    func insert(_ hash: UInt64, place: UInt64, at free: IdentityLane) {
        let line = unsafe address(free.bucket)
        unsafe line.storeBytes(
            of: UInt16(truncatingIfNeeded: Self.tag(hash)), toByteOffset: free.lane &* 2, as: UInt16.self)
        unsafe line.storeBytes(
            of: UInt32(truncatingIfNeeded: place), toByteOffset: 16 &+ free.lane &* 4, as: UInt32.self)
        unsafe line.storeBytes(
            of: UInt16(truncatingIfNeeded: place >> 32), toByteOffset: 44 &+ free.lane &* 2, as: UInt16.self)
        if _slowPath(free.bucket != hash & mask) { changePassed(from: hash & mask, to: free.bucket, by: 1) }
    }

    /// Removes the entry of `hash` that points at `place`; it must be there.
    func remove(_ hash: UInt64, place: UInt64) {
        var bucket = hash & mask
        while true {
            for lane in 0..<7 where tag(bucket, lane) != 0 && self.place(bucket, lane) == place {
                unsafe address(bucket).storeBytes(of: 0, toByteOffset: lane * 2, as: UInt16.self)
                changePassed(from: hash & mask, to: bucket, by: -1)
                return
            }
            precondition(passed(bucket) > 0, "an identity to forget is not in the table")
            bucket = (bucket &+ 1) & mask
        }
    }

    func changePassed(from first: UInt64, to end: UInt64, by change: Int) {
        var bucket = first
        while bucket != end {
            // A count that ever reached its limit stays there: lookups then go on one bucket too far, which
            // costs time but is never wrong.
            let count = passed(bucket)
            if count != .max {
                unsafe address(bucket).storeBytes(
                    of: UInt16(Int(count) + change), toByteOffset: 14, as: UInt16.self)
            }
            bucket = (bucket &+ 1) & mask
        }
    }
}
