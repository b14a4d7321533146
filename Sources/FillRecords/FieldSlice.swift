/// Where a field's content stands in its row's bytes.
@frozen
package struct FieldSlice {
    /// Bytes after the start of the row.
    package var offset: Int32
    /// Length in bytes; below zero when the row has no such field.
    package var count: Int32
    /// The content still has its format's escapes (doubled quotes, backslashes).
    package var isEscaped = false
    /// Written as a JSON number, which may have an exponent.
    package var isNumber = false

    /// The row has no such field.
    @inlinable package static var absent: FieldSlice { FieldSlice(offset: 0, count: -1) }

    /// A place of these parts.
    @inlinable package init(offset: Int32, count: Int32) {
        self.offset = offset
        self.count = count
    }

    /// A place of these bytes.
    @inlinable package init(_ range: Range<Int>, isEscaped: Bool = false, isNumber: Bool = false) {
        self.offset = Int32(truncatingIfNeeded: range.lowerBound)
        self.count = Int32(truncatingIfNeeded: range.count)
        self.isEscaped = isEscaped
        self.isNumber = isNumber
    }

    /// Neither absent nor empty. An empty optional field means its default.
    @inlinable package var isPresent: Bool { count > 0 }

    /// Where it begins.
    @inlinable package var start: Int { Int(offset) }

    /// The bytes' places in the row; empty when the field is absent.
    @inlinable package var range: Range<Int> { Int(offset)..<Int(offset) + max(0, Int(count)) }
}
