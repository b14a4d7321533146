public import CSeqlock

/// What the change ring holds at a place.
public enum SlotChange: Sendable, Equatable {
    /// This slot has changed; read it for its newest value.
    case slot(Int)
    /// Nothing has changed since.
    case none
    /// The writer was faster than this reader by a whole ring: `missed` changes are gone. Scan all slots
    /// once; the cursor already stands behind them.
    case lapped(missed: UInt64)
}

extension SegmentReader {
    /// A place in the sequence of changes: everything that changes from now on comes after it. Take it
    /// first and scan second, and nothing falls between.
    public func changeCursor() -> UInt64 { liveWord(\.change_cursor) }

    /// The next change at `cursor`, which is moved past it. Several changes of one slot may come one after
    /// the other; reading the slot gives the newest value each time. Never waits, allocates nothing.
    public func nextChange(_ cursor: inout UInt64) -> SlotChange {
        // SAFETY: change_read masks its index into the ring.
        // SYNC: partner is pks_change_append in SegmentWriter.
        let slot = unsafe pks_change_read(live, changes, changeMask, cursor)
        if slot == -2 { return .none }
        if slot >= 0, slot < slotCapacity {
            cursor &+= 1
            return .slot(Int(slot))
        }
        let now = changeCursor()
        let missed = now &- cursor
        cursor = now
        return .lapped(missed: missed)
    }

    /// Calls `body` with every claimed slot that could be read, in order of slot numbers. Each value is
    /// whole; together they are not one moment (`snapshot` is). Returns how many slots were busy and so
    /// left out.
    @discardableResult
    public func scan<Failure: Error>(
        _ body: (_ slot: Int, _ position: pks_position) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        var busyCount = 0
        var position = pks_position()
        for slot in 0..<slotCount {
            switch read(slot, into: &position) {
            case .value: try body(slot, position)
            case .busy: busyCount += 1
            case .notFound: break
            }
        }
        return busyCount
    }
}
