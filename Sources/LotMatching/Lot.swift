public import FixedPoint

/// One open lot: what is left of an opening fill. 32 bytes, so two share a cache line.
///
/// The side of a lot is the side of its position; long and short lots are never open together.
@frozen
public struct Lot: Equatable, Sendable {
    /// The opening fill's price.
    public var price: Price
    /// What is still open, > 0.
    public var remaining: Quantity
    /// The opening record's sequence number: the order of opening, and the tie-break.
    public var openSeq: UInt64
    /// The caller's reference to what it keeps about the opening fill; not interpreted here.
    public var opening: UInt32
    /// The caller's short hash of the lot's name, for `LotStore.find`; not interpreted here.
    public var tag: UInt32

    /// A new lot.
    @inlinable @inline(__always)
    public init(price: Price, remaining: Quantity, openSeq: UInt64, opening: UInt32, tag: UInt32) {
        self.price = price
        self.remaining = remaining
        self.openSeq = openSeq
        self.opening = opening
        self.tag = tag
    }
}

/// The open lots of one position, as a position stores them: 12 bytes that only a `LotStore` can read.
///
/// A list belongs to the store and the method that first appended to it.
@frozen
public struct LotList: Equatable, Sendable {
    @usableFromInline var head: UInt32
    @usableFromInline var tail: UInt32
    /// How many lots are open.
    public var count: UInt32 { openCount }
    @usableFromInline var openCount: UInt32

    /// A list with no lots, which holds no memory.
    @inlinable @inline(__always)
    public init() {
        head = 0
        tail = 0
        openCount = 0
    }

    /// Whether no lot is open.
    @inlinable @inline(__always)
    public var isEmpty: Bool { count == 0 }
}
