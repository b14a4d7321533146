import Feeds
import FillProducer

/// What a feed did, for a person on stderr or for a program as JSON.
struct FeedReport {
    /// A key that the book refused, with the row that named it first.
    struct RefusedKey {
        let names: String
        let answer: KeyAnswer
        let place: String
        let line: UInt64
    }

    let book: String
    let producer: String
    let files: Int
    let lines: Int
    var refusedRows = 0
    var refusedByReason: [String: Int] = [:]
    var sent: UInt64 = 0
    var counts = ProducerCounts()
    var refusedKeys: [RefusedKey] = []
    /// From the first fill to the last one applied.
    var elapsedNs: Int64 = 0
    /// Of a paced feed: how much later than due fills were sent.
    var lags: (maxNs: Int64, p99Ns: Int64)?
    var writerRestarts = 0
    var leftOver: UInt64 = 0
    var isRemoved = false
    /// The signal that ended the feed before all was applied.
    var signal: Int32?

    private var seconds: Double { Double(elapsedNs) / 1e9 }
    private var perSecond: Int { elapsedNs <= 0 ? 0 : Int(Double(sent) / seconds) }

    /// Whether something was refused, by the feed or by the book.
    var hasRefusals: Bool { refusedRows > 0 || counts.rejects > 0 || !refusedKeys.isEmpty }

    /// Lines for people, without the last newline.
    func text() -> String {
        var lines = [
            ("sent", "\(sent) fills to book \(book) as \(producer)"),
            ("applied", "\(counts.fills)"), ("duplicates", "\(counts.duplicates)"),
            ("rejected", counts.rejects == 0 ? "0" : "\(counts.rejects) by the book (pks stats says why)"),
        ]
        let reasons = refusedByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let details = reasons.isEmpty ? "" : ": " + reasons.map { "\($1) \($0)" }.joined(separator: ", ")
        lines.append(("refused", "\(refusedRows) of \(self.lines) lines\(details)"))
        if leftOver > 0 {
            lines.append(("left over", "\(leftOver) records of an earlier feed, counted with these"))
        }
        if writerRestarts > 0 {
            lines.append(("restarts", "\(writerRestarts) of the writer; counts are those of its last life"))
        }
        lines.append(("seconds", "\(rounded(seconds, 3)) (\(perSecond) fills a second)"))
        if let lags {
            lines.append(("lag", "p99 \(lagText(lags.p99Ns)), max \(lagText(lags.maxNs))"))
        }
        if let signal {
            lines.append(("interrupted", "by signal \(signal); what was sent stays on the ring"))
        }
        return lines.map { name, value in
            name + String(repeating: " ", count: max(1, 12 - name.count)) + value
        }.joined(separator: "\n")
    }

    private func lagText(_ ns: Int64) -> String { rounded(Double(ns) / 1e9, 6) + " s" }

    /// One line for each key that the book refused.
    func keyLines() -> [String] {
        refusedKeys.map { key in
            "pks: \(key.place):\(key.line): \(key.names): \(Self.detail(key.answer)) (\(key.answer))"
        }
    }

    private static func detail(_ answer: KeyAnswer) -> String {
        switch answer {
        case .decimals:
            "the book has this instrument with other decimals, so all of its fills are rejected (give feed and "
                + "book the same --instruments)"
        case .capacity:
            "the book has no room for another position, so all of its fills are rejected (restart it with more "
                + "--positions)"
        case .malformed, .redefined, .pending, .accepted:
            "the book could not use this key, so all of its fills are rejected"
        }
    }

    /// One JSON object, with its newline. Counts are numbers, times are seconds.
    func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(static: "{\"book\":")
        bytes.append(json: book)
        bytes.append(static: ",\"producer\":")
        bytes.append(json: producer)
        bytes.append(text: ",\"files\":\(files),\"lines\":\(lines),\"rows_refused\":\(refusedRows)")
        bytes.append(static: ",\"rows_refused_by_reason\":{")
        for (index, (reason, count)) in refusedByReason.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { bytes.append(static: ",") }
            bytes.append(json: reason)
            bytes.append(text: ":\(count)")
        }
        bytes.append(
            text: "},\"sent\":\(sent),\"fills\":\(counts.fills),\"duplicates\":\(counts.duplicates),"
                + "\"rejects\":\(counts.rejects),\"refused_keys\":[")
        for (index, key) in refusedKeys.enumerated() {
            bytes.append(static: index == 0 ? "{\"key\":" : ",{\"key\":")
            bytes.append(json: key.names)
            bytes.append(text: ",\"answer\":\"\(key.answer)\",\"file\":")
            bytes.append(json: key.place)
            bytes.append(text: ",\"line\":\(key.line)}")
        }
        bytes.append(
            text: "],\"seconds\":\(rounded(seconds, 6)),\"fills_per_second\":\(perSecond)")
        if let lags {
            bytes.append(
                text: ",\"lag_seconds_p99\":\(rounded(Double(lags.p99Ns) / 1e9, 9))"
                    + ",\"lag_seconds_max\":\(rounded(Double(lags.maxNs) / 1e9, 9))")
        }
        bytes.append(
            text: ",\"writer_restarts\":\(writerRestarts),\"left_over_records\":\(leftOver)"
                + ",\"ring_removed\":\(isRemoved),\"signal\":\(signal.map { "\($0)" } ?? "null")}\n")
        return bytes
    }
}
