/// Executions in: text files of several formats become the 128-byte records that a book applies. This room
/// knows how CSV, JSON lines and FIX logs spell an execution, what can be wrong with one and at which line and
/// column. It knows nothing of positions or shared memory, and it never rounds or guesses: what cannot be
/// read exactly is a reject, and the rest of the file goes on.

/// How a file spells executions.
public enum FeedFormat: String, Sendable, CaseIterable {
    /// Comma-separated values with a header line (RFC 4180).
    case csv
    /// One JSON object a line.
    case jsonl
    /// FIX messages, one or more a line, as session logs keep them.
    case fix

    /// From the name's ending, with or without `.gz`; nil when the name does not tell.
    public init?(path: String) {
        var name = path.lowercased()[...]
        if name.hasSuffix(".gz") { name = name.dropLast(3) }
        if name.hasSuffix(".csv") {
            self = .csv
        } else if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") || name.hasSuffix(".json") {
            self = .jsonl
        } else if name.hasSuffix(".fix") || name.hasSuffix(".log") {
            self = .fix
        } else {
            return nil
        }
    }

    /// From the first bytes of the content: an object is JSON lines, a FIX begin string is FIX, a first line with
    /// a comma is CSV. Nil when more bytes are needed to tell. Allocates nothing.
    init?(content: Span<UInt8>) {
        let blank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        guard let first = content.indices.first(where: { !blank(content[$0]) }) else { return nil }
        if content[first] == UInt8(ascii: "{") {
            self = .jsonl
        } else if FIXMessage.start(in: content, from: first) != nil {
            self = .fix
        } else if let end = content.indices.first(where: { $0 > first && content[$0] == 0x0a }),
            (first..<end).contains(where: { content[$0] == UInt8(ascii: ",") })
        {
            self = .csv
        } else {
            return nil
        }
    }
}
