public import Accumulator
import FillRecords

/// Static data of instruments from a CSV file with a header line:
/// `symbol,price_decimals,qty_decimals,multiplier,currency,class,method` and `fee_decimals`; only the symbol is
/// required, and an empty value means the default. Unlike a feed, one error makes the whole file unusable: a
/// wrong multiplier must not be found out later.
public struct InstrumentFile: Sendable {
    /// What the file says.
    public var table: InstrumentTable
    /// Columns that mean nothing to us, in quotes; at most 32.
    public var unknownNames: [String]

    /// Reads a file (`-` is standard input, gzip is told by its content) into a table with `defaults` for what it
    /// does not state and for other symbols. Throws when the file cannot be read, or with what is wrong in it
    /// (the first twenty errors and their number). Allocates; any thread.
    public init(path: String, defaults: Instrument = Instrument(symbol: "")) throws(FeedError) {
        var reader = InstrumentReader(source: try ByteSource(path: path), defaults: defaults)
        try reader.readAll()
        table = reader.table
        unknownNames = reader.header.unknownNames
    }
}

/// An instruments file on its way into a table.
struct InstrumentReader: ~Copyable {
    private(set) var table: InstrumentTable
    private(set) var header = InstrumentHeader()

    private var lines: LineBuffer
    private var splitter = CSVSplitter()
    private var rejects: [FeedReject] = []
    private var rejectCount = 0

    private static let rejectsShownMax = 20
    private static let rowBytesMax = 64 * 1024

    init(source: consuming ByteSource, defaults: Instrument) {
        table = InstrumentTable(defaults: defaults)
        lines = LineBuffer(source: source, rowBytesMax: InstrumentReader.rowBytesMax)
    }

    mutating func readAll() throws(FeedError) {
        var isEnded = false
        while !isEnded {
            switch try lines.nextLine() {
            case .end:
                isEnded = true
                if header.columns.isEmpty {
                    note(RowProblem(reason: .missingColumn, offset: 0, detail: "there is no header line"))
                }
            case .damaged:
                isEnded = true
                let damage = lines.source.damage
                note(
                    RowProblem(
                        reason: damage?.reason ?? .corruptGzip, offset: lines.rowByteCount,
                        detail: damage?.detail ?? "damaged data"))
            case .tooLong: note(lineTooLong(lines.rowBytesMax))
            case .line where lines.rowByteCount == 0: break
            case .line:
                do throws(RowProblem) { try takeRow() } catch {
                    note(error)
                    isEnded = header.columns.isEmpty
                }
            }
        }
        if rejectCount > 0 { throw .instruments(rejects, total: rejectCount) }
    }

    private mutating func takeRow() throws(RowProblem) {
        splitter.begin()
        let progress = try lines.withRow { row throws(RowProblem) in try splitter.advance(over: row) }
        if progress == .insideQuotes {
            throw RowProblem(
                reason: .badQuoting, offset: splitter.quoteOffset,
                detail: "this quote is not closed on its line")
        }
        for index in splitter.fields.indices where splitter.fields[index].isEscaped {
            splitter.undouble(index, &lines)
        }
        if header.columns.isEmpty {
            return try lines.withRow { row throws(RowProblem) in try header.read(splitter.fields, in: row) }
        }
        if splitter.fieldCount != header.columnCount {
            throw RowProblem(
                reason: .fieldCount, offset: 0,
                detail: "\(splitter.fieldCount) fields where the header has \(header.columnCount)")
        }
        let row = try lines.withRow { text throws(RowProblem) in
            try InstrumentRow(splitter.fields, of: header, in: text, defaults: table.defaults)
        }
        if table.add(row.instrument) { return }
        throw RowProblem(
            reason: .badInstrument, offset: row.symbolOffset,
            detail: "the symbol \(row.instrument.symbol) is there twice")
    }

    private mutating func note(_ problem: RowProblem) {
        rejectCount += 1
        if rejects.count == InstrumentReader.rejectsShownMax { return }
        let place = lines.location(ofOffset: problem.offset)
        rejects.append(
            FeedReject(
                file: lines.source.path, line: place.line, column: place.column, tradeID: "",
                reason: problem.reason, detail: problem.detail, endsFile: true))
    }
}
