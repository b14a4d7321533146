public import CSeqlock

extension SegmentWriter {
    /// Gives a key the next slot, with an empty, flat position in it, and makes it findable. Nil when all
    /// slots are taken.
    ///
    /// `entry` states the key (padded texts), multiplier, currency, decimals and method; its slot and hash
    /// are set here. A key must be claimed once only; the caller has the table of its keys. Until the next
    /// `publish` the slot's count of publishes is 1. Allocates nothing; a few hundred ns.
    public mutating func claimSlot(_ entry: pks_directory_entry) -> Int? {
        guard slotCount < slotCapacity else { return nil }
        let slot = slotCount
        var entry = entry
        // SAFETY: the three fields are parts of `entry`, which outlives the call.
        let hash = unsafe withUnsafeBytes(of: entry) { bytes in
            unsafe pks_key_hash(
                field(bytes, fieldOffset(\pks_directory_entry.account)),
                field(bytes, fieldOffset(\pks_directory_entry.strategy)),
                field(bytes, fieldOffset(\pks_directory_entry.symbol)))
        }
        entry.key_hash = hash
        entry.slot = UInt32(slot)
        var empty = pks_position()
        empty.flags = UInt8(PKS_POSITION_FLAT)
        empty.price_decimals = entry.price_decimals
        empty.qty_decimals = entry.qty_decimals
        empty.multiplier_decimals = entry.multiplier_decimals
        // SAFETY: slot < slotCapacity, so entry and slot are inside the mapping.
        // SYNC: readers come to the entry through the index or the slot count, both released below.
        unsafe directory[slot] = entry
        let count = unsafe pks_slot_publish(slots + slot, 0, &empty)
        precondition(count == 1, "a slot is claimed with its first publish")
        insert(hash: hash, slot: slot)
        slotCount += 1
        // SAFETY: a word of the live lines. SYNC: partner is the acquire load in SegmentReader.slotCount.
        unsafe pks_store_release(&live.pointee.slot_count, UInt64(slotCount))
        // The change tells tailing readers, and snapshots, that there is a new position.
        unsafe pks_change_append(live, changes, changeMask, changeCount, UInt32(slot))
        changeCount &+= 1
        return slot
    }

    /// Linear probing in the private marks; the index has twice as many places as there are slots, so a
    /// free one is always found.
    private func insert(hash: UInt64, slot: Int) {
        var place = Int(truncatingIfNeeded: hash) & indexMask
        // SAFETY: `place` is masked into the index, which has a bit for each place.
        while unsafe takenPlaces.words[place >> 6] >> UInt64(place & 63) & 1 == 1 {
            place = (place + 1) & indexMask
        }
        unsafe takenPlaces.words[place >> 6] |= 1 << UInt64(place & 63)
        let entry = (hash & 0xffff_ffff_0000_0000) | UInt64(slot + 1)
        // SYNC: partner is the acquire load in SegmentReader.find.
        unsafe pks_store_release(index + place, entry)
    }

    private func field(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UnsafePointer<UInt8> {
        guard let base = bytes.baseAddress else { preconditionFailure("an entry is not empty") }
        // SAFETY: offsets come from the layout of the entry that `bytes` covers.
        return unsafe (base + offset).assumingMemoryBound(to: UInt8.self)
    }
}
