/// The side of an execution, as a record states it.
package enum FillSide: UInt8 {
    case buy = 1
    case sell = 2
}

/// One execution as its file spells it: where each field stands in the row's bytes, which the line buffer
/// holds until the next row. FIX states side and time by code, so those may come as values.
package struct FillRow: ~Copyable {
    @usableFromInline var slices = InlineArray<13, FieldSlice>(repeating: .absent)
    /// BUY or SELL when the format states it by code.
    package var side: FillSide?
    /// The time when the format states it as a number.
    package var eventNs: Int64?
    /// Messages use the names of FIX.
    package var isFIX = false

    /// A row without fields.
    package init() {}

    /// Where a field stands.
    package subscript(field: FillField) -> FieldSlice {
        @inlinable get { slices[field.rawValue] }
        @inlinable set { slices[field.rawValue] = newValue }
    }

    /// The field's name in the row's own format, for messages.
    package func name(of field: FillField) -> StaticString { isFIX ? field.fixName : field.name }

    /// No fields.
    package mutating func clear() {
        for index in slices.indices { slices[index] = .absent }
        side = nil
        eventNs = nil
        isFIX = false
    }
}
