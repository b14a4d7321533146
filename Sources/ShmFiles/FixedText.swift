/// Text in fixed fields: UTF-8, padded with NUL to the end; a text as long as its field has no NUL.
package enum FixedText {
    /// Copies `text` into `field` and clears the rest. False, and nothing changed, when it does not fit.
    /// Allocates nothing for native strings.
    package static func store(_ text: String, into field: UnsafeMutableRawBufferPointer) -> Bool {
        let utf8 = text.utf8
        if utf8.count > field.count || utf8.contains(0) { return false }
        var index = 0
        for byte in utf8 {
            // SAFETY: `index` stays below utf8.count, which is at most field.count.
            unsafe field[index] = byte
            index += 1
        }
        while index < field.count {
            unsafe field[index] = 0
            index += 1
        }
        return true
    }

    /// The text of a field, up to its first NUL or its end; what is not UTF-8 is replaced by U+FFFD.
    package static func load(_ field: UnsafeRawBufferPointer) -> String {
        // SAFETY: the caller's bytes live for the call; they are copied.
        let count = unsafe field.firstIndex(of: 0) ?? field.count
        return unsafe String(decoding: field.prefix(count), as: UTF8.self)
    }

    /// The text of a field that the importer gave as a tuple of bytes.
    package static func load<Field: BitwiseCopyable>(of field: Field) -> String {
        // SAFETY: the bytes are a copy that lives for the closure.
        unsafe withUnsafeBytes(of: field) { unsafe load($0) }
    }

    /// Copies `text` into a tuple of bytes; false, and nothing changed, when it does not fit.
    package static func store<Field: BitwiseCopyable>(_ text: String, in field: inout Field) -> Bool {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe store(text, into: $0) }
    }
}
