import NATSBridge

/// What a run of `pks publish` did, for a person on stderr or for a program as JSON.
struct PublishReport {
    let book: String
    let stream: String
    let subject: String
    let files: Int
    let lines: Int
    let refusedRows: Int
    let refusedByReason: [String: Int]
    /// Fills in messages.
    let fills: UInt64
    let counts: BusSender.Counts
    /// Messages that are not known to be stored.
    let underWay: Int
    let elapsedNs: Int64
    /// The signal that ended it before all was stored.
    let signal: Int32?

    private var seconds: Double { Double(elapsedNs) / 1e9 }
    private var perSecond: Int { elapsedNs <= 0 ? 0 : Int(Double(fills) / seconds) }

    /// Lines for people, without the last newline.
    func text() -> String {
        var lines = [
            ("published", "\(fills) fills in \(counts.messages) messages to \(subject) for book \(book)"),
            ("stored", "\(counts.stored) messages in stream \(stream)"),
            ("of these", "\(counts.alreadyThere) were there already"),
        ]
        let reasons = refusedByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let details = reasons.isEmpty ? "" : ": " + reasons.map { "\($1) \($0)" }.joined(separator: ", ")
        lines.append(("refused", "\(refusedRows) of \(self.lines) lines\(details)"))
        if counts.setbacks > 0 {
            lines.append(("setbacks", "\(counts.setbacks), \(counts.resent) messages sent again"))
        }
        if underWay > 0 { lines.append(("in doubt", "\(underWay) messages (publish again to be sure)")) }
        lines.append(("seconds", "\(rounded(seconds, 3)) (\(perSecond) fills a second)"))
        if let signal { lines.append(("interrupted", "by signal \(signal)")) }
        return lines.map { name, value in
            name + String(repeating: " ", count: max(1, 12 - name.count)) + value
        }.joined(separator: "\n")
    }

    /// One JSON object, with its newline. Counts are numbers, times are seconds.
    func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(static: "{\"book\":")
        bytes.append(json: book)
        bytes.append(static: ",\"stream\":")
        bytes.append(json: stream)
        bytes.append(static: ",\"subject\":")
        bytes.append(json: subject)
        bytes.append(
            text: ",\"files\":\(files),\"lines\":\(lines),\"rows_refused\":\(refusedRows)"
                + ",\"rows_refused_by_reason\":{")
        for (index, (reason, count)) in refusedByReason.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { bytes.append(static: ",") }
            bytes.append(json: reason)
            bytes.append(text: ":\(count)")
        }
        bytes.append(
            text: "},\"fills\":\(fills),\"messages\":\(counts.messages),\"stored\":\(counts.stored)"
                + ",\"already_there\":\(counts.alreadyThere),\"resent\":\(counts.resent)"
                + ",\"setbacks\":\(counts.setbacks),\"in_doubt\":\(underWay)"
                + ",\"seconds\":\(rounded(seconds, 6)),\"fills_per_second\":\(perSecond)"
                + ",\"signal\":\(signal.map { "\($0)" } ?? "null")}\n")
        return bytes
    }
}
