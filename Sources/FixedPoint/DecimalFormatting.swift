/// The most decimals that formatting takes: money has up to three times 18, and nothing needs more than 72.
public let formattedDecimalsMax = 72

/// Appends units x 10^-decimals as a plain exact decimal: no exponent, no trailing zeros, no `-0`, and a
/// digit before the point. `decimals` is 0...72. Any thread; allocates only when the array must grow.
public func appendDecimal(_ units: Int64, decimals: Int, to text: inout [UInt8]) {
    var digits = DecimalDigits()
    digits.prepend(units.magnitude)
    digits.write(isNegative: units < 0, decimals: decimals, to: &text)
}

/// Appends units x 10^-decimals as a plain exact decimal, as for Int64. Allocates only when the array must
/// grow.
public func appendDecimal(_ units: Int128, decimals: Int, to text: inout [UInt8]) {
    var digits = DecimalDigits()
    digits.prepend(units.magnitude)
    digits.write(isNegative: units < 0, decimals: decimals, to: &text)
}

/// Appends units x 10^-decimals as a plain exact decimal, as for Int64. Allocates only when the array must
/// grow.
public func appendDecimal(_ units: Int256, decimals: Int, to text: inout [UInt8]) {
    var digits = DecimalDigits()
    digits.prepend(units)
    digits.write(isNegative: units.isNegative, decimals: decimals, to: &text)
}

/// Units x 10^-decimals as a plain exact decimal, such as "-0.5". `decimals` is 0...72. Allocates the string.
public func decimalText(_ units: Int64, decimals: Int) -> String {
    decimalText(Int128(units), decimals: decimals)
}

/// Units x 10^-decimals as a plain exact decimal, such as "-0.5". `decimals` is 0...72. Allocates the string.
public func decimalText(_ units: Int128, decimals: Int) -> String {
    decimalText(Int256(units), decimals: decimals)
}

/// Units x 10^-decimals as a plain exact decimal, such as "-0.5". `decimals` is 0...72. Allocates the string.
public func decimalText(_ units: Int256, decimals: Int) -> String {
    var text: [UInt8] = []
    appendDecimal(units, decimals: decimals, to: &text)
    return String(decoding: text, as: UTF8.self)
}

/// The decimal digits of a magnitude, written from the last to the first into a buffer on the stack. 2^256
/// has 78 digits, and a fraction of 72 needs 73.
private struct DecimalDigits {
    private static let capacity = 96
    private var bytes = InlineArray<96, UInt8>(repeating: UInt8(ascii: "0"))
    private var start = DecimalDigits.capacity

    private var count: Int { DecimalDigits.capacity - start }

    /// Writes the digits of `value` before what is there, with leading zeros up to `width`.
    mutating func prepend(_ value: UInt64, width: Int = 0) {
        let startMax = start - width
        var rest = value
        while rest != 0 {
            start -= 1
            bytes[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        start = min(start, startMax)  // The buffer began as zeros.
    }

    mutating func prepend(_ value: UInt128, width: Int = 0) {
        let nineteen = UInt128(powerOfTen64(19))
        let startMax = start - width
        var rest = value
        while rest > UInt128(UInt64.max) {
            let (high, low) = rest.quotientAndRemainder(dividingBy: nineteen)
            prepend(UInt64(truncatingIfNeeded: low), width: 19)
            rest = high
        }
        prepend(UInt64(truncatingIfNeeded: rest))
        start = min(start, startMax)
    }

    mutating func prepend(_ value: Int256) {
        var rest = value
        while rest.magnitudeHigh != 0 {
            let remainder = rest.divideMagnitude(by: tenToThe38)
            prepend(remainder, width: 38)
        }
        prepend(rest.magnitudeLow)
    }

    mutating func write(isNegative: Bool, decimals: Int, to text: inout [UInt8]) {
        precondition(decimals >= 0 && decimals <= formattedDecimalsMax, "decimals are 0...72")
        start = min(start, DecimalDigits.capacity - decimals - 1)
        let point = DecimalDigits.capacity - decimals
        var end = DecimalDigits.capacity
        while end > point && bytes[end - 1] == UInt8(ascii: "0") { end -= 1 }
        if isNegative { text.append(UInt8(ascii: "-")) }
        for index in start..<point { text.append(bytes[index]) }
        if end == point { return }
        text.append(UInt8(ascii: "."))
        for index in point..<end { text.append(bytes[index]) }
    }
}

/// The largest power of ten that UInt128 holds.
private let tenToThe38 = UInt128(powerOfTen64(19)) * UInt128(powerOfTen64(19))
