public import FixedPoint

// Lots of one position as a heap of four children a node, the next one to close at index 0. Ordered by
// price (flipped for `hifo`) and then by the order of opening, so the order is total and the shape of the
// heap shows nowhere.
//
// The heap lives in segments that never move: segment 0 has lots 0..<4, segment s has lots
// 4 x 2^(s-1) ..< 4 x 2^s. Growing by a segment copies nothing. `list.head` is a table block:
//
//   | segment 0 u32 | segment 1 | ... | segment 25 | unused | segment count u32 (byte 124) |
extension LotStore {
    /// The last segment is a block of the largest order: a heap holds up to 2^27 lots.
    @usableFromInline static var segmentMax: Int { BlockSlab.orderMax &+ 1 }

    /// The order of a table.
    @usableFromInline static var tableOrder: Int { 1 }

    /// How many lots one `hifo` or `lofo` list can hold, whatever room there is.
    public static var heapLotsMax: Int { 1 << 27 }

    /// A heap seen through its table block. Valid until a segment is taken or given.
    // SAFETY: only `heap` makes one, of a live list, and callers drop it before they take or give a segment.
    @safe @frozen @usableFromInline
    struct Heap {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let table: UnsafeMutablePointer<UInt32>
        @usableFromInline let flip: Int64

        @inlinable @inline(__always)
        init(base: UnsafeMutableRawPointer, table: UnsafeMutableRawPointer, flip: Int64) {
            // SAFETY: a table block is 128 bytes, used as 32 words.
            unsafe self.base = base
            unsafe self.table = table.assumingMemoryBound(to: UInt32.self)
            self.flip = flip
        }

        // SAFETY: word 31 is inside the table of 32.
        @inlinable @inline(__always)
        var segmentCount: Int {
            get { unsafe Int(table[31]) }
            nonmutating set { unsafe table[31] = UInt32(truncatingIfNeeded: newValue) }
        }

        /// Where lot `index` lies. Callers pass indices below the capacity of the segments in the table.
        @inlinable @inline(__always)
        func lot(_ index: Int) -> UnsafeMutablePointer<Lot> {
            // SAFETY: index >> 2 == 0 is segment 0; else its highest bit names the segment and what is
            // left is the offset inside it. Segments 0 and 1 have 4 lots, segment s has 4 x 2^(s-1).
            let segment = index < 4 ? 0 : Int.bitWidth &- 2 &- index.leadingZeroBitCount
            let offset = index < 4 ? index : index &- (1 &<< (segment &+ 1))
            let block = unsafe base + Int(table[segment]) &* BlockSlab.blockBytes
            return unsafe (block + offset &* 32).assumingMemoryBound(to: Lot.self)
        }

        @inlinable @inline(__always)
        func precedes(_ a: Lot, _ b: Lot) -> Bool {
            let x = a.price.units ^ flip
            let y = b.price.units ^ flip
            return x < y || (x == y && a.openSeq < b.openSeq)
        }

        /// Puts `value` in the hole at `index`, moving it towards the root as far as it precedes.
        @inlinable
        func siftUp(_ value: Lot, from index: Int) {
            var hole = index
            while hole > 0 {
                let parent = (hole &- 1) >> 2
                // SAFETY: both are indices of the heap.
                let above = unsafe lot(parent).pointee
                if !precedes(value, above) { break }
                unsafe lot(hole).pointee = above
                hole = parent
            }
            unsafe lot(hole).pointee = value
        }

        /// Puts `value` in the hole at `index` of a heap of `count` lots, moving it away from the root.
        @inlinable
        func siftDown(_ value: Lot, from index: Int, count: Int) {
            var hole = index
            while true {
                let child = hole &* 4 &+ 1
                if child >= count { break }
                var best = child
                // SAFETY: child ..< end are indices of the heap.
                var bestLot = unsafe lot(child).pointee
                let end = min(child &+ 4, count)
                var sibling = child &+ 1
                while sibling < end {
                    let candidate = unsafe lot(sibling).pointee
                    if precedes(candidate, bestLot) {
                        best = sibling
                        bestLot = candidate
                    }
                    sibling &+= 1
                }
                if !precedes(bestLot, value) { break }
                unsafe lot(hole).pointee = bestLot
                hole = best
            }
            unsafe lot(hole).pointee = value
        }
    }

    // SAFETY: the head of a live heap list is the block of its table.
    @inlinable @inline(__always)
    func heap(_ list: LotList, flip: Int64) -> Heap {
        unsafe Heap(base: slab.base, table: slab.address(list.head), flip: flip)
    }

    /// How many lots `segments` segments hold.
    @inlinable @inline(__always)
    static func heapCapacity(segments: Int) -> Int { segments == 0 ? 0 : 2 &<< segments }

    /// The block order of a segment: 4, 4, 8, 16 ... lots of 32 bytes in blocks of 64 x 2^order.
    @inlinable @inline(__always)
    static func segmentOrder(_ segment: Int) -> Int { max(segment, 1) }

    @inlinable @inline(__always)
    func heapHasRoom(_ list: LotList) -> Bool {
        if list.count == 0 { return slab.hasRoomForTwo(order: Self.tableOrder) }
        let segments = heap(list, flip: 0).segmentCount
        if Int(list.count) < Self.heapCapacity(segments: segments) { return true }
        return segments < Self.segmentMax && slab.hasRoom(order: Self.segmentOrder(segments))
    }

    @inlinable @inline(__always)
    mutating func heapPush(_ lot: Lot, to list: inout LotList, flip: Int64) -> Bool {
        if list.count == 0 && !heapBegin(&list) { return false }
        let count = Int(list.count)
        if count == Self.heapCapacity(segments: heap(list, flip: flip).segmentCount) && !heapGrow(list) {
            return false
        }
        heap(list, flip: flip).siftUp(lot, from: count)
        list.openCount &+= 1
        return true
    }

    @usableFromInline
    mutating func heapBegin(_ list: inout LotList) -> Bool {
        let table = slab.take(order: Self.tableOrder)
        if table == 0 { return false }
        list.head = table
        heap(list, flip: 0).segmentCount = 0
        if heapGrow(list) { return true }
        slab.give(table, order: Self.tableOrder)
        list.head = 0
        return false
    }

    @usableFromInline
    mutating func heapGrow(_ list: LotList) -> Bool {
        let heap = heap(list, flip: 0)
        let segment = heap.segmentCount
        guard segment < Self.segmentMax else { return false }
        let block = slab.take(order: Self.segmentOrder(segment))
        if block == 0 { return false }
        // SAFETY: segment < segmentMax <= 31 words of the table.
        unsafe heap.table[segment] = block
        heap.segmentCount = segment + 1
        return true
    }

    /// Gives back the last segment when the heap would still be half full without it, and everything when
    /// it is empty.
    @inlinable @inline(__always)
    mutating func heapTrim(_ list: inout LotList) {
        let segments = heap(list, flip: 0).segmentCount
        let count = Int(list.count)
        if count == 0 || (segments > 1 && count <= Self.heapCapacity(segments: segments &- 1) >> 1) {
            heapShrink(&list)
        }
    }

    @usableFromInline
    mutating func heapShrink(_ list: inout LotList) {
        let heap = heap(list, flip: 0)
        repeat {
            let last = heap.segmentCount - 1
            // SAFETY: `last` is a segment in the table; no lot lies in it any more.
            slab.give(unsafe heap.table[last], order: Self.segmentOrder(last))
            heap.segmentCount = last
        } while list.count == 0 && heap.segmentCount > 0
        if list.count == 0 {
            slab.give(list.head, order: Self.tableOrder)
            list.head = 0
        }
    }

    @inlinable @inline(__always)
    mutating func heapClose(
        _ quantity: Quantity, in list: inout LotList, flip: Int64,
        _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) -> Int128 {
        var left = quantity.units
        var cost: Int128 = 0
        while left > 0 {
            precondition(list.count > 0, "more closed than open")
            let heap = heap(list, flip: flip)
            // SAFETY: a heap with lots has one at index 0 and one at count - 1.
            let before = unsafe heap.lot(0).pointee
            let taken = Quantity(units: min(left, before.remaining.units))
            body(before, taken)
            cost = cost &+ before.price.times(taken)
            left &-= taken.units
            if taken == before.remaining {
                let count = Int(list.count) &- 1
                list.openCount &-= 1
                if count > 0 { heap.siftDown(unsafe heap.lot(count).pointee, from: 0, count: count) }
                heapTrim(&list)
            } else {
                unsafe heap.lot(0).pointee.remaining.units = before.remaining.units &- taken.units
            }
        }
        return cost
    }

    /// Takes lots off the top as `heapClose` would, parks each behind the shrinking heap (as heapsort
    /// does), and then pushes them all back. The order is total, so nothing tells that this happened.
    mutating func heapPreview(
        _ quantity: Quantity, in list: LotList, flip: Int64,
        _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) {
        guard quantity.units > 0 else { return }
        let heap = heap(list, flip: flip)
        var left = quantity.units
        var count = Int(list.count)
        while left > 0 {
            precondition(count > 0, "more closed than open")
            // SAFETY: 0 and count - 1 are indices of the heap.
            let top = unsafe heap.lot(0).pointee
            let taken = Quantity(units: min(left, top.remaining.units))
            body(top, taken)
            left -= taken.units
            count -= 1
            let last = unsafe heap.lot(count).pointee
            if count > 0 { heap.siftDown(last, from: 0, count: count) }
            unsafe heap.lot(count).pointee = top
        }
        while count < Int(list.count) {
            heap.siftUp(unsafe heap.lot(count).pointee, from: count)
            count += 1
        }
    }

    func heapForEach(in list: LotList, _ body: (Lot) -> Void) {
        guard list.count > 0 else { return }
        let heap = heap(list, flip: 0)
        // SAFETY: 0 ..< count are the indices of the heap.
        for index in 0..<Int(list.count) { body(unsafe heap.lot(index).pointee) }
    }

    mutating func heapReduce(openSeq: UInt64, by quantity: Quantity, in list: inout LotList, flip: Int64) {
        let heap = heap(list, flip: flip)
        let count = Int(list.count)
        // SAFETY: 0 ..< count are the indices of the heap.
        for index in 0..<count where unsafe heap.lot(index).pointee.openSeq == openSeq {
            let left = unsafe heap.lot(index).pointee.remaining.units - quantity.units
            precondition(left >= 0, "more taken than the lot has")
            if left > 0 {
                unsafe heap.lot(index).pointee.remaining.units = left
                return
            }
            list.openCount -= 1
            let last = unsafe heap.lot(count - 1).pointee
            if index < count - 1 {
                heap.siftDown(last, from: index, count: count - 1)
                // The lot now at `index` may belong higher up: it came from another branch.
                heap.siftUp(unsafe heap.lot(index).pointee, from: index)
            }
            heapTrim(&list)
            return
        }
        preconditionFailure("the lot to reduce is not open")
    }
}

extension BlockSlab {
    /// Whether `take(order:)` would succeed.
    @inlinable
    func hasRoom(order: Int) -> Bool {
        untouchedCount >= UInt32(1) << UInt32(order) || hasFreed(atLeast: order)
    }

    @usableFromInline func hasFreed(atLeast order: Int) -> Bool {
        // SAFETY: order ... orderMax lie inside freeHeads.
        for larger in order...Self.orderMax where unsafe freeHeads[larger] != 0 { return true }
        return false
    }

    /// Whether two blocks of an order are to be had.
    @inlinable @inline(__always)
    func hasRoomForTwo(order: Int) -> Bool {
        if untouchedCount >= UInt32(2) << UInt32(order) { return true }
        return hasTwoFreed(order: order)
    }

    @usableFromInline func hasTwoFreed(order: Int) -> Bool {
        // SAFETY: as in `take`; a freed block's first word is the next one's number or 0.
        let first = unsafe freeHeads[order]
        let second = first == 0 ? 0 : unsafe address(first).load(as: UInt32.self)
        let fresh = Int(untouchedCount >> UInt32(order))
        let whole = (first == 0 ? 0 : 1) + (second == 0 ? 0 : 1) + fresh
        return whole >= 2 || (order < Self.orderMax && hasFreed(atLeast: order + 1))
    }
}
