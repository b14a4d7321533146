/// An exact fraction, for figures that no decimal can write. Not reduced: comparisons multiply across.
public struct Rational: Sendable {
    /// Any sign.
    public let numerator: BigInteger
    /// Above zero.
    public let denominator: BigInteger

    /// numerator / denominator; the denominator is not zero.
    public init(_ numerator: BigInteger, over denominator: BigInteger = 1) {
        precondition(denominator != .zero, "division by zero")
        self.numerator = denominator.isNegative ? -numerator : numerator
        self.denominator = denominator.magnitude
    }

    /// units x 10^-decimals.
    public init(_ units: BigInteger, decimals: Int) {
        self.init(units, over: .powerOfTen(decimals))
    }

    /// From a decimal such as "-0.25" or "1e-27"; nil when it is none.
    public init?(decimal text: String) {
        let parts = text.split(separator: "e", omittingEmptySubsequences: false)
        guard let mantissa = parts.first, parts.count <= 2 else { return nil }
        let exponent = parts.count == 2 ? Int(parts[1]) : 0
        let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        guard let exponent, halves.count <= 2, let digits = BigInteger(halves.joined()) else { return nil }
        let scale = exponent - (halves.count == 2 ? halves[1].count : 0)
        if scale < 0 {
            self.init(digits, over: .powerOfTen(-scale))
        } else {
            self.init(digits * .powerOfTen(scale))
        }
    }

    /// The same number without a sign.
    public var magnitude: Rational { Rational(numerator.magnitude, over: denominator) }
}

extension Rational: Comparable {
    /// By value.
    public static func == (left: Rational, right: Rational) -> Bool {
        left.numerator * right.denominator == right.numerator * left.denominator
    }

    /// By value.
    public static func < (left: Rational, right: Rational) -> Bool {
        left.numerator * right.denominator < right.numerator * left.denominator
    }
}

extension Rational {
    /// The sum.
    public static func + (left: Rational, right: Rational) -> Rational {
        Rational(
            left.numerator * right.denominator + right.numerator * left.denominator,
            over: left.denominator * right.denominator)
    }

    /// The difference.
    public static func - (left: Rational, right: Rational) -> Rational {
        left + Rational(-right.numerator, over: right.denominator)
    }

    /// The product.
    public static func * (left: Rational, right: Rational) -> Rational {
        Rational(left.numerator * right.numerator, over: left.denominator * right.denominator)
    }

    /// The quotient; the divisor is not zero.
    public static func / (left: Rational, right: Rational) -> Rational {
        Rational(left.numerator * right.denominator, over: left.denominator * right.numerator)
    }
}

extension Rational: CustomStringConvertible {
    /// numerator/denominator.
    public var description: String {
        denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)"
    }
}
