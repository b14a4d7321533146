/// The most decimals that a price, a quantity, a fee or a multiplier may have: 10^18 is the largest power
/// of ten that an Int64 holds.
public let decimalsMax = 18

/// Reads a plain decimal exactly: the text's value x 10^decimals as a whole number of units.
///
/// The text is an optional sign, digits, and optionally a point and digits; at least one digit. There are no
/// exponents, blanks, thousands separators or special values. Decimals beyond `decimals` are accepted only
/// when they are zeros, so nothing is ever rounded, and a number outside Int64 is an error, so nothing wraps.
/// `decimals` is 0...18. Any thread; allocates nothing.
public func parseDecimal(_ text: Span<UInt8>, decimals: Int) throws(DecimalParseError) -> Int64 {
    precondition(decimals >= 0 && decimals <= decimalsMax, "decimals are 0...18")
    if text.isEmpty { throw .empty }
    var offset = 0
    let isNegative = text[0] == UInt8(ascii: "-")
    if isNegative || text[0] == UInt8(ascii: "+") { offset = 1 }
    let digitsStart = offset

    var magnitude = DecimalMagnitude()
    while offset < text.count, let digit = decimalDigit(text[offset]) {
        magnitude.append(digit)
        offset += 1
    }
    var digitCount = offset - digitsStart
    var significantDecimals = 0
    var kept = 0
    if offset < text.count && text[offset] == UInt8(ascii: ".") {
        offset += 1
        let fractionStart = offset
        while offset < text.count, let digit = decimalDigit(text[offset]) {
            offset += 1
            if kept < decimals {
                magnitude.append(digit)
                kept += 1
            } else if digit != 0 {
                significantDecimals = offset - fractionStart
            }
        }
        digitCount += offset - fractionStart
    }

    // The spelling is judged before the value: "99999999999999999999x" is no number, not a large one.
    if offset < text.count { throw .badByte(text[offset], offset: offset) }
    if digitCount == 0 { throw .noDigits(offset: digitsStart) }
    if significantDecimals > decimals {
        throw .tooManyDecimals(stated: significantDecimals, allowed: decimals)
    }
    magnitude.scale(byPowerOfTen: decimals - kept)
    guard let units = magnitude.signed(isNegative: isNegative) else { throw .overflow(decimals: decimals) }
    return units
}
