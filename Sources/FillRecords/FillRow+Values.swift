import FixedPoint

/// What the fields of a row say, checked. `text` is always the row's bytes.
extension FillRow {
    /// BUY or SELL in any case, unless the format stated it by code.
    func side(in text: Span<UInt8>) throws(FillProblem) -> FillSide {
        if let side { return side }
        let slice = self[.side]
        let value = text.extracting(slice.range)
        if equalsIgnoringCase(value, "buy") { return .buy }
        if equalsIgnoringCase(value, "sell") { return .sell }
        throw FillProblem(
            reason: .unknownSide, offset: slice.start,
            detail: "\(name(of: .side)) is \(quoted(value)); BUY or SELL is expected")
    }

    /// A number at so many decimals, exactly. Numbers written as JSON numbers may have an exponent.
    func number(_ field: FillField, in text: Span<UInt8>, decimals: Int) throws(FillProblem) -> Int64 {
        let slice = self[field]
        let digits = text.extracting(slice.range)
        do throws(DecimalParseError) {
            if slice.isNumber { return try parseScientific(digits, decimals: decimals) }
            return try parseDecimal(digits, decimals: decimals)
        } catch {
            let reason: FillRejectReason =
                switch error {
                case .empty, .noDigits, .badByte: .badNumber
                case .tooManyDecimals: .tooManyDecimals
                case .overflow: .overflow
                }
            throw FillProblem(
                reason: reason, offset: slice.start + error.offset,
                detail: "\(name(of: field)) \(quoted(digits)): \(error)")
        }
    }

    /// Copies a field into a field of a record, padded with NUL; an absent one leaves only padding. Refuses what
    /// is too long and what would not be safe to print.
    func put<Place: BitwiseCopyable>(
        _ field: FillField, in text: Span<UInt8>, into place: inout Place, tooLong: FillRejectReason
    ) throws(FillProblem) {
        let slice = self[field]
        let value = text.extracting(slice.range)
        try checkLength(field, bytesMax: MemoryLayout<Place>.size, reason: tooLong)
        if putPadded(value, into: &place) { return }
        let invalid = firstInvalidUTF8(in: value)
        guard let offset = invalid ?? firstControl(in: value) else { return }
        throw FillProblem(
            reason: invalid == nil ? .binaryData : .invalidUTF8, offset: slice.start + offset,
            detail: "\(name(of: field)) \(quoted(value)) has \(spelled(value[offset])),"
                + (invalid == nil ? " a control character" : " which is not valid UTF-8 here"))
    }

    /// Throws when a field has more bytes than its place.
    func checkLength(
        _ field: FillField, bytesMax: Int, reason: FillRejectReason
    ) throws(FillProblem) {
        let slice = self[field]
        if slice.count <= bytesMax { return }
        throw FillProblem(
            reason: reason, offset: slice.start,
            detail: "\(name(of: field)) has \(slice.count) bytes; \(bytesMax) is the most")
    }
}

/// Copies bytes that fit into a field and clears the rest of it. True when they are plain printable ASCII and
/// need no closer look.
func putPadded<Place: BitwiseCopyable>(_ value: Span<UInt8>, into place: inout Place) -> Bool {
    var highBits: UInt8 = 0
    var hasControl = false
    // SAFETY: the bytes of `place` are exclusively ours for the closure; the precondition bounds the indices.
    unsafe withUnsafeMutableBytes(of: &place) { bytes in
        precondition(value.count <= bytes.count, "the length was checked")
        for index in 0..<value.count {
            let byte = value[index]
            unsafe bytes[index] = byte
            highBits |= byte
            hasControl = hasControl || byte < 0x20 || byte == 0x7f
        }
        for index in value.count..<bytes.count { unsafe bytes[index] = 0 }
    }
    return !hasControl && highBits & 0x80 == 0
}

private func equalsIgnoringCase(_ text: Span<UInt8>, _ lowercase: StaticString) -> Bool {
    if text.count != lowercase.utf8CodeUnitCount { return false }
    for index in text.indices {
        // SAFETY: the literal lives for ever and has `count` bytes, as just compared.
        if unsafe text[index] | 0x20 != lowercase.utf8Start[index] { return false }
    }
    return true
}
