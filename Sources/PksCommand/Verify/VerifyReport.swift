import Accumulator

/// What was checked of one book under one method, and what came of it.
struct VerifyReport {
    let book: String
    let method: String
    let counters: BookCounters
    let rejects: UInt64
    /// Fills after which the identities were checked.
    let recordsChecked: Int
    let slotsCompared: Int
    let digest: String
    /// What does not hold; empty when everything does.
    var faults: [String] = []

    private var verdict: String { faults.isEmpty ? "holds" : "FAILS" }

    /// Lines for people.
    func text(_ terminal: Terminal) -> String {
        let title = "\(book) (\(method)): "
        let color: Terminal.Color = faults.isEmpty ? .green : .red
        var lines = [title + terminal.styled(verdict, color)]
        lines += faults.map { "  fault        \($0)" }
        lines += [
            "  records      \(counters.fills) fills, \(counters.duplicates) duplicates, "
                + "\(counters.conflicts) conflicts, \(counters.rejects) rejects by the book",
            "  identities   3, after each of \(recordsChecked) fills",
            "  effects      put together, against lots, positions and P&L of the end",
            "  replays      2 along the real path, against the audited book",
            "  slots        \(slotsCompared) read back from shared memory, twice, against the book",
            "  digest       \(digest)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Appends one JSON object.
    func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(static: "{\"book\":")
        bytes.append(json: book)
        bytes.append(text: ",\"method\":\"\(method)\",\"holds\":\(faults.isEmpty)")
        bytes.append(text: ",\"fills\":\(counters.fills),\"duplicates\":\(counters.duplicates)")
        bytes.append(text: ",\"conflicts\":\(counters.conflicts),\"rejects\":\(counters.rejects)")
        bytes.append(text: ",\"records_checked\":\(recordsChecked),\"slots_compared\":\(slotsCompared)")
        bytes.append(text: ",\"digest\":\"\(digest)\",\"faults\":[")
        for (index, fault) in faults.enumerated() {
            if index > 0 { bytes.append(static: ",") }
            bytes.append(json: fault)
        }
        bytes.append(static: "]}")
    }
}
