import FillRecords

/// Splits one CSV row (RFC 4180) into slices. A quoted field may go on over lines, so a split that ends inside
/// quotes goes on where it stood once the row has got its next line. Looks at every byte once. Allocates only
/// when a row has more fields than any before.
struct CSVSplitter: ~Copyable {
    enum Progress: Equatable {
        case complete
        /// The row ended inside quotes.
        case insideQuotes
    }

    /// The fields so far, without their quotes.
    private(set) var fields: [FieldSlice] = []
    /// Fields beyond this many are counted but not kept.
    var fieldsKeptMax = Int.max
    /// All fields so far, kept or not.
    private(set) var fieldCount = 0
    /// Where the first field that is not kept starts.
    private(set) var firstExtraOffset = 0
    /// Where the quoted field at hand began, at its opening quote.
    private(set) var quoteOffset = 0

    private var position = 0
    private var isInsideQuotes = false
    private var hasDoubledQuote = false
    private var highBits: UInt8 = 0

    /// Forgets the row before.
    mutating func begin() {
        fields.removeAll(keepingCapacity: true)
        fieldCount = 0
        position = 0
        isInsideQuotes = false
        highBits = 0
    }

    /// Goes on through `row`, which begins as it did at the last call and may have grown.
    mutating func advance(over row: Span<UInt8>) throws(RowProblem) -> Progress {
        while true {
            if isInsideQuotes || (position < row.count && row[position] == UInt8(ascii: "\"")) {
                if try !takeQuoted(row) { return .insideQuotes }
            } else {
                try takePlain(row)
            }
            if position == row.count { break }
            position += 1  // The comma: another field follows, if only an empty one.
        }
        if highBits & 0x80 != 0, let offset = firstInvalidUTF8(in: row) {
            throw RowProblem(
                reason: .invalidUTF8, offset: offset,
                detail: "\(spelled(row[offset])) is not valid UTF-8 here")
        }
        return .complete
    }

    /// A field without quotes, up to its comma or the end of the row.
    private mutating func takePlain(_ row: Span<UInt8>) throws(RowProblem) {
        let start = position
        var end = start
        var bits: UInt8 = 0
        while end < row.count {
            let byte = row[end]
            bits |= byte
            if byte <= UInt8(ascii: ",") {  // Few bytes are: one comparison for all the rest.
                if byte == UInt8(ascii: ",") { break }
                if byte == UInt8(ascii: "\"") {
                    throw RowProblem(
                        reason: .badQuoting, offset: end,
                        detail: "a quote inside a field that does not begin with one",
                        resumesAtSecondLine: true)
                }
                if byte < 0x20 && byte != 0x09 { throw binaryByte(byte, at: end) }
            }
            end += 1
        }
        highBits |= bits
        keep(FieldSlice(start..<end))
        position = end
    }

    /// A field in quotes; false when the row ends before its closing quote.
    private mutating func takeQuoted(_ row: Span<UInt8>) throws(RowProblem) -> Bool {
        if !isInsideQuotes {
            quoteOffset = position
            position += 1
            isInsideQuotes = true
            hasDoubledQuote = false
        }
        while position < row.count {
            let byte = row[position]
            highBits |= byte
            if byte == UInt8(ascii: "\"") {
                if position + 1 == row.count || row[position + 1] != UInt8(ascii: "\"") { break }
                hasDoubledQuote = true
                position += 1
            } else if byte < 0x20 && byte != 0x09 && byte != 0x0a && byte != 0x0d {
                throw binaryByte(byte, at: position)
            }
            position += 1
        }
        if position == row.count { return false }
        keep(FieldSlice(quoteOffset + 1..<position, isEscaped: hasDoubledQuote))
        isInsideQuotes = false
        position += 1
        if position < row.count && row[position] != UInt8(ascii: ",") {
            throw RowProblem(
                reason: .badQuoting, offset: position,
                detail:
                    "\(spelled(row[position])) after a closing quote, where a comma or the line's end belongs",
                resumesAtSecondLine: true)
        }
        return true
    }

    /// Puts a field's content, its escapes undone, in place of the raw one.
    mutating func replace(_ index: Int, with field: FieldSlice) { fields[index] = field }

    private mutating func keep(_ field: FieldSlice) {
        if fieldCount < fieldsKeptMax {
            fields.append(field)
        } else if fieldCount == fieldsKeptMax {
            firstExtraOffset = field.start
        }
        fieldCount += 1
    }

    private func binaryByte(_ byte: UInt8, at offset: Int) -> RowProblem {
        RowProblem(
            reason: .binaryData, offset: offset, detail: "\(spelled(byte)) in a line of text",
            resumesAtSecondLine: true)
    }
}

/// Turns the doubled quotes of a quoted field into single ones, in place, and shortens the slice. The row
/// begins at `rowStart` of `bytes`.
func undoubleQuotes(in bytes: inout MutableSpan<UInt8>, rowStart: Int, _ field: inout FieldSlice) {
    var write = rowStart + field.start
    var read = write
    let end = read + field.range.count
    while read < end {
        let byte = bytes[read]
        bytes[write] = byte
        write += 1
        read += byte == UInt8(ascii: "\"") ? 2 : 1
    }
    field = FieldSlice(field.start..<write - rowStart)
}
