/// Reads a decimal that may have an exponent, exactly: `1e-05`, `2.5E3`. JSON spells small numbers so.
///
/// As `parseDecimal` in everything else: nothing is rounded and nothing wraps. Decimals are counted after the
/// exponent has moved the point. Any thread; allocates nothing.
public func parseScientific(_ text: Span<UInt8>, decimals: Int) throws(DecimalParseError) -> Int64 {
    precondition(decimals >= 0 && decimals <= decimalsMax, "decimals are 0...18")
    guard let mark = exponentMark(in: text) else { return try parseDecimal(text, decimals: decimals) }
    var scan = MantissaScan()
    try scan.read(text, upTo: mark)
    let exponent = try parseExponent(text, after: mark)
    if scan.magnitude.value == 0 && !scan.magnitude.overflowed { return 0 }
    let shift = scan.trailingZeros - scan.fractionDigits + exponent + decimals
    if shift < 0 { throw .tooManyDecimals(stated: decimals - shift, allowed: decimals) }
    if shift > decimalsMax { throw .overflow(decimals: decimals) }
    scan.magnitude.scale(byPowerOfTen: shift)
    guard let units = scan.magnitude.signed(isNegative: scan.isNegative) else {
        throw .overflow(decimals: decimals)
    }
    return units
}

/// The digits before an exponent: those from the first to the last that is not zero, and where the point is.
private struct MantissaScan {
    var magnitude = DecimalMagnitude()
    var isNegative = false
    /// Zeros after the last digit that is not zero; they are not in the magnitude.
    var trailingZeros = 0
    var fractionDigits = 0

    mutating func read(_ text: Span<UInt8>, upTo end: Int) throws(DecimalParseError) {
        var offset = 0
        var digitCount = 0
        var hasPoint = false
        if offset < end && (text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+")) {
            isNegative = text[0] == UInt8(ascii: "-")
            offset = 1
        }
        let start = offset
        while offset < end {
            if let digit = decimalDigit(text[offset]) {
                append(digit)
                digitCount += 1
                if hasPoint { fractionDigits += 1 }
            } else if text[offset] == UInt8(ascii: ".") && !hasPoint {
                hasPoint = true
            } else {
                throw .badByte(text[offset], offset: offset)
            }
            offset += 1
        }
        if digitCount == 0 { throw .noDigits(offset: start) }
    }

    private mutating func append(_ digit: UInt64) {
        if digit == 0 {
            trailingZeros += 1
            return
        }
        for _ in 0..<trailingZeros { magnitude.append(0) }
        trailingZeros = 0
        magnitude.append(digit)
    }
}

private func exponentMark(in text: Span<UInt8>) -> Int? {
    text.indices.first { text[$0] | 0x20 == UInt8(ascii: "e") }
}

/// The exponent, held at a million either way: far outside every range, and safe to add to.
private func parseExponent(_ text: Span<UInt8>, after mark: Int) throws(DecimalParseError) -> Int {
    var offset = mark + 1
    var isNegative = false
    if offset < text.count && (text[offset] == UInt8(ascii: "-") || text[offset] == UInt8(ascii: "+")) {
        isNegative = text[offset] == UInt8(ascii: "-")
        offset += 1
    }
    if offset == text.count { throw .noDigits(offset: offset) }
    var exponent = 0
    while offset < text.count {
        guard let digit = decimalDigit(text[offset]) else { throw .badByte(text[offset], offset: offset) }
        exponent = min(exponent * 10 + Int(digit), 1_000_000)
        offset += 1
    }
    return isNegative ? -exponent : exponent
}
