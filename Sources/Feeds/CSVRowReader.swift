import FillRecords

/// What a reader of rows found.
enum RowStep {
    /// The row at hand is an execution.
    case row
    /// A line or message that is none, by design.
    case ignored(IgnoredKind)
    /// Something that cannot be used.
    case problem(RowProblem)
    /// Compressed data ended too early or was damaged; the line at hand is not to be used.
    case damaged
    case end
}

/// Reads executions from CSV with a header line.
struct CSVRowReader: ~Copyable {
    private(set) var header = CSVHeader()
    private var splitter = CSVSplitter()
    private var hasHeader = false
    /// Where the row left its first line: the opening quote of the field that goes on.
    private var spanningQuoteOffset = 0

    mutating func next(_ lines: inout LineBuffer, _ row: inout FillRow) throws(FeedError) -> RowStep {
        while true {
            row.clear()
            switch try lines.nextLine() {
            case .end: return hasHeader ? .end : .problem(noHeader(lines))
            case .damaged: return .damaged
            case .tooLong:
                // What a header line of such a length would have meant cannot be known.
                return .problem(lineTooLong(lines.rowBytesMax, endsFile: !hasHeader))
            case .line: break
            }
            if lines.rowByteCount == 0 { continue }
            do throws(RowFailure) {
                try split(&lines)
                if hasHeader {
                    try map(&lines, &row)
                    return .row
                }
                hasHeader = true
                try readHeader(&lines)
            } catch {
                switch error {
                case .source(let error): throw error
                case .row(var problem):
                    if !hasHeader { problem.endsFile = true }
                    if problem.resumesAtSecondLine && lines.rowLineCount > 1 { place(&problem, lines) }
                    mapReadable(lines, &row)
                    return .problem(problem)
                }
            }
        }
    }

    /// A row over several lines that cannot be split has most likely lost a quote on its first one, which is
    /// what is rejected; the other lines are read again.
    private func place(_ problem: inout RowProblem, _ lines: borrowing LineBuffer) {
        problem.offset = spanningQuoteOffset
        problem.detail = "from this quote the row goes on over \(lines.rowLineCount) lines: \(problem.detail)"
    }

    /// Splits the row at hand, taking further lines as long as it ends inside quotes.
    private mutating func split(_ lines: inout LineBuffer) throws(RowFailure) {
        splitter.begin()
        while true {
            let progress = try rowPart { () throws(RowProblem) in
                try lines.withRow { row throws(RowProblem) in try splitter.advance(over: row) }
            }
            if progress == .complete { return }
            if lines.rowLineCount == 1 { spanningQuoteOffset = splitter.quoteOffset }
            let isExtended: Bool
            do throws(FeedError) { isExtended = try lines.extendRow() } catch { throw .source(error) }
            if !isExtended {
                throw .row(
                    RowProblem(
                        reason: .badQuoting, offset: splitter.quoteOffset,
                        detail: "a quote is never closed", resumesAtSecondLine: true))
            }
        }
    }

    private mutating func readHeader(_ lines: inout LineBuffer) throws(RowFailure) {
        if lines.rowLineCount > 1 {
            throw .row(
                RowProblem(
                    reason: .badQuoting, offset: splitter.quoteOffset,
                    detail: "a column name goes on over the line's end", endsFile: true))
        }
        for index in splitter.fields.indices where splitter.fields[index].isEscaped {
            splitter.undouble(index, &lines)
        }
        try rowPart { () throws(RowProblem) in
            try lines.withRow { row throws(RowProblem) in try header.read(splitter.fields, in: row) }
        }
        splitter.fieldsKeptMax = header.columnCount
    }

    /// Puts the fields where their columns say.
    private mutating func map(_ lines: inout LineBuffer, _ row: inout FillRow) throws(RowFailure) {
        if splitter.fieldCount != header.columnCount { throw .row(fieldCountProblem(lines)) }
        // Before anything is changed in place: a row that goes back to its second line must be as it was.
        if lines.rowLineCount > 1 { try checkLineEnds(lines) }
        for (column, field) in header.columns {
            if splitter.fields[column].isEscaped { splitter.undouble(column, &lines) }
            row[field] = splitter.fields[column]
        }
    }

    /// No field of an execution can have a line's end in it; one that does has most likely lost a quote.
    private func checkLineEnds(_ lines: borrowing LineBuffer) throws(RowFailure) {
        for (column, field) in header.columns {
            let slice = splitter.fields[column]
            if !lines.withRow({ row in slice.range.contains { row[$0] == UInt8(ascii: "\n") } }) { continue }
            throw .row(
                RowProblem(
                    reason: .badQuoting, offset: slice.start - 1,
                    detail: "\(field.name) goes on over the line's end (is its closing quote missing?)",
                    resumesAtSecondLine: true))
        }
    }

    /// For a row that cannot be used: the fields that were split before the trouble, to name the trade.
    private func mapReadable(_ lines: borrowing LineBuffer, _ row: inout FillRow) {
        for (column, field) in header.columns where column < splitter.fields.count {
            if !splitter.fields[column].isEscaped { row[field] = splitter.fields[column] }
        }
    }

    private func fieldCountProblem(_ lines: borrowing LineBuffer) -> RowProblem {
        let isLong = splitter.fieldCount > header.columnCount
        return RowProblem(
            reason: .fieldCount, offset: isLong ? splitter.firstExtraOffset : lines.rowByteCount,
            detail: "\(splitter.fieldCount) fields where the header has \(header.columnCount)",
            resumesAtSecondLine: true)
    }

    private func noHeader(_ lines: borrowing LineBuffer) -> RowProblem {
        RowProblem(
            reason: .missingColumn, offset: 0,
            detail: "the file is empty: a header line with column names is expected", endsFile: true)
    }
}

/// Why a row could not be read: its own trouble, or the source's.
enum RowFailure: Error {
    case row(RowProblem)
    case source(FeedError)
}

/// Lets a step that knows only rows fail among steps that also read.
func rowPart<Value>(_ body: () throws(RowProblem) -> Value) throws(RowFailure) -> Value {
    do throws(RowProblem) { return try body() } catch { throw .row(error) }
}

func lineTooLong(_ bytesMax: Int, endsFile: Bool = false) -> RowProblem {
    RowProblem(
        reason: .lineTooLong, offset: bytesMax, detail: "a line of more than \(bytesMax) bytes",
        endsFile: endsFile)
}

extension CSVSplitter {
    /// Undoes the doubled quotes of one field in place.
    mutating func undouble(_ index: Int, _ lines: inout LineBuffer) {
        var slice = fields[index]
        lines.withMutableRow { undoubleQuotes(in: &$0, rowStart: $1, &slice) }
        replace(index, with: slice)
    }
}
