import FixedPoint

/// A byte as a message may show it.
package func spelled(_ byte: UInt8) -> String { spelledByte(byte) }

/// Where the first byte that is not UTF-8 stands, or nil.
package func firstInvalidUTF8(in text: Span<UInt8>) -> Int? {
    do {
        _ = try UTF8Span(validating: text)
        return nil
    } catch {
        return error.byteOffsets.lowerBound
    }
}

/// Where the first control character stands: C0, DEL, or C1 in its two UTF-8 bytes, any of which could move a
/// terminal's cursor. Nil when there is none.
package func firstControl(in text: Span<UInt8>) -> Int? {
    for index in text.indices {
        let byte = text[index]
        if byte < 0x20 || byte == 0x7f { return index }
        if byte == 0xc2 && index + 1 < text.count && text[index + 1] < 0xa0 { return index }
    }
    return nil
}

/// Whether text can stand in a name or an id as it is: UTF-8 without control characters.
package func isPrintable(_ text: Span<UInt8>) -> Bool {
    firstControl(in: text) == nil && firstInvalidUTF8(in: text) == nil
}

/// Text of a file as a message may show it: in quotes, cut at 40 bytes, everything outside printable ASCII as
/// \xNN. Allocates.
package func quoted(_ text: Span<UInt8>) -> String {
    var shown = "\""
    for index in 0..<min(40, text.count) {
        let byte = text[index]
        if byte >= 0x20 && byte < 0x7f {
            shown.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            let digits = String(byte, radix: 16)
            shown += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
        }
    }
    return shown + (text.count > 40 ? "...\"" : "\"")
}

/// Text of a file as a string when it can be shown as it is, else empty. Allocates.
package func shownText(_ text: Span<UInt8>, bytesMax: Int) -> String {
    if text.count > bytesMax || !isPrintable(text) { return "" }
    return string(text)
}

/// Text that was checked to be UTF-8, as a string. Allocates.
package func string(_ text: Span<UInt8>) -> String {
    // SAFETY: the bytes live for the closure; the string copies them.
    unsafe text.withUnsafeBufferPointer { bytes in
        unsafe String(decoding: bytes, as: UTF8.self)
    }
}
