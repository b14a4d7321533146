/// A sign and a magnitude of 256 bits, exact, for output: aligning scales that 128 bits cannot hold, and one
/// correctly rounded division. Not for the hot path. Value type, any thread, allocates nothing.
///
/// What does not fit is answered with nil, never wrapped.
public struct Int256: Hashable, Sendable {
    /// True for numbers below zero; zero is never negative.
    public private(set) var isNegative: Bool
    var magnitudeHigh: UInt128
    var magnitudeLow: UInt128

    private init(isNegative: Bool, high: UInt128, low: UInt128) {
        self.isNegative = isNegative && (high != 0 || low != 0)
        self.magnitudeHigh = high
        self.magnitudeLow = low
    }

    /// The same number, wider.
    public init(_ value: Int128) {
        self.init(isNegative: value < 0, high: 0, low: value.magnitude)
    }

    /// A number that is not negative.
    init(magnitude: UInt128) {
        self.init(isNegative: false, high: 0, low: magnitude)
    }

    /// No amount at all.
    public static var zero: Int256 { Int256(0) }

    /// The number with the other sign.
    public var negated: Int256 { Int256(isNegative: !isNegative, high: magnitudeHigh, low: magnitudeLow) }

    /// The sum, or nil when its magnitude needs more than 256 bits.
    public func adding(_ other: Int256) -> Int256? {
        if isNegative == other.isNegative {
            let low = magnitudeLow.addingReportingOverflow(other.magnitudeLow)
            let high = magnitudeHigh.addingReportingOverflow(other.magnitudeHigh)
            let carried = high.partialValue.addingReportingOverflow(low.overflow ? 1 : 0)
            if high.overflow || carried.overflow { return nil }
            return Int256(isNegative: isNegative, high: carried.partialValue, low: low.partialValue)
        }
        if Int256.isMagnitude(of: self, below: other) {
            return Int256.difference(other, self, isNegative: other.isNegative)
        }
        return Int256.difference(self, other, isNegative: isNegative)
    }

    /// The difference, or nil when its magnitude needs more than 256 bits.
    public func subtracting(_ other: Int256) -> Int256? { adding(other.negated) }

    /// The number x 10^exponent for an exponent from 0, or nil when it needs more than 256 bits.
    public func multiplied(byPowerOfTen exponent: Int) -> Int256? {
        precondition(exponent >= 0, "a power of ten from 10^0")
        var result = self
        var rest = exponent
        while rest > 0 {
            let step = min(rest, 19)
            guard let larger = result.multipliedMagnitude(by: UInt128(powerOfTen64(step))) else { return nil }
            result = larger
            rest -= step
        }
        return result
    }

    /// The quotient rounded to the nearest whole number, halves to the even one. The divisor is not zero.
    public func dividedHalfEven(by divisor: Int256) -> Int256 {
        precondition(divisor != .zero, "division by zero")
        let (quotient, remainder) = Int256.divideMagnitudes(self, divisor)
        let sign = isNegative != divisor.isNegative
        let rest = Int256.difference(divisor, remainder, isNegative: false)
        let isAboveHalf = Int256.isMagnitude(of: rest, below: remainder)
        let isHalf = rest == remainder
        let isOdd = quotient.magnitudeLow & 1 == 1
        let roundsUp = isAboveHalf || (isHalf && isOdd)
        // No carry out of 256 bits: a quotient of all ones has divisor 1 and so remainder 0.
        let low = quotient.magnitudeLow.addingReportingOverflow(roundsUp ? 1 : 0)
        let high = quotient.magnitudeHigh + (low.overflow ? 1 : 0)
        return Int256(isNegative: sign, high: high, low: low.partialValue)
    }

    /// Divides the magnitude in place, towards zero, and returns the remainder.
    mutating func divideMagnitude(by divisor: UInt128) -> UInt128 {
        let (high, carry) = magnitudeHigh.quotientAndRemainder(dividingBy: divisor)
        let (low, remainder) = divisor.dividingFullWidth((carry, magnitudeLow))
        self = Int256(isNegative: isNegative, high: high, low: low)
        return remainder
    }

    private func multipliedMagnitude(by factor: UInt128) -> Int256? {
        let low = magnitudeLow.multipliedFullWidth(by: factor)
        let high = magnitudeHigh.multipliedReportingOverflow(by: factor)
        let carried = high.partialValue.addingReportingOverflow(low.high)
        if high.overflow || carried.overflow { return nil }
        return Int256(isNegative: isNegative, high: carried.partialValue, low: low.low)
    }
}

extension Int256: Comparable {
    /// By value, whatever the signs.
    public static func < (left: Int256, right: Int256) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? isMagnitude(of: right, below: left) : isMagnitude(of: left, below: right)
    }
}

extension Int128 {
    /// The same number when 128 bits hold it.
    public init?(exactly value: Int256) {
        guard value.magnitudeHigh == 0 else { return nil }
        if value.isNegative {
            guard value.magnitudeLow <= Int128.min.magnitude else { return nil }
            self = Int128(truncatingIfNeeded: 0 &- value.magnitudeLow)
        } else {
            self.init(exactly: value.magnitudeLow)
        }
    }
}

extension Int256 {
    private static func isMagnitude(of left: Int256, below right: Int256) -> Bool {
        if left.magnitudeHigh != right.magnitudeHigh { return left.magnitudeHigh < right.magnitudeHigh }
        return left.magnitudeLow < right.magnitudeLow
    }

    /// |left| - |right| for |left| >= |right|.
    private static func difference(_ left: Int256, _ right: Int256, isNegative: Bool) -> Int256 {
        let low = left.magnitudeLow.subtractingReportingOverflow(right.magnitudeLow)
        let high = left.magnitudeHigh - right.magnitudeHigh - (low.overflow ? 1 : 0)
        return Int256(isNegative: isNegative, high: high, low: low.partialValue)
    }

    /// |dividend| / |divisor| towards zero, and the remainder, both without sign.
    private static func divideMagnitudes(
        _ dividend: Int256, _ divisor: Int256
    ) -> (quotient: Int256, remainder: Int256) {
        if divisor.magnitudeHigh == 0 {
            var quotient = Int256(isNegative: false, high: dividend.magnitudeHigh, low: dividend.magnitudeLow)
            let remainder = quotient.divideMagnitude(by: divisor.magnitudeLow)
            return (quotient, Int256(isNegative: false, high: 0, low: remainder))
        }
        return divideByWide(dividend, divisor)
    }

    /// Shift and subtract, for divisors above 128 bits: the quotient then has fewer than 128.
    private static func divideByWide(
        _ dividend: Int256, _ divisor: Int256
    ) -> (quotient: Int256, remainder: Int256) {
        var remainder = Int256(isNegative: false, high: 0, low: dividend.magnitudeHigh)
        let subtrahend = Int256(isNegative: false, high: divisor.magnitudeHigh, low: divisor.magnitudeLow)
        var quotient: UInt128 = 0
        for bit in stride(from: 127, through: 0, by: -1) {
            let isTopSet = remainder.magnitudeHigh >> 127 == 1
            let next = dividend.magnitudeLow >> UInt128(bit) & 1
            let shifted = Int256(
                isNegative: false,
                high: remainder.magnitudeHigh << 1 | remainder.magnitudeLow >> 127,
                low: remainder.magnitudeLow << 1 | next)
            quotient <<= 1
            if isTopSet || !isMagnitude(of: shifted, below: subtrahend) {
                // The shift may have dropped a bit at the top; the subtraction takes it back modulo 2^256.
                let low = shifted.magnitudeLow.subtractingReportingOverflow(subtrahend.magnitudeLow)
                let high = shifted.magnitudeHigh &- subtrahend.magnitudeHigh &- (low.overflow ? 1 : 0)
                remainder = Int256(isNegative: false, high: high, low: low.partialValue)
                quotient |= 1
            } else {
                remainder = shifted
            }
        }
        return (Int256(isNegative: false, high: 0, low: quotient), remainder)
    }
}
