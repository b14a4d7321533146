/// Exact numbers. This room knows what a price, a quantity and an amount of money are as integers, how
/// text becomes one and how one becomes text. It knows nothing of lots, books, files or memory.

/// A quantity in units of 10^-decimals of its instrument. Signed where it is a position.
@frozen
public struct Quantity: Hashable, Comparable, Sendable {
    /// The count of units.
    public var units: Int64

    /// Wraps a count of units; nothing is checked or changed.
    @inlinable @inline(__always)
    public init(units: Int64) { self.units = units }

    /// No quantity at all.
    @inlinable public static var zero: Quantity { Quantity(units: 0) }

    /// Whether `left` is a smaller count of units; both of one scale.
    @inlinable @inline(__always)
    public static func < (left: Quantity, right: Quantity) -> Bool { left.units < right.units }
}

/// A price in units of 10^-decimals of its instrument. Zero and negative prices are legal.
@frozen
public struct Price: Hashable, Comparable, Sendable {
    /// The count of units.
    public var units: Int64

    /// Wraps a count of units; nothing is checked or changed.
    @inlinable @inline(__always)
    public init(units: Int64) { self.units = units }

    /// Whether `left` is a lower price; both of one scale.
    @inlinable @inline(__always)
    public static func < (left: Price, right: Price) -> Bool { left.units < right.units }
}

/// An amount of money in units of 10^-(price decimals + quantity decimals + multiplier decimals).
@frozen
public struct Money: Hashable, Comparable, Sendable {
    /// The count of units.
    public var units: Int128

    /// Wraps a count of units; nothing is checked or changed.
    @inlinable @inline(__always)
    public init(units: Int128) { self.units = units }

    /// No money at all.
    @inlinable public static var zero: Money { Money(units: 0) }

    /// Whether `left` is less money; both of one scale.
    @inlinable @inline(__always)
    public static func < (left: Money, right: Money) -> Bool { left.units < right.units }
}

extension Price {
    /// price x quantity, exact: two 64-bit factors always fit 128 bits. Allocates nothing.
    @inlinable @inline(__always)
    public func times(_ quantity: Quantity) -> Int128 {
        let product = units.multipliedFullWidth(by: quantity.units)
        return Int128(high: product.high, low: product.low)
    }
}

extension Int128 {
    /// From its two halves, as shared memory stores them. Allocates nothing.
    @inlinable @inline(__always)
    public init(high: Int64, low: UInt64) { self.init(_low: low, _high: high) }
}
