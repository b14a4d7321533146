public import CSeqlock

/// What reading a slot gave.
@frozen
public enum ReadResult: UInt8, Sendable {
    /// The position was copied whole.
    case value = 1
    /// The writer published this very slot during every attempt; try again, the last copy is not whole.
    case busy = 2
    /// The slot does not exist or was never claimed.
    case notFound = 3
}

/// The hot path: inlined into the caller, no call, no allocation, no lock.
extension SegmentReader {
    /// Copies the newest value of a slot into `position`. A writer that has died or is stopped half-way
    /// through a publish costs nothing here. After `busy` or `notFound`, `position` has no meaning.
    ///
    /// Source: H.-J. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012,
    /// with two cells as in the Linux kernel's seqcount_latch.
    @inlinable @inline(__always)
    public func read(_ slot: Int, into position: inout pks_position) -> ReadResult {
        guard UInt(bitPattern: slot) < UInt(bitPattern: slotCapacity) else { return .notFound }
        // SAFETY: the slot is inside the mapping, as just checked.
        // SYNC: partner is pks_slot_publish in SegmentWriter.
        if unsafe pks_slot_try_read(slots + slot, &position) != 0 { return .value }
        return readAgain(slot, into: &position)
    }

    /// As above, and adds to `retries` the number of tries that a publish of this slot spoiled; for
    /// measurements.
    @inlinable @inline(__always)
    public func read(
        _ slot: Int, into position: inout pks_position, retries: inout UInt64
    ) -> ReadResult {
        guard UInt(bitPattern: slot) < UInt(bitPattern: slotCapacity) else { return .notFound }
        // SAFETY: the slot is inside the mapping, as just checked.
        // SYNC: partner is pks_slot_publish in SegmentWriter.
        if unsafe pks_slot_read(slots + slot, &position, Self.readAttempts, &retries) != 0 { return .value }
        return sequence(of: slot) == 0 ? .notFound : .busy
    }

    /// One look by a caller that waits for a slot to change, over and over: copies a value newer than that of
    /// publish `sequence` into `position`, moves `sequence` on and returns true. False when there is none
    /// yet, and then `position` has no meaning. Begin with `sequence` 0 to get the value that there is.
    /// A waiting reader sees a publish sooner with this than with `read`, because the cell that comes next is
    /// asked for while it waits. On a core of its own look again at once: a pause instruction between two looks costs
    /// half of its length each time.
    @inlinable @inline(__always)
    public func readNewer(
        _ slot: Int, than sequence: inout UInt64, into position: inout pks_position
    ) -> Bool {
        guard UInt(bitPattern: slot) < UInt(bitPattern: slotCapacity) else { return false }
        // SAFETY: the slot is inside the mapping, as just checked.
        // SYNC: partner is pks_slot_publish in SegmentWriter.
        let seen = unsafe pks_slot_poll(slots + slot, sequence, &position)
        if seen == 0 { return false }
        sequence = seen
        return true
    }

    /// Where a slot lies, for prefetching: 256 bytes, the sequence and cell 0 in the first half.
    @inlinable @inline(__always)
    public func slotAddress(_ slot: Int) -> UnsafeRawPointer {
        // SAFETY: an address only; a prefetch of a wild one does nothing.
        unsafe UnsafeRawPointer(slots + slot)
    }

    /// The number of publishes of a slot so far, to see cheaply whether it changed; 0 when it was never
    /// claimed or does not exist.
    @inlinable @inline(__always)
    public func sequence(of slot: Int) -> UInt64 {
        guard UInt(bitPattern: slot) < UInt(bitPattern: slotCapacity) else { return 0 }
        // SAFETY: the slot is inside the mapping; its sequence is its first word.
        // SYNC: partner is the release store in pks_slot_publish.
        return unsafe pks_load_acquire(UnsafeRawPointer(slots + slot).assumingMemoryBound(to: UInt64.self))
    }

    /// How often `read` tries before it answers `busy`. A publish of one slot takes tens of ns in a real
    /// writer, so the second try nearly always succeeds; the bound is for a writer gone wild.
    @inlinable public static var readAttempts: UInt32 { 1024 }

    /// Kept out of line so that the first try stays small in the caller.
    @usableFromInline @inline(never)
    func readAgain(_ slot: Int, into position: inout pks_position) -> ReadResult {
        if sequence(of: slot) == 0 { return .notFound }
        // SAFETY: the caller has checked the slot.
        let sequence = unsafe pks_slot_read(slots + slot, &position, Self.readAttempts - 1, nil)
        return sequence != 0 ? .value : .busy
    }
}
