/// Digits collected into 64 bits, remembering whether they ever stopped fitting.
struct DecimalMagnitude {
    private(set) var value: UInt64 = 0
    private(set) var overflowed = false

    mutating func append(_ digit: UInt64) {
        let tenfold = value.multipliedReportingOverflow(by: 10)
        let sum = tenfold.partialValue.addingReportingOverflow(digit)
        value = sum.partialValue
        overflowed = overflowed || tenfold.overflow || sum.overflow
    }

    mutating func scale(byPowerOfTen exponent: Int) {
        let scaled = value.multipliedReportingOverflow(by: powerOfTen64(exponent))
        value = scaled.partialValue
        overflowed = overflowed || scaled.overflow
    }

    /// Nil when the value does not fit; a negative one reaches down to Int64.min.
    func signed(isNegative: Bool) -> Int64? {
        if overflowed { return nil }
        if isNegative { return value <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- value) : nil }
        return Int64(exactly: value)
    }
}

/// The value of an ASCII digit, or nil.
func decimalDigit(_ byte: UInt8) -> UInt64? {
    let digit = byte &- UInt8(ascii: "0")
    return digit <= 9 ? UInt64(digit) : nil
}

/// 10^exponent, for 0...19: all that UInt64 holds.
func powerOfTen64(_ exponent: Int) -> UInt64 {
    powersOfTen64[exponent]
}

private let powersOfTen64: InlineArray<20, UInt64> = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]
