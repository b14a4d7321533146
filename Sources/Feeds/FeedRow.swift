/// Where a field's content stands in its row's bytes.
struct FieldSlice {
    /// Bytes after the start of the row.
    var offset: Int32
    /// Length in bytes; below zero when the row has no such field.
    var count: Int32
    /// The content still has its format's escapes (doubled quotes, backslashes).
    var isEscaped = false
    /// Written as a JSON number, which may have an exponent.
    var isNumber = false

    static let absent = FieldSlice(offset: 0, count: -1)

    init(offset: Int32, count: Int32) {
        self.offset = offset
        self.count = count
    }

    init(_ range: Range<Int>, isEscaped: Bool = false, isNumber: Bool = false) {
        self.offset = Int32(truncatingIfNeeded: range.lowerBound)
        self.count = Int32(truncatingIfNeeded: range.count)
        self.isEscaped = isEscaped
        self.isNumber = isNumber
    }

    /// Neither absent nor empty. An empty optional field means its default.
    var isPresent: Bool { count > 0 }

    var start: Int { Int(offset) }

    /// The bytes' places in the row; empty when the field is absent.
    var range: Range<Int> { Int(offset)..<Int(offset) + max(0, Int(count)) }
}

/// The side of an execution, as a record states it.
enum FillSide: UInt8 {
    case buy = 1
    case sell = 2
}

/// One execution as its file spells it: where each field stands in the row's bytes, which the line buffer
/// holds until the next row. FIX states side and time by code, so those may come as values.
struct FeedRow: ~Copyable {
    private var slices = InlineArray<13, FieldSlice>(repeating: .absent)
    var side: FillSide?
    var eventNs: Int64?
    var isFIX = false

    subscript(field: FeedField) -> FieldSlice {
        get { slices[field.rawValue] }
        set { slices[field.rawValue] = newValue }
    }

    /// The field's name in the row's own format, for messages.
    func name(of field: FeedField) -> StaticString { isFIX ? field.fixName : field.name }

    mutating func clear() {
        for index in slices.indices { slices[index] = .absent }
        side = nil
        eventNs = nil
        isFIX = false
    }
}
