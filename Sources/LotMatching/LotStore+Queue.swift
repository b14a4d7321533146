public import FixedPoint

// Lots of one position in the order of opening: a doubly linked list of blocks.
//
//   block:  | previous u32 | next u32 | first, count, places: u8 each | lot 0 | lot 1 | lot 2 |
//           0              4          8                               32      64      96      128
//
// The block that a list begins with is a cache line with one lot, because most positions never have a second;
// blocks that come after it are two lines with three. Every block in a list has at least one lot; its lots are
// first ..< first + count. Closing from either end and opening at the back are a constant number of steps; no lot is
// ever moved to grow.
extension LotStore {
    /// The order of a list's first block, with one lot, and of those that follow, with three.
    @usableFromInline static var firstOrder: Int { 0 }
    @usableFromInline static var laterOrder: Int { 1 }

    /// How many lots a block of an order has room for: one or three.
    @inlinable @inline(__always)
    static func lotPlaces(order: Int) -> UInt8 { UInt8(truncatingIfNeeded: 2 &* order &+ 1) }

    /// A block seen as a piece of a queue.
    @safe @frozen @usableFromInline
    struct QueueBlock {
        // SAFETY: a whole block of the slab, 64 or 128 bytes; callers drop it before they give the block back.
        @usableFromInline let address: UnsafeMutableRawPointer

        @inlinable @inline(__always)
        init(_ address: UnsafeMutableRawPointer) { unsafe self.address = address }

        // SAFETY (all accessors): `address` is a whole block of a live list, which `LotStore` made: every
        // offset below 64 is inside it, aligned, and initialised when the block was linked.
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
        /// For how many lots the block is: 1 or 3.
        @inlinable @inline(__always)
        var places: UInt8 { unsafe address.load(fromByteOffset: 10, as: UInt8.self) }
        @inlinable @inline(__always)
        var order: Int { Int(places) >> 1 }
        @inlinable @inline(__always)
        var end: UInt8 { first &+ count }

        /// Makes the block the last of a list, with one lot at its beginning.
        @inlinable @inline(__always)
        func begin(after previous: UInt32, places: UInt8) {
            unsafe address.storeBytes(of: UInt64(previous), as: UInt64.self)
            unsafe address.storeBytes(of: 1 << 8 | UInt32(places) << 16, toByteOffset: 8, as: UInt32.self)
        }

        /// Lot `index` of the block, below `places`.
        @inlinable @inline(__always)
        func lot(_ index: UInt8) -> UnsafeMutablePointer<Lot> {
            unsafe (address + (32 &+ Int(index) &* 32)).assumingMemoryBound(to: Lot.self)
        }
    }

    // SAFETY: callers pass the number of a block of a live list.
    @inlinable @inline(__always)
    func queueBlock(_ block: UInt32) -> QueueBlock { unsafe QueueBlock(slab.address(block)) }

    @inlinable
    func queueHasRoom(_ list: LotList) -> Bool {
        if list.count == 0 { return slab.hasRoom(order: Self.firstOrder) }
        let last = queueBlock(list.tail)
        return last.end < last.places || slab.hasRoom(order: Self.laterOrder)
    }

    @inlinable @inline(__always)
    mutating func queueAppend(_ lot: Lot, to list: inout LotList) -> Bool {
        var order = Self.firstOrder
        if list.count != 0 {
            let last = queueBlock(list.tail)
            let end = last.end
            if end < last.places {
                // SAFETY: end < places.
                unsafe last.lot(end).pointee = lot
                last.count &+= 1
                list.openCount &+= 1
                return true
            }
            order = Self.laterOrder
        }
        let taken = slab.take(order: order)
        if taken == 0 { return false }
        let block = queueBlock(taken)
        block.begin(after: list.tail, places: Self.lotPlaces(order: order))
        // SAFETY: a block has room for one lot at least.
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
        slab.give(emptied, order: block.order)
    }

    @inlinable @inline(__always)
    mutating func unlink(_ emptied: UInt32, from list: inout LotList) {
        let block = queueBlock(emptied)
        let previous = block.previous
        let next = block.next
        if previous == 0 { list.head = next } else { queueBlock(previous).next = next }
        if next == 0 { list.tail = previous } else { queueBlock(next).previous = previous }
        slab.give(emptied, order: block.order)
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
