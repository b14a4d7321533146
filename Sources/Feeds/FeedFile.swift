import FillRecords

/// One file on its way through a feed: its lines, its format's reader, and the row at hand.
struct FeedFile: ~Copyable {
    enum Step {
        /// The encoder holds the records of a fill.
        case fill
        /// A book must be opened; then `resume` encodes the row.
        case opensBook(String, index: Int)
        case reject(FeedReject)
        case end
    }

    private var lines: LineBuffer
    private let format: FeedFormat
    private let number: Int
    private var csv = CSVRowReader()
    private var json = JSONRowReader()
    private var fix: FIXRowReader
    private var row = FillRow()
    private var isEnded = false

    private static let sniffedBytesMax = 4_096

    /// Opens the file; `number` counts files from 0.
    init(
        path: String, number: Int, options: FeedOptions, whenWaiting: (() -> Void)?
    ) throws(FeedError) {
        let source = try ByteSource(path: path, whenWaiting: whenWaiting)
        var lines = LineBuffer(source: source, rowBytesMax: options.rowBytesMax)
        if let format = options.format ?? FeedFormat(path: path) {
            self.format = format
        } else {
            let sniffed = try lines.withFirstBytes(bytesMax: FeedFile.sniffedBytesMax) {
                FeedFormat(content: $0)
            }
            format = sniffed ?? .csv
        }
        self.lines = lines
        self.number = number
        fix = FIXRowReader(dedupeReportsMax: options.dedupesFIXByCumQty ? options.fixReportsMax : nil)
    }

    /// Bytes read so far, as stored.
    var storedBytesRead: Int { lines.source.storedBytesRead }

    /// The size as stored, when it is known.
    var storedBytesTotal: Int? { lines.source.storedBytesTotal }

    /// Lines read so far.
    var linesRead: Int { lines.linesRead }

    /// Names of columns or keys that mean nothing to us.
    var unknownNames: [String] { format == .csv ? csv.header.unknownNames : json.unknownNames }

    /// Goes on to the next fill, reject or the end. Counts what is ignored.
    mutating func next(
        _ encoder: inout FillEncoder, ignored: inout [IgnoredKind: Int]
    ) throws(FeedError) -> Step {
        while !isEnded {
            switch try nextRow() {
            case .row: return resume(&encoder)
            case .ignored(let kind): count(kind, &ignored)
            case .problem(let problem): return .reject(rejected(problem))
            case .damaged:
                isEnded = true
                return .reject(damaged())
            case .end: isEnded = true
            }
        }
        return .end
    }

    /// Encodes the row at hand, at first or after its book was opened.
    mutating func resume(_ encoder: inout FillEncoder) -> Step {
        let line = lines.line
        let reference = UInt64(number) << 48 | UInt64(line) & 0xffff_ffff_ffff
        do throws(FillProblem) {
            let answer = try lines.withRow { text throws(FillProblem) in
                try encoder.encode(row, text, line: line, reference: reference)
            }
            switch answer {
            case .records:
                if format == .fix { fix.remember() }
                return .fill
            case .opensBook(let name, let index): return .opensBook(name, index: index)
            }
        } catch {
            return .reject(rejected(RowProblem(error)))
        }
    }

    private mutating func nextRow() throws(FeedError) -> RowStep {
        switch format {
        case .csv: try csv.next(&lines, &row)
        case .jsonl: try json.next(&lines, &row)
        case .fix: try fix.next(&lines, &row)
        }
    }

    /// Places a problem in the file, before the reader moves on.
    private mutating func rejected(_ problem: RowProblem) -> FeedReject {
        let place = lines.location(ofOffset: problem.offset)
        let tradeID = row[.tradeID]
        let reject = FeedReject(
            file: lines.source.path, line: place.line, column: place.column,
            tradeID: lines.withRow { text in
                tradeID.range.upperBound <= text.count
                    ? shownText(text.extracting(tradeID.range), bytesMax: 40) : ""
            },
            reason: problem.reason, detail: problem.detail, endsFile: problem.endsFile)
        isEnded = problem.endsFile
        if problem.resumesAtSecondLine { lines.resumeAtSecondLine() }
        return reject
    }

    private func damaged() -> FeedReject {
        let damage = lines.source.damage ?? SourceDamage(reason: .corruptGzip, detail: "damaged data")
        let isPartial = lines.rowByteCount > 0
        return FeedReject(
            file: lines.source.path, line: lines.line, column: lines.rowByteCount + 1, tradeID: "",
            reason: damage.reason,
            detail: damage.detail + (isPartial ? "; line \(lines.line) is cut and was not used" : ""),
            endsFile: true)
    }

    private func count(_ kind: IgnoredKind, _ ignored: inout [IgnoredKind: Int]) {
        // Types are the file's own words; a file that makes up many of them gets one common count.
        let isNew = ignored[kind] == nil && ignored.count >= 64
        ignored[isNew ? .messageType("other") : kind, default: 0] += 1
    }
}
