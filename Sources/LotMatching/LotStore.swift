public import FixedPoint

/// Open lots of all positions of a book, in memory that is reserved at start.
///
/// This room knows how lots are kept and in which order they close. It does not know fills, books,
/// duplicates or money beyond price x quantity. `fifo` and `lifo` keep a list of small blocks (every
/// operation a constant number of steps, nothing is ever copied to grow); `hifo` and `lofo` keep a heap
/// (logarithmic); `average` keeps no lots here. One thread at a time; nothing here allocates after `init`.
@frozen
public struct LotStore: ~Copyable {
    @usableFromInline var slab: BlockSlab

    /// Room for `lotsMax` open lots, whatever lists they are in: a `fifo` or `lifo` list of one lot takes a block of
    /// 64 bytes, longer ones 96 bytes a lot at most and 43 where they are long; a heap of one lot takes 256, larger ones less
    /// a lot. Memory is asked for here, and touched when first used or by `prefault`.
    ///
    /// Four blocks a lot for the dearest list there is, and an eighth more. The first blocks of queues, of which there
    /// is at most one a lot, come from there before they are cut from what heaps need in one piece.
    public init(lotsMax: Int) {
        precondition(lotsMax > 0 && lotsMax < Int(UInt32.max))
        slab = BlockSlab(
            blockCount: UInt32(min(lotsMax * 4 + lotsMax / 8 + 1, Int(UInt32.max) - 1)))
    }

    /// Bytes that `count` lots take when each is alone in its `fifo` or `lifo` list, and what they take at most in
    /// such lists, which is in pairs.
    public static func queueBytes(ofLots count: Int) -> (alone: Int, atMost: Int) {
        let first = BlockSlab.blockBytes << firstOrder
        return (count * first, count * (first + BlockSlab.blockBytes << laterOrder) / 2)
    }

    /// The reserved memory, so that its owner can advise the kernel about its pages. Never to be written.
    public var reserve: UnsafeRawBufferPointer {
        // SAFETY: the slab reserved one block more than it hands out.
        unsafe UnsafeRawBufferPointer(
            start: slab.base, count: (Int(slab.blockCount) + 1) * BlockSlab.blockBytes)
    }

    /// Bytes that blocks have ever touched, for capacity reports.
    public var touchedBytes: Int { Int(slab.untouched) * BlockSlab.blockBytes }

    /// Touches the first `bytes` of the reserve, so that no page fault comes later. Off the hot path.
    public mutating func prefault(bytes: Int) {
        let end = min(bytes, (Int(slab.blockCount) + 1) * BlockSlab.blockBytes)
        var offset = Int(slab.untouched) * BlockSlab.blockBytes
        while offset < end {
            // SAFETY: offset < end <= the slab's size, and no block at or after `untouched` is in use.
            unsafe (slab.base + offset).storeBytes(of: 0, as: UInt8.self)
            offset += 4096
        }
    }

    /// Whether one more lot can be appended to `list`.
    @inlinable @inline(__always)
    public func hasRoom(in list: LotList, method: LotMethod) -> Bool {
        switch method {
        case .fifo, .lifo: queueHasRoom(list)
        case .hifo, .lofo: heapHasRoom(list)
        case .average: true
        }
    }

    /// Opens a lot. Returns false, with nothing changed, when the store is full. Opening sequence numbers
    /// of one list must rise.
    @inlinable @inline(__always)
    public mutating func append(_ lot: Lot, to list: inout LotList, method: LotMethod) -> Bool {
        switch method {
        case .fifo, .lifo: queueAppend(lot, to: &list)
        case .hifo, .lofo: heapPush(lot, to: &list, flip: Self.flip(method))
        case .average: preconditionFailure("average keeps no lots")
        }
    }

    /// The address of the lot that closes next, for a prefetch; nil when none is open. Only a hint.
    @inlinable @inline(__always)
    public func nextAddress(in list: LotList, method: LotMethod) -> UnsafeRawPointer? {
        if list.isEmpty { return nil }
        // SAFETY: a list that is not empty holds valid block numbers.
        return unsafe UnsafeRawPointer(slab.address(method == .lifo ? list.tail : list.head))
    }

    /// Closes `quantity`, which must not exceed what is open, in the order of `method`. Calls `body` for
    /// each lot touched, with the lot as it was and the quantity taken from it, and returns the sum of
    /// opening price x quantity, wrapped to 128 bits (see `previewClose`).
    @inlinable @inline(__always)
    public mutating func close(
        _ quantity: Quantity, in list: inout LotList, method: LotMethod,
        _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) -> Int128 {
        switch method {
        case .fifo: queueCloseFront(quantity, in: &list, body)
        case .lifo: queueCloseBack(quantity, in: &list, body)
        case .hifo, .lofo: heapClose(quantity, in: &list, flip: Self.flip(method), body)
        case .average: preconditionFailure("average keeps no lots")
        }
    }

    /// What `close` would do, without doing it: the same calls of `body` in the same order. For amounts so
    /// large that a sum might not fit; not for the hot path.
    public mutating func previewClose(
        _ quantity: Quantity, in list: LotList, method: LotMethod,
        _ body: (_ lot: Lot, _ taken: Quantity) -> Void
    ) {
        switch method {
        case .fifo: queuePreviewFront(quantity, in: list, body)
        case .lifo: queuePreviewBack(quantity, in: list, body)
        case .hifo, .lofo: heapPreview(quantity, in: list, flip: Self.flip(method), body)
        case .average: preconditionFailure("average keeps no lots")
        }
    }

    /// Every open lot in the order of opening. Allocates for `hifo` and `lofo`; not for the hot path.
    public func lots(in list: LotList, method: LotMethod) -> [Lot] {
        var result: [Lot] = []
        result.reserveCapacity(Int(list.count))
        switch method {
        case .fifo, .lifo: queueForEach(in: list) { result.append($0) }
        case .hifo, .lofo:
            heapForEach(in: list) { result.append($0) }
            result.sort { $0.openSeq < $1.openSeq }
        case .average: break
        }
        return result
    }

    /// Calls `body` for every open lot, in no particular order. Allocates nothing.
    public func forEach(in list: LotList, method: LotMethod, _ body: (Lot) -> Void) {
        switch method {
        case .fifo, .lifo: queueForEach(in: list, body)
        case .hifo, .lofo: heapForEach(in: list, body)
        case .average: break
        }
    }

    /// The open lot that `isNamed` says yes to, the one opened first if there are several, or nil. Only lots
    /// with the same `tag` are asked about. Steps grow with the open lots of this one position.
    public func find(tag: UInt32, in list: LotList, method: LotMethod, isNamed: (Lot) -> Bool) -> Lot? {
        var found: Lot?
        func consider(_ lot: Lot) {
            guard lot.tag == tag, isNamed(lot) else { return }
            if let earlier = found, earlier.openSeq < lot.openSeq { return }
            found = lot
        }
        switch method {
        case .fifo, .lifo: queueForEach(in: list, consider)
        case .hifo, .lofo: heapForEach(in: list, consider)
        case .average: break
        }
        return found
    }

    /// Takes `quantity` from the lot with this opening number, wherever it stands, and removes the lot when
    /// nothing is left. The lot must be open and have as much.
    public mutating func reduce(
        openSeq: UInt64, by quantity: Quantity, in list: inout LotList, method: LotMethod
    ) {
        switch method {
        case .fifo, .lifo: queueReduce(openSeq: openSeq, by: quantity, in: &list)
        case .hifo, .lofo: heapReduce(openSeq: openSeq, by: quantity, in: &list, flip: Self.flip(method))
        case .average: preconditionFailure("average keeps no lots")
        }
    }

    /// Turns "highest first" into "lowest first" without overflow: ~price falls as price rises.
    @inlinable @inline(__always)
    static func flip(_ method: LotMethod) -> Int64 { method == .hifo ? -1 : 0 }
}
