import Feeds

/// Everything that was not used, from files and from books, in the order of the input. Rows wait here until
/// every record that was read before is applied; then they are written, the first few on stderr as well.
final class RejectLog {
    /// One row of rejects.csv.
    struct Row {
        let place: SourceFiles.Place
        /// Orders rejects of one line: what came first.
        let number: Int
        let column: Int?
        let tradeID: String
        let reason: String
        let detail: String
    }

    /// So many are told on stderr; the rest are counted.
    static let shownMax = 10
    /// So many may wait before the caller should apply what was read.
    static let waitingMax = 4096
    static let csvHeader = "file,line,trade_id,reason,detail\n"

    /// Rejects so far, by reason.
    private(set) var countByReason: [String: Int] = [:]
    /// Rejects so far.
    private(set) var count = 0

    private let output: ByteWriter?
    private let progress: ProgressLine
    private var waiting: [Row] = []
    private var row: [UInt8] = []
    private var shownCount = 0
    private let isSilent: Bool

    /// Writes rows to `output`, and the first few to stderr unless it is to be silent.
    init(output: ByteWriter?, progress: ProgressLine, isSilent: Bool = false) throws(CommandError) {
        self.output = output
        self.progress = progress
        self.isSilent = isSilent
        try output?.write(Self.csvHeader)
    }

    /// Whether so many wait that everything read should be applied now.
    var isCrowded: Bool { waiting.count >= Self.waitingMax }

    /// Adds what a feed could not use.
    func add(_ reject: FeedReject, at place: SourceFiles.Place) {
        add(
            place, column: reject.column, tradeID: reject.tradeID, reason: reject.reason.rawValue,
            detail: reject.detail)
    }

    func add(
        _ place: SourceFiles.Place, column: Int?, tradeID: String, reason: String, detail: String
    ) {
        waiting.append(
            Row(
                place: place, number: count, column: column, tradeID: tradeID, reason: reason, detail: detail)
        )
        count += 1
        countByReason[reason, default: 0] += 1
    }

    /// Writes what waits. Call it when every record read so far is applied, so that nothing earlier can come.
    func flush() throws(CommandError) {
        if waiting.isEmpty { return }
        waiting.sort {
            ($0.place.ordinal, $0.place.line, $0.number) < ($1.place.ordinal, $1.place.line, $1.number)
        }
        for reject in waiting {
            show(reject)
            guard let output else { continue }
            row.removeAll(keepingCapacity: true)
            row.append(csv: reject.place.file)
            row.append(text: ",\(reject.place.line),")
            row.append(csv: reject.tradeID)
            row.append(text: ",\(reject.reason),")
            row.append(csv: reject.column.map { "column \($0): \(reject.detail)" } ?? reject.detail)
            row.append(UInt8(ascii: "\n"))
            try output.write(row)
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// What shows all rejects of a run that has shown the first few only.
    static let adviceOut = "--out DIR writes all of them to rejects.csv"

    /// The last line on stderr: how many more there are, and where to find them.
    func showRest(advice: String) {
        if isSilent || count <= Self.shownMax { return }
        say("pks: and \(count - Self.shownMax) more rejects (\(advice))")
    }

    private func show(_ reject: Row) {
        if isSilent || shownCount == Self.shownMax { return }
        shownCount += 1
        progress.clear()
        let column = reject.column.map { ":\($0)" } ?? ""
        say("pks: \(reject.place.file):\(reject.place.line)\(column): \(reject.detail) (\(reject.reason))")
    }
}
