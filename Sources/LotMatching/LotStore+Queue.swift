public import FixedPoint

// Lots of one position in the order of opening: a doubly linked list of blocks.
//
//   block, 128 bytes:  | previous u32 | next u32 | first u8, count u8, .. | lot 0 | lot 1 | lot 2 |
//                      0              4          8                        32      64      96
//
// Every block in a list has at least one lot; its lots are first ..< first + count. Closing from either
// end and opening at the back are a constant number of steps; no lot is ever moved to grow.
extension LotStore {
    @usableFromInline static var lotsPerBlock: UInt8 { 3 }

    /// A block seen as a piece of a queue.
    @safe @frozen @usableFromInline
    struct QueueBlock {
        // SAFETY: a whole block of the slab, 128 bytes; callers drop it before they give the block back.
        @usableFromInline let address: UnsafeMutableRawPointer

        @inlinable @inline(__always)
        init(_ address: UnsafeMutableRawPointer) { unsafe self.address = address }

        // SAFETY (all accessors): `address` is a whole block of a live list, which `LotStore` made: every
        // offset below 128 is inside it, aligned, and initialised when the block was linked.
        @inlinable @inline(__always)
        var previous: UInt32 {
            get { unsafe address.load(as: UInt32.self) }
            nonmutating set { unsafe address.storeBytes(of: newValue, as: UInt32.self) }
        }
        @inlinable @inline(__always)
        var next: UInt32 {
            get { unsafe address.load(fromByteOffset: 4, as: UInt32.self) }
            nonmutating set { unsafe address.storeBytes(of: newValue, toByteOffset: 4, as: UInt32.self) }
        }
        @inlinable @inline(__always)
        var first: UInt8 {
            get { unsafe address.load(fromByteOffset: 8, as: UInt8.self) }
            nonmutating set { unsafe address.storeBytes(of: newValue, toByteOffset: 8, as: UInt8.self) }
        }
        @inlinable @inline(__always)
        var count: UInt8 {
            get { unsafe address.load(fromByteOffset: 9, as: UInt8.self) }
            nonmutating set { unsafe address.storeBytes(of: newValue, toByteOffset: 9, as: UInt8.self) }
        }
        @inlinable @inline(__always)
        var end: UInt8 { first &+ count }

        /// Lot `index` of the block, 0...2.
        @inlinable @inline(__always)
        func lot(_ index: UInt8) -> UnsafeMutablePointer<Lot> {
            unsafe (address + (32 &+ Int(index) &* 32)).assumingMemoryBound(to: Lot.self)
        }
    }

    // SAFETY: callers pass the number of a block of a live list.
    @inlinable @inline(__always)
    func queueBlock(_ block: UInt32) -> QueueBlock { unsafe QueueBlock(slab.address(block)) }

    /// Whether the last block of the list has room. Only asked when the slab has none.
    @inlinable
    func queueHasRoom(_ list: LotList) -> Bool {
        list.count != 0 && queueBlock(list.tail).end < Self.lotsPerBlock
    }

    @inlinable @inline(__always)
    mutating func queueAppend(_ lot: Lot, to list: inout LotList) -> Bool {
        if list.count != 0 {
            let last = queueBlock(list.tail)
            let end = last.end
            if end < Self.lotsPerBlock {
                // SAFETY: end < lotsPerBlock.
                unsafe last.lot(end).pointee = lot
                last.count &+= 1
                list.openCount &+= 1
                return true
            }
        }
        let taken = slab.take()
        if taken == 0 { return false }
        let block = queueBlock(taken)
        block.previous = list.tail
        block.next = 0
        block.first = 0
        block.count = 1
        // SAFETY: a block of order 0 has room for three lots.
        unsafe block.lot(0).pointee = lot
        if list.count == 0 { list.head = taken } else { queueBlock(list.tail).next = taken }
        list.tail = taken
        list.openCount &+= 1
        return true
    }

    @inlinable @inline(__always)
    mutating func queueCloseFront(
        _ quantity: Quantity, in list: inout LotList, _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) -> Int128 {
        var left = quantity.units
        var cost: Int128 = 0
        while left > 0 {
            precondition(list.count > 0, "more closed than open")
            let block = queueBlock(list.head)
            // SAFETY: a linked block has at least one lot, at `first`.
            let lot = unsafe block.lot(block.first)
            let before = unsafe lot.pointee
            let taken = Quantity(units: min(left, before.remaining.units))
            body(before, taken)
            cost = cost &+ before.price.times(taken)
            left &-= taken.units
            if taken == before.remaining {
                block.first &+= 1
                block.count &-= 1
                list.openCount &-= 1
                if block.count == 0 { dropHead(of: &list, block) }
            } else {
                unsafe lot.pointee.remaining.units = before.remaining.units &- taken.units
            }
        }
        return cost
    }

    @inlinable @inline(__always)
    mutating func queueCloseBack(
        _ quantity: Quantity, in list: inout LotList, _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) -> Int128 {
        var left = quantity.units
        var cost: Int128 = 0
        while left > 0 {
            precondition(list.count > 0, "more closed than open")
            let block = queueBlock(list.tail)
            // SAFETY: a linked block has at least one lot, its last at `end - 1`.
            let lot = unsafe block.lot(block.end &- 1)
            let before = unsafe lot.pointee
            let taken = Quantity(units: min(left, before.remaining.units))
            body(before, taken)
            cost = cost &+ before.price.times(taken)
            left &-= taken.units
            if taken == before.remaining {
                block.count &-= 1
                list.openCount &-= 1
                if block.count == 0 { unlink(list.tail, from: &list) }
            } else {
                unsafe lot.pointee.remaining.units = before.remaining.units &- taken.units
            }
        }
        return cost
    }

    /// The common case of `unlink`: the emptied block is the first.
    @inlinable @inline(__always)
    mutating func dropHead(of list: inout LotList, _ block: QueueBlock) {
        let emptied = list.head
        let next = block.next
        list.head = next
        if next == 0 { list.tail = 0 } else { queueBlock(next).previous = 0 }
        slab.give(emptied)
    }

    @inlinable @inline(__always)
    mutating func unlink(_ emptied: UInt32, from list: inout LotList) {
        let block = queueBlock(emptied)
        let previous = block.previous
        let next = block.next
        if previous == 0 { list.head = next } else { queueBlock(previous).next = next }
        if next == 0 { list.tail = previous } else { queueBlock(next).previous = previous }
        slab.give(emptied)
    }

    func queueForEach(in list: LotList, _ body: (Lot) -> Void) {
        var number = list.head
        while number != 0 {
            let block = queueBlock(number)
            // SAFETY: first ..< end are the block's lots.
            for index in block.first..<block.end { body(unsafe block.lot(index).pointee) }
            number = block.next
        }
    }

    func queuePreviewFront(
        _ quantity: Quantity, in list: LotList, _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) {
        var left = quantity.units
        var number = list.head
        while left > 0 {
            precondition(number != 0, "more closed than open")
            let block = queueBlock(number)
            for index in block.first..<block.end where left > 0 {
                // SAFETY: first ..< end are the block's lots.
                let lot = unsafe block.lot(index).pointee
                let taken = Quantity(units: min(left, lot.remaining.units))
                body(lot, taken)
                left -= taken.units
            }
            number = block.next
        }
    }

    func queuePreviewBack(
        _ quantity: Quantity, in list: LotList, _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) {
        var left = quantity.units
        var number = list.tail
        while left > 0 {
            precondition(number != 0, "more closed than open")
            let block = queueBlock(number)
            for index in (block.first..<block.end).reversed() where left > 0 {
                // SAFETY: first ..< end are the block's lots.
                let lot = unsafe block.lot(index).pointee
                let taken = Quantity(units: min(left, lot.remaining.units))
                body(lot, taken)
                left -= taken.units
            }
            number = block.previous
        }
    }

    mutating func queueReduce(openSeq: UInt64, by quantity: Quantity, in list: inout LotList) {
        var number = list.head
        while number != 0 {
            let block = queueBlock(number)
            // SAFETY: first ..< end are the block's lots; the moves below stay inside that range.
            for index in block.first..<block.end where unsafe block.lot(index).pointee.openSeq == openSeq {
                let lot = unsafe block.lot(index)
                let left = unsafe lot.pointee.remaining.units - quantity.units
                precondition(left >= 0, "more taken than the lot has")
                if left > 0 {
                    unsafe lot.pointee.remaining.units = left
                    return
                }
                for later in (index + 1)..<max(block.end, index + 1) {
                    unsafe block.lot(later - 1).pointee = block.lot(later).pointee
                }
                block.count -= 1
                list.openCount -= 1
                if block.count == 0 { unlink(number, from: &list) }
                return
            }
            number = block.next
        }
        preconditionFailure("the lot to reduce is not open")
    }
}
