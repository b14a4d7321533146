/// A sum of exact numbers of different scales that stays exact: what the positions of an account come to, whose
/// instruments all count in their own units. Numbers can be taken out again, so that a total follows its parts.
///
/// Value type, any thread. Allocates for each scale that occurs, of which there are few.
public struct ExactSum: Sendable {
    /// One part a scale, in order of decimals. 2^128 numbers of 128 bits fit 256, so no part can overflow.
    private var parts: [(decimals: Int, units: Int256)] = []

    /// Nothing at all.
    public init() {}

    /// Adds units x 10^-decimals; decimals are 0...54.
    public mutating func add(_ units: Int128, decimals: Int) { add(Int256(units), decimals: decimals) }

    /// Takes out what was added.
    public mutating func subtract(_ units: Int128, decimals: Int) {
        add(Int256(units).negated, decimals: decimals)
    }

    /// Adds all parts of another sum.
    public mutating func add(_ other: ExactSum) {
        for part in other.parts { add(part.units, decimals: part.decimals) }
    }

    /// Takes out all parts of another sum.
    public mutating func subtract(_ other: ExactSum) {
        for part in other.parts { add(part.units.negated, decimals: part.decimals) }
    }

    private mutating func add(_ units: Int256, decimals: Int) {
        precondition(decimals >= 0 && decimals <= ExactSum.decimalsMax, "a scale has 0...54 decimals")
        let place = parts.firstIndex { $0.decimals >= decimals } ?? parts.count
        if place == parts.count || parts[place].decimals != decimals {
            parts.insert((decimals, .zero), at: place)
        }
        parts[place].units = ExactSum.sum(parts[place].units, units)
    }

    /// The most decimals that money has.
    private static var decimalsMax: Int { 54 }

    /// The sum as a plain exact decimal: no exponent, no trailing zeros. Allocates the string.
    public var text: String {
        var (whole, fraction) = floor
        let isNegative = whole.isNegative
        if isNegative && fraction != .zero {
            // -2 + 0.3 is -1.7: the fraction counts from the other side.
            whole = ExactSum.sum(whole, Int256(1))
            fraction = ExactSum.sum(ExactSum.one, fraction.negated)
        }
        var digits: [UInt8] = []
        if isNegative { digits.append(UInt8(ascii: "-")) }
        appendDecimal(whole.isNegative ? whole.negated : whole, decimals: 0, to: &digits)
        var decimals: [UInt8] = []
        appendDecimal(fraction, decimals: ExactSum.decimalsMax, to: &decimals)
        digits += decimals.dropFirst()  // The 0 before its point.
        return String(decoding: digits, as: UTF8.self)
    }

    /// Below, at or above zero as this sum is less than, equal to or more than the other.
    public func compared(to other: ExactSum) -> Int {
        let (left, right) = (floor, other.floor)
        if left.whole != right.whole { return left.whole < right.whole ? -1 : 1 }
        if left.fraction != right.fraction { return left.fraction < right.fraction ? -1 : 1 }
        return 0
    }

    /// The largest whole number that is not above the sum, and what is left, in units of 10^-54, never negative.
    private var floor: (whole: Int256, fraction: Int256) {
        var whole = Int256.zero
        var fraction = Int256.zero
        for part in parts {
            let split = ExactSum.split(part.units, decimals: part.decimals)
            whole = ExactSum.sum(whole, split.whole)
            fraction = ExactSum.sum(fraction, split.fraction)
        }
        // At most 55 scales, so the fractions come to less than 2^186.
        let carried = ExactSum.split(fraction, decimals: ExactSum.decimalsMax)
        whole = ExactSum.sum(whole, carried.whole)
        fraction = carried.fraction
        if fraction.isNegative {
            whole = ExactSum.sum(whole, Int256(-1))
            fraction = ExactSum.sum(fraction, ExactSum.one)
        }
        return (whole, fraction)
    }

    /// One in units of 10^-54.
    private static let one: Int256 = scaled(Int256(1), by: decimalsMax)

    /// Towards zero; the fraction in units of 10^-54 with the sign of the number.
    private static func split(_ units: Int256, decimals: Int) -> (whole: Int256, fraction: Int256) {
        var whole = units
        let lowDigits = min(decimals, 38)
        let low = whole.divideMagnitude(by: power(lowDigits))
        let high = whole.divideMagnitude(by: power(decimals - lowDigits))
        let rest = sum(scaled(Int256(magnitude: high), by: lowDigits), Int256(magnitude: low))
        let fraction = scaled(rest, by: decimalsMax - decimals)
        return (whole, units.isNegative ? fraction.negated : fraction)
    }

    private static func power(_ exponent: Int) -> UInt128 {
        UInt128(powerOfTen64(min(exponent, 19))) * UInt128(powerOfTen64(max(0, exponent - 19)))
    }

    private static func scaled(_ value: Int256, by exponent: Int) -> Int256 {
        guard let scaled = value.multiplied(byPowerOfTen: exponent) else {
            preconditionFailure("a fraction of 54 decimals fits 256 bits")
        }
        return scaled
    }

    private static func sum(_ left: Int256, _ right: Int256) -> Int256 {
        guard let sum = left.adding(right) else {
            preconditionFailure("a sum of 128-bit numbers fits 256 bits")
        }
        return sum
    }
}
