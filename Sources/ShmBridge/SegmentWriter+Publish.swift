public import CSeqlock

/// The hot path: everything here is inlined into the caller, allocates nothing and never waits. Per record:
/// `publish` (slot, then change entry, then change cursor), then `setApplied`. Readers' snapshots rely on
/// that order.
extension SegmentWriter {
    /// Publishes `value` as the newest content of a claimed slot and appends the change. `published` is the
    /// caller's count of publishes of this slot (1 right after `claimSlot`); returns the new count.
    @inlinable @inline(__always)
    public mutating func publish(
        slot: Int, published: UInt64, value: UnsafePointer<pks_position>
    ) -> UInt64 {
        precondition(slot >= 0 && slot < slotCapacity, "no such slot")
        // SAFETY: the slot is inside the mapping, as just checked; `value` is the caller's.
        // SYNC: partner is pks_slot_try_read in SegmentReader.
        let count = unsafe pks_slot_publish(slots + slot, published, value)
        // SAFETY: change_append masks its index into the ring.
        // SYNC: partner is pks_change_read in SegmentReader.
        unsafe pks_change_append(live, changes, changeMask, changeCount, UInt32(truncatingIfNeeded: slot))
        changeCount &+= 1
        return count
    }

    /// As above, with the counts kept here; for callers without a place for them.
    @inlinable @inline(__always)
    public mutating func publish(slot: Int, value: UnsafePointer<pks_position>) {
        precondition(slot >= 0 && slot < slotCapacity, "no such slot")
        // SAFETY: `republished` is private and has slotCapacity words.
        let count = unsafe publish(slot: slot, published: republished[slot] &+ 1, value: value)
        unsafe republished[slot] = count &- 1
    }

    /// Says that all slots show record `seq` and those before it.
    @inlinable @inline(__always)
    public mutating func setApplied(_ seq: UInt64) {
        // SAFETY: a word of the live lines. SYNC: partner is the acquire load in SegmentReader.appliedSeq.
        unsafe pks_store_release(appliedSeq, seq)
    }

    /// Says that record `seq` and those before it are on disk.
    @inlinable @inline(__always)
    public mutating func setDurable(_ seq: UInt64) {
        // SAFETY: a word of the live lines. SYNC: partner is the acquire load in SegmentReader.durableSeq.
        unsafe pks_store_release(durableSeq, seq)
    }

    /// Says that the writer is alive at CLOCK_MONOTONIC `nowNs`. At least every 100 ms while all is well.
    @inlinable @inline(__always)
    public mutating func beat(nowNs: Int64) {
        // SAFETY: a word of the live lines.
        // SYNC: partner is the acquire load in SegmentReader.heartbeatNs.
        unsafe pks_store_release(heartbeat, UInt64(bitPattern: nowNs))
    }

    /// Where a slot lies, for prefetching: 256 bytes, the sequence and cell 0 in the first half.
    @inlinable @inline(__always)
    public func slotAddress(_ slot: Int) -> UnsafeMutableRawPointer {
        // SAFETY: an address only; a prefetch of a wild one does nothing.
        unsafe UnsafeMutableRawPointer(slots + slot)
    }
}
