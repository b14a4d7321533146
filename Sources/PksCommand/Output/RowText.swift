// Text as rows of CSV and JSON need it, appended to bytes that are used again for the next row.
extension [UInt8] {
    mutating func append(text: String) { append(contentsOf: text.utf8) }

    /// Text as a CSV field (RFC 4180): quoted when it has a comma, a quote or a line end.
    mutating func append(csv text: some Collection<UInt8>) {
        let needsQuotes = text.contains { $0 == 0x2c || $0 == 0x22 || $0 == 0x0a || $0 == 0x0d }
        guard needsQuotes else {
            append(contentsOf: text)
            return
        }
        append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") { append(byte) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }

    mutating func append(csv text: String) { append(csv: text.utf8) }

    /// Text as a JSON string with its quotes (RFC 8259). The bytes must be UTF-8.
    mutating func append(json text: some Collection<UInt8>) {
        append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append(text: "\\u00")
                append(hexDigit(byte >> 4))
                append(hexDigit(byte & 15))
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    mutating func append(json text: String) { append(json: text.utf8) }

    /// `"name":` of a JSON object.
    mutating func append(jsonName name: StaticString) {
        append(UInt8(ascii: "\""))
        append(static: name)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    mutating func append(static text: StaticString) {
        // SAFETY: a literal's bytes live for ever.
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
