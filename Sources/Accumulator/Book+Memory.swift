import LotMatching

// What a book's memory is, in bytes: reserved in full at start, taken when it is first touched.
extension Book {
    static var positionBytes: Int { 192 }

    /// Touches the memory that a busy day will need, so that no page fault comes in its middle: all
    /// positions, the identity table, the whole window, and lots for `lots` open lots in queues. Off the hot path.
    public mutating func prefault(lots lotCount: Int) {
        // SAFETY: the mapping made in init.
        unsafe HugePages.prefault(
            UnsafeMutableRawPointer(positions), bytes: config.positionsMax * Self.positionBytes)
        identities.prefault()
        identityFilter.prefault()
        window.prefault()
        lots.prefault(bytes: LotStore.queueBytes(ofLots: lotCount).atMost)
        openings.prefault(count: lotCount)
    }

    /// Bytes of memory that the book has reserved. Pages that were never touched cost nothing.
    public var reservedBytes: Int {
        // SAFETY: only the length of the reserve is asked for.
        let lotBytes = unsafe lots.reserve.count + openings.reservedBytes
        return config.positionsMax * Self.positionBytes + keys.reservedBytes + identities.reservedBytes
            + window.reservedBytes + lotBytes
    }

    /// Bytes that are in use when all positions are defined and `lots` lots are open, besides what remembered fills
    /// take: what `prefault` touches, and the keys.
    func usedBytes(lots lotCount: Int) -> Int {
        config.positionsMax * Self.positionBytes + keys.reservedBytes
            + LotStore.queueBytes(ofLots: lotCount).atMost + lotCount * MemoryLayout<OpeningFill>.stride
    }
}

extension KeyTable {
    var reservedBytes: Int { countMax * 128 + (indexMask + 1) * 4 }
}

extension IdentityTable {
    var reservedBytes: Int { Int(mask + 1) * 64 }

    func prefault() { unsafe HugePages.prefault(base, bytes: reservedBytes) }
}

extension FillWindow {
    var reservedBytes: Int { Int(mask + 1) * 136 }

    func prefault() {
        unsafe HugePages.prefault(UnsafeMutableRawPointer(records), bytes: Int(mask + 1) * 128)
        unsafe HugePages.prefault(UnsafeMutableRawPointer(seqs), bytes: Int(mask + 1) * 8)
    }
}

extension OpeningFills {
    /// With the stack of what was given back, of which nothing is touched before.
    var reservedBytes: Int { (Int(countMax) + 1) * 132 }

    func prefault(count: Int) {
        unsafe HugePages.prefault(UnsafeMutableRawPointer(base), bytes: min(count, Int(countMax)) * 128)
    }
}
