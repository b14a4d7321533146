import Accumulator
import CSeqlock
import Feeds

/// What a replay did, for a person on stderr or for a program as JSON.
struct ReplaySummary {
    struct BookPart {
        let name: String
        let counters: BookCounters
        let positions: Int
        /// SHA-256 over the book's state.
        let digest: String?
    }

    /// Files that could be read.
    let files: Int
    let feed: FeedSummary
    var books: [BookPart] = []
    /// Rows of rejects.csv, conflicts among them.
    var rejects = 0
    var rejectsByReason: [String: Int] = [:]
    /// From opening the first file to the last byte written, without the digest.
    var elapsedNs: Int64 = 0
    /// CPU time from the rings' heads to the slots, without formatting. What the machine did besides does not
    /// count.
    var drainNs: Int64 = 0
    var outDirectory: String?

    /// A counter, summed over the books.
    private func sum(_ counter: KeyPath<BookCounters, UInt64>) -> UInt64 {
        books.reduce(0) { $0 + $1.counters[keyPath: counter] }
    }

    private var records: UInt64 { sum(\.fills) + sum(\.duplicates) + sum(\.conflicts) }
    private var nsPerFill: Double { records == 0 ? 0 : Double(drainNs) / Double(records) }
    private var seconds: Double { Double(elapsedNs) / 1e9 }
    private var linesPerSecond: Int { elapsedNs == 0 ? 0 : Int(Double(feed.lines) / seconds) }

    private var counts: [(name: String, value: UInt64)] {
        [
            ("fills", sum(\.fills)), ("duplicates", sum(\.duplicates)), ("conflicts", sum(\.conflicts)),
            ("rejects", UInt64(rejects)), ("late", sum(\.late)), ("matches", sum(\.matches)),
            ("open_lots", sum(\.openLots)), ("positions", UInt64(books.reduce(0) { $0 + $1.positions })),
        ]
    }

    /// Lines for people, without the last newline.
    func text() -> String {
        var lines: [(String, String)] = counts.map {
            ($0.name.replacing("_", with: " "), "\($0.value)")
        }
        if !rejectsByReason.isEmpty {
            let reasons = rejectsByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            lines.insert(("", reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", ")), at: 4)
        }
        for (kind, count) in ignored { lines.append(("ignored", "\(count) \(kind)")) }
        lines.append(("seconds", "\(rounded(seconds, 3)) (\(linesPerSecond) lines a second)"))
        lines.append(("ns per fill", "\(rounded(nsPerFill, 1)) of CPU time, from ring to slot"))
        for book in books {
            if let digest = book.digest { lines.append(("digest", "\(digest) \(book.name)")) }
        }
        if let outDirectory { lines.append(("results", outDirectory)) }
        return lines.map { name, value in
            name + String(repeating: " ", count: max(0, 12 - name.count)) + value
        }.joined(separator: "\n")
    }

    private var ignored: [(kind: String, count: Int)] {
        feed.ignored.map { (kind: $0.key.description, count: $0.value) }
            .sorted { ($1.count, $0.kind) < ($0.count, $1.kind) }
    }

    /// One JSON object, with its newline. Counts are numbers.
    func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(text: "{\"files\":\(files),\"lines\":\(feed.lines)")
        for (name, value) in counts { bytes.append(text: ",\"\(name)\":\(value)") }
        append(
            "rejects_by_reason", rejectsByReason.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, &bytes
        )
        append("ignored", ignored.map { ($0.kind, $0.count) }, &bytes)
        bytes.append(static: ",\"books\":[")
        for (index, book) in books.enumerated() {
            bytes.append(static: index == 0 ? "{\"book\":" : ",{\"book\":")
            bytes.append(json: book.name)
            bytes.append(text: ",\"fills\":\(book.counters.fills),\"positions\":\(book.positions)")
            if let digest = book.digest { bytes.append(text: ",\"digest\":\"\(digest)\"") }
            bytes.append(static: "}")
        }
        bytes.append(text: "],\"seconds\":\(rounded(seconds, 6)),\"ns_per_fill\":\(rounded(nsPerFill, 1))")
        if let outDirectory {
            bytes.append(static: ",\"out\":")
            bytes.append(json: outDirectory)
        }
        bytes.append(static: "}\n")
        return bytes
    }

    private func append(_ name: StaticString, _ counts: [(String, Int)], _ bytes: inout [UInt8]) {
        bytes.append(static: ",")
        bytes.append(jsonName: name)
        bytes.append(static: "{")
        for (index, (key, count)) in counts.enumerated() {
            if index > 0 { bytes.append(static: ",") }
            bytes.append(json: key)
            bytes.append(text: ":\(count)")
        }
        bytes.append(static: "}")
    }
}

/// A number for people, rounded to some decimals.
func rounded(_ value: Double, _ decimals: Int) -> String {
    var factor = 1.0
    for _ in 0..<decimals { factor *= 10 }
    let units = (value * factor).rounded()
    guard units.magnitude < 9e15 else { return "\(value)" }
    let whole = Int64(units)
    let digits = String(whole.magnitude % UInt64(factor))
    let padding = String(repeating: "0", count: decimals - (decimals == 0 ? 0 : digits.count))
    let sign = whole < 0 ? "-" : ""
    return decimals == 0 ? "\(whole)" : "\(sign)\(whole.magnitude / UInt64(factor)).\(padding)\(digits)"
}
