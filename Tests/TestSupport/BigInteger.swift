/// A whole number of any size, for oracles: sign and magnitude in limbs of 32 bits, with the arithmetic of
/// the schoolroom. It shares no code with what it judges, and nothing in it can overflow.
public struct BigInteger: Hashable, Sendable {
    /// True below zero; zero is never negative.
    public let isNegative: Bool
    /// Least significant first, with no zero at the end; zero has no limbs.
    private let limbs: [UInt32]

    private init(isNegative: Bool, limbs: [UInt32]) {
        var trimmed = limbs
        while trimmed.last == 0 { trimmed.removeLast() }
        self.limbs = trimmed
        self.isNegative = isNegative && !trimmed.isEmpty
    }

    /// The same number, with room to grow.
    public init(_ value: some BinaryInteger) {
        var rest = UInt128(value.magnitude)
        var limbs: [UInt32] = []
        while rest != 0 {
            limbs.append(UInt32(truncatingIfNeeded: rest))
            rest >>= 32
        }
        self.init(isNegative: value < 0, limbs: limbs)
    }

    /// From decimal digits such as "-120"; nil when there is anything else.
    public init?(_ text: some StringProtocol) {
        var value = BigInteger.zero
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        guard !digits.isEmpty else { return nil }
        for character in digits {
            guard character.isASCII, let digit = character.wholeNumberValue else { return nil }
            value = value * 10 + BigInteger(digit)
        }
        self = text.first == "-" ? -value : value
    }

    /// Nothing.
    public static let zero = BigInteger(isNegative: false, limbs: [])

    /// The number without its sign.
    public var magnitude: BigInteger { BigInteger(isNegative: false, limbs: limbs) }

    /// Whether two divides it.
    public var isEven: Bool { limbs.first.map { $0 & 1 == 0 } ?? true }

    /// 10^exponent.
    public static func powerOfTen(_ exponent: Int) -> BigInteger {
        var result = BigInteger(1)
        for _ in 0..<exponent { result = result * 10 }
        return result
    }

    /// 2^exponent.
    public static func powerOfTwo(_ exponent: Int) -> BigInteger {
        let limbs = [UInt32](repeating: 0, count: exponent / 32) + [UInt32(1) << UInt32(exponent % 32)]
        return BigInteger(isNegative: false, limbs: limbs)
    }

    /// Whether two's complement of this many bits can hold it.
    public func fits(bits: Int) -> Bool {
        let bound = BigInteger.powerOfTwo(bits - 1)
        return -bound <= self && self < bound
    }
}

extension BigInteger: ExpressibleByIntegerLiteral {
    /// A literal of up to 64 bits.
    public init(integerLiteral value: Int64) { self.init(value) }
}

extension BigInteger: Comparable {
    /// By value, whatever the signs.
    public static func < (left: BigInteger, right: BigInteger) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let order = compare(left.limbs, right.limbs)
        return left.isNegative ? order > 0 : order < 0
    }

    /// -1, 0 or 1 as the left magnitude is below, at or above the right one.
    private static func compare(_ left: [UInt32], _ right: [UInt32]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return 0
    }
}

extension BigInteger {
    /// The number with the other sign.
    public static prefix func - (value: BigInteger) -> BigInteger {
        BigInteger(isNegative: !value.isNegative, limbs: value.limbs)
    }

    /// The sum.
    public static func + (left: BigInteger, right: BigInteger) -> BigInteger {
        if left.isNegative == right.isNegative {
            return BigInteger(isNegative: left.isNegative, limbs: sum(left.limbs, right.limbs))
        }
        if compare(left.limbs, right.limbs) >= 0 {
            return BigInteger(isNegative: left.isNegative, limbs: difference(left.limbs, right.limbs))
        }
        return BigInteger(isNegative: right.isNegative, limbs: difference(right.limbs, left.limbs))
    }

    /// The difference.
    public static func - (left: BigInteger, right: BigInteger) -> BigInteger { left + -right }

    /// Adds.
    public static func += (left: inout BigInteger, right: BigInteger) { left = left + right }

    /// Subtracts.
    public static func -= (left: inout BigInteger, right: BigInteger) { left = left + -right }

    /// The product.
    public static func * (left: BigInteger, right: BigInteger) -> BigInteger {
        var limbs = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (i, a) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (j, b) in right.limbs.enumerated() {
                // (2^32 - 1)^2 + 2 x (2^32 - 1) = 2^64 - 1: a column and its carry always fit.
                let column = UInt64(a) * UInt64(b) + UInt64(limbs[i + j]) + carry
                limbs[i + j] = UInt32(truncatingIfNeeded: column)
                carry = column >> 32
            }
            limbs[i + right.limbs.count] = UInt32(carry)
        }
        return BigInteger(isNegative: left.isNegative != right.isNegative, limbs: limbs)
    }

    private static func sum(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var carry: UInt64 = 0
        for index in 0..<max(left.count, right.count) {
            let a = index < left.count ? UInt64(left[index]) : 0
            let b = index < right.count ? UInt64(right[index]) : 0
            result.append(UInt32(truncatingIfNeeded: a + b + carry))
            carry = (a + b + carry) >> 32
        }
        return result + [UInt32(carry)]
    }

    /// |left| - |right| for |left| >= |right|.
    private static func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var borrow: Int64 = 0
        for index in left.indices {
            let column = Int64(left[index]) - borrow - (index < right.count ? Int64(right[index]) : 0)
            borrow = column < 0 ? 1 : 0
            result.append(UInt32(column + borrow << 32))
        }
        return result
    }
}

extension BigInteger {
    /// Quotient towards zero and remainder with the sign of the dividend. The divisor is not zero.
    public func quotientAndRemainder(
        dividingBy divisor: BigInteger
    ) -> (quotient: BigInteger, remainder: BigInteger) {
        precondition(divisor != .zero, "division by zero")
        let (quotient, remainder) =
            divisor.limbs.count <= 2
            ? dividedByShort(divisor.limbs.reversed().reduce(0) { $0 << 32 | UInt64($1) })
            : dividedByBits(divisor.magnitude)
        return (
            BigInteger(isNegative: isNegative != divisor.isNegative, limbs: quotient.limbs),
            BigInteger(isNegative: isNegative, limbs: remainder.limbs)
        )
    }

    /// The quotient rounded to the nearest whole number, halves to the even one.
    public func dividedHalfEven(by divisor: BigInteger) -> BigInteger {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        let twice = remainder.magnitude + remainder.magnitude
        let isAway = twice > divisor.magnitude || (twice == divisor.magnitude && !quotient.isEven)
        if !isAway { return quotient }
        return quotient + (isNegative != divisor.isNegative ? -1 : 1)
    }

    /// Long division, a limb at a time: the remainder so far is below 2^64, so with one more limb it fits.
    private func dividedByShort(_ divisor: UInt64) -> (BigInteger, BigInteger) {
        var quotient: [UInt32] = []
        var remainder: UInt128 = 0
        for limb in limbs.reversed() {
            let partial = remainder << 32 | UInt128(limb)
            quotient.append(UInt32(partial / UInt128(divisor)))
            remainder = partial % UInt128(divisor)
        }
        return (BigInteger(isNegative: false, limbs: quotient.reversed()), BigInteger(remainder))
    }

    /// Long division, a bit at a time.
    private func dividedByBits(_ divisor: BigInteger) -> (BigInteger, BigInteger) {
        var quotient = BigInteger.zero
        var remainder = BigInteger.zero
        for bit in (0..<limbs.count * 32).reversed() {
            let next = limbs[bit / 32] >> UInt32(bit % 32) & 1
            remainder = remainder + remainder + BigInteger(next)
            quotient = quotient + quotient
            if remainder >= divisor {
                remainder -= divisor
                quotient += 1
            }
        }
        return (quotient, remainder)
    }
}

extension BigInteger: CustomStringConvertible {
    /// Decimal digits.
    public var description: String {
        var digits: [String] = []
        var rest = magnitude
        while rest != .zero {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            digits.append(String(remainder.limbs.first ?? 0))
            rest = quotient
        }
        return (isNegative ? "-" : "") + (digits.isEmpty ? "0" : digits.reversed().joined())
    }
}

extension Int128 {
    /// The same number when 128 bits hold it.
    public init?(exactly value: BigInteger) {
        guard value.fits(bits: 128) else { return nil }
        let magnitude = value.limbWords.reversed().reduce(UInt128(0)) { $0 << 32 | UInt128($1) }
        self = Int128(truncatingIfNeeded: value.isNegative ? 0 &- magnitude : magnitude)
    }
}

extension Int64 {
    /// The same number when 64 bits hold it.
    public init?(exactly value: BigInteger) {
        guard value.fits(bits: 64), let wide = Int128(exactly: value) else { return nil }
        self.init(wide)
    }
}

extension BigInteger {
    fileprivate var limbWords: [UInt32] { limbs }
}
