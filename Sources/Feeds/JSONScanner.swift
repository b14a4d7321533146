import FillRecords

/// Walks over the bytes of one JSON text (RFC 8259) without building anything. Each step checks what it passes
/// and says where it is wrong. Allocates nothing unless it fails.
struct JSONScanner {
    /// The next byte to look at.
    private(set) var position = 0

    private static let depthMax = 64

    mutating func skipSpace(_ text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    /// The next byte, or nil at the end.
    func peek(_ text: Span<UInt8>) -> UInt8? { position < text.count ? text[position] : nil }

    /// Passes one expected byte.
    mutating func take(_ byte: UInt8, _ text: Span<UInt8>) throws(RowProblem) {
        if peek(text) != byte { throw unexpected(text, expected: spelled(byte)) }
        position += 1
    }

    /// What a string or a number covers; a string without its quotes.
    mutating func takeString(_ text: Span<UInt8>) throws(RowProblem) -> FieldSlice {
        try take(UInt8(ascii: "\""), text)
        let start = position
        var isEscaped = false
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return FieldSlice(start..<position - 1, isEscaped: isEscaped)
            }
            if byte < 0x20 {
                throw RowProblem(
                    reason: byte == 0x09 ? .badJSON : .binaryData, offset: position,
                    detail: "\(spelled(byte)) in a string (control characters are written as \\u escapes)")
            }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try takeEscape(text)
            } else {
                position += 1
            }
        }
        throw RowProblem(reason: .badJSON, offset: start - 1, detail: "this string is never closed")
    }

    /// A number, strictly as JSON spells it.
    mutating func takeNumber(_ text: Span<UInt8>) throws(RowProblem) -> FieldSlice {
        let start = position
        if peek(text) == UInt8(ascii: "-") { position += 1 }
        try takeDigits(text)
        if isPaddedZero(text, start) {
            throw RowProblem(reason: .badNumber, offset: start, detail: "a number with a leading zero")
        }
        if peek(text) == UInt8(ascii: ".") {
            position += 1
            try takeDigits(text)
        }
        if let mark = peek(text), mark | 0x20 == UInt8(ascii: "e") {
            position += 1
            if let sign = peek(text), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try takeDigits(text)
        }
        return FieldSlice(start..<position, isNumber: true)
    }

    /// Passes any value, however deep, up to 64 levels.
    mutating func skipValue(_ text: Span<UInt8>, depth: Int = 0) throws(RowProblem) {
        if depth > JSONScanner.depthMax {
            throw RowProblem(
                reason: .badJSON, offset: position,
                detail: "nested deeper than \(JSONScanner.depthMax) levels")
        }
        switch peek(text) {
        case UInt8(ascii: "\""): _ = try takeString(text)
        case UInt8(ascii: "{"): try skipList(text, closing: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): try skipList(text, closing: UInt8(ascii: "]"), depth: depth)
        case UInt8(ascii: "t"): try takeWord("true", text)
        case UInt8(ascii: "f"): try takeWord("false", text)
        case UInt8(ascii: "n"): try takeWord("null", text)
        case let byte? where isNumberStart(byte): _ = try takeNumber(text)
        default: throw unexpected(text, expected: "a value")
        }
    }

    mutating func takeWord(_ word: StaticString, _ text: Span<UInt8>) throws(RowProblem) {
        let end = position + word.utf8CodeUnitCount
        if end > text.count || !text.extracting(position..<end).equals(word) {
            throw unexpected(text, expected: "\(word)")
        }
        position = end
    }

    /// What stands where something else is needed.
    func unexpected(_ text: Span<UInt8>, expected: String) -> RowProblem {
        guard let byte = peek(text) else {
            return RowProblem(
                reason: .badJSON, offset: position, detail: "the line ends where \(expected) is expected")
        }
        let isBinary = byte < 0x20 || byte == 0x7f
        return RowProblem(
            reason: isBinary ? .binaryData : .badJSON, offset: position,
            detail: "\(spelled(byte)) where \(expected) is expected")
    }

    /// An object or an array, from its opening bracket to its closing one.
    private mutating func skipList(
        _ text: Span<UInt8>, closing: UInt8, depth: Int
    ) throws(RowProblem) {
        position += 1
        skipSpace(text)
        if peek(text) == closing {
            position += 1
            return
        }
        while true {
            if closing == UInt8(ascii: "}") {
                _ = try takeString(text)
                skipSpace(text)
                try take(UInt8(ascii: ":"), text)
                skipSpace(text)
            }
            try skipValue(text, depth: depth + 1)
            skipSpace(text)
            if peek(text) == closing {
                position += 1
                return
            }
            try take(UInt8(ascii: ","), text)
            skipSpace(text)
        }
    }

    private mutating func takeDigits(_ text: Span<UInt8>) throws(RowProblem) {
        let start = position
        while let byte = peek(text), byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") { position += 1 }
        if position > start { return }
        var problem = unexpected(text, expected: "a digit")
        if problem.reason == .badJSON { problem.reason = .badNumber }
        throw problem
    }

    /// Whether the digits just passed are a zero and more.
    private func isPaddedZero(_ text: Span<UInt8>, _ start: Int) -> Bool {
        let first = text[start] == UInt8(ascii: "-") ? start + 1 : start
        return text[first] == UInt8(ascii: "0") && position - first > 1
    }

    /// A backslash and what follows it. Surrogates come in pairs only.
    private mutating func takeEscape(_ text: Span<UInt8>) throws(RowProblem) {
        let start = position
        position += 1
        switch peek(text) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
            return
        case UInt8(ascii: "u"): break
        default:
            throw RowProblem(reason: .badJSON, offset: start, detail: "an escape that JSON does not have")
        }
        position += 1
        let unit = try takeHex(text, start)
        if unit < 0xd800 || unit > 0xdfff { return }
        let isPair =
            unit < 0xdc00 && position + 1 < text.count && text[position] == UInt8(ascii: "\\")
            && text[position + 1] == UInt8(ascii: "u")
        if isPair {
            position += 2
            let low = try takeHex(text, start)
            if low >= 0xdc00 && low <= 0xdfff { return }
        }
        throw RowProblem(
            reason: .invalidUTF8, offset: start, detail: "half of a surrogate pair is no character")
    }

    private mutating func takeHex(_ text: Span<UInt8>, _ start: Int) throws(RowProblem) -> UInt32 {
        if let unit = hexUnit(text, at: position) {
            position += 4
            return unit
        }
        throw RowProblem(
            reason: .badJSON, offset: start, detail: "a \\u escape without four hexadecimal digits")
    }
}

/// Whether a byte begins a JSON number.
func isNumberStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
}

/// Four hexadecimal digits as a UTF-16 code unit, or nil.
private func hexUnit(_ text: Span<UInt8>, at start: Int) -> UInt32? {
    if start + 4 > text.count { return nil }
    var unit: UInt32 = 0
    for index in start..<start + 4 {
        guard let digit = hexDigit(text[index]) else { return nil }
        unit = unit << 4 | digit
    }
    return unit
}

private func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
}

/// Undoes the escapes of a string that a scanner has passed, in place, and shortens the slice. No escape is
/// shorter than the UTF-8 of its character. The row begins at `rowStart` of `bytes`.
func undoJSONEscapes(in bytes: inout MutableSpan<UInt8>, rowStart: Int, _ field: inout FieldSlice) {
    var write = rowStart + field.start
    var read = write
    let end = read + field.range.count
    while read < end {
        let byte = bytes[read]
        guard byte == UInt8(ascii: "\\") else {
            bytes[write] = byte
            write += 1
            read += 1
            continue
        }
        let kind = bytes[read + 1]
        read += 2
        if kind == UInt8(ascii: "u") {
            let scalar = takeScalar(bytes, &read)
            for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                bytes[write] = unit
                write += 1
            }
        } else {
            bytes[write] = unescaped(kind)
            write += 1
        }
    }
    field = FieldSlice(field.start..<write - rowStart)
}

/// The character of a \u escape whose digits start at `read`, and of the second one of its pair.
private func takeScalar(_ bytes: borrowing MutableSpan<UInt8>, _ read: inout Int) -> Unicode.Scalar {
    var unit = hexUnit(bytes.span, at: read) ?? 0xfffd
    read += 4
    if unit >= 0xd800 && unit < 0xdc00 {
        let low = hexUnit(bytes.span, at: read + 2) ?? 0xfffd
        read += 6
        unit = 0x1_0000 + (unit - 0xd800) << 10 + (low & 0x3ff)
    }
    return Unicode.Scalar(unit) ?? "\u{fffd}"
}

private func unescaped(_ kind: UInt8) -> UInt8 {
    switch kind {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: kind
    }
}
