import FillRecords

/// Reads executions from JSON lines: one flat object a line, keys named as CSV columns. Values are strings or
/// numbers (taken from their text, never through floating point); null is as good as absent. Other keys are
/// ignored, whatever they hold.
struct JSONRowReader: ~Copyable {
    /// Keys that mean nothing to us, as messages may show them; at most 32.
    var unknownNames: [String] { unknownKeys.map { quoted($0.span) } }

    private var unknownKeys: [[UInt8]] = []

    mutating func next(_ lines: inout LineBuffer, _ row: inout FillRow) throws(FeedError) -> RowStep {
        while true {
            row.clear()
            switch try lines.nextLine() {
            case .end: return .end
            case .damaged: return .damaged
            case .tooLong: return .problem(lineTooLong(lines.rowBytesMax))
            case .line: break
            }
            do throws(RowProblem) {
                if try !lines.withRow({ text throws(RowProblem) in try read(text, &row) }) { continue }
            } catch {
                return .problem(error)
            }
            for field in FillField.allCases where row[field].isEscaped {
                var slice = row[field]
                lines.withMutableRow { undoJSONEscapes(in: &$0, rowStart: $1, &slice) }
                row[field] = slice
            }
            return .row
        }
    }

    /// False for a blank line.
    private mutating func read(_ text: Span<UInt8>, _ row: inout FillRow) throws(RowProblem) -> Bool {
        var scanner = JSONScanner()
        scanner.skipSpace(text)
        if scanner.peek(text) == nil { return false }
        if let offset = firstInvalidUTF8(in: text) {
            throw RowProblem(
                reason: .invalidUTF8, offset: offset,
                detail: "\(spelled(text[offset])) is not valid UTF-8 here")
        }
        if scanner.peek(text) != UInt8(ascii: "{") {
            throw scanner.unexpected(text, expected: "an object")
        }
        try scanner.take(UInt8(ascii: "{"), text)
        scanner.skipSpace(text)
        if scanner.peek(text) != UInt8(ascii: "}") {
            while true {
                try readMember(&scanner, text, &row)
                scanner.skipSpace(text)
                if scanner.peek(text) == UInt8(ascii: "}") { break }
                try scanner.take(UInt8(ascii: ","), text)
                scanner.skipSpace(text)
            }
        }
        try scanner.take(UInt8(ascii: "}"), text)
        scanner.skipSpace(text)
        if scanner.peek(text) != nil { throw scanner.unexpected(text, expected: "the end of the line") }
        return true
    }

    private mutating func readMember(
        _ scanner: inout JSONScanner, _ text: Span<UInt8>, _ row: inout FillRow
    ) throws(RowProblem) {
        let start = scanner.position
        let name = try scanner.takeString(text)
        scanner.skipSpace(text)
        try scanner.take(UInt8(ascii: ":"), text)
        scanner.skipSpace(text)
        guard let field = knownField(name, text) else { return try scanner.skipValue(text) }
        if row[field].count >= 0 {
            throw RowProblem(reason: .badJSON, offset: start, detail: "\(field.name) is given twice")
        }
        row[field] = try readValue(of: field, &scanner, text)
    }

    private mutating func knownField(_ name: FieldSlice, _ text: Span<UInt8>) -> FillField? {
        if !name.isEscaped { return knownField(text.extracting(name.range)) }
        // Rare enough to pay for a copy.
        var copy = name.range.map { text[$0] }
        var slice = FieldSlice(0..<copy.count, isEscaped: true)
        var span = copy.mutableSpan
        undoJSONEscapes(in: &span, rowStart: 0, &slice)
        return knownField(copy.span.extracting(slice.range))
    }

    private mutating func knownField(_ name: Span<UInt8>) -> FillField? {
        if let field = FillField(name: name) { return field }
        if unknownKeys.count < 32 {
            let isNew = !unknownKeys.contains { known in
                known.count == name.count && known.indices.allSatisfy { known[$0] == name[$0] }
            }
            if isNew { unknownKeys.append(name.indices.map { name[$0] }) }
        }
        return nil
    }

    private func readValue(
        of field: FillField, _ scanner: inout JSONScanner, _ text: Span<UInt8>
    ) throws(RowProblem) -> FieldSlice {
        let start = scanner.position
        switch scanner.peek(text) {
        case UInt8(ascii: "\""): return try scanner.takeString(text)
        case UInt8(ascii: "n"):
            try scanner.takeWord("null", text)
            return FieldSlice(start..<start)
        case let byte? where isNumberStart(byte):
            let number = try scanner.takeNumber(text)
            let isWhole = number.range.allSatisfy {
                text[$0] >= UInt8(ascii: "0") && text[$0] <= UInt8(ascii: "9")
            }
            if field.isNumber || isWhole { return number }
            throw RowProblem(
                reason: .badJSON, offset: start,
                detail: "\(field.name) is the number \(quoted(text.extracting(number.range)))"
                    + " (a string or a whole number is expected)")
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            throw RowProblem(
                reason: .badJSON, offset: start, detail: "\(field.name) is neither a string nor a number")
        default:
            var problem = scanner.unexpected(text, expected: "the value of \(field.name)")
            if field.isNumber && problem.reason == .badJSON && scanner.peek(text) != nil {
                problem.reason = .badNumber
            }
            throw problem
        }
    }
}
