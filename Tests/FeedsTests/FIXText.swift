/// A FIX message as text, with its length and checksum right for SOH between fields.
struct FIXText {
    var version = "FIX.4.4"
    var fields: [(tag: Int, value: String)]
    /// How much the stated length is off; the checksum is right all the same.
    var lengthError = 0

    /// A fill of FIX 4.4; `changes` replaces values by tag, an empty one takes its field out.
    static func fill(_ changes: [Int: String] = [:], version: String = "FIX.4.4") -> FIXText {
        let isLegacy = ["FIX.4.0", "FIX.4.1", "FIX.4.2"].contains(version)
        var fields: [(tag: Int, value: String)] = [
            (35, "8"), (34, "7"), (1, "ACC"), (14, "5"), (17, "exec1"), (31, "100.5"), (32, "5"),
            (37, "order1"),
            (54, "1"), (55, "AUD/USD"), (60, "20240731-07:55:32.293"), (150, isLegacy ? "2" : "F"),
        ]
        if isLegacy { fields.append((20, "0")) }
        for tag in changes.keys.sorted() where !fields.contains(where: { $0.tag == tag }) {
            fields.append((tag, ""))
        }
        fields = fields.map { (tag: $0.tag, value: changes[$0.tag] ?? $0.value) }.filter { !$0.value.isEmpty }
        return FIXText(version: version, fields: fields)
    }

    /// The message on the wire.
    var wire: String {
        let body = fields.map { "\($0.tag)=\($0.value)\u{1}" }.joined()
        let head = "8=\(version)\u{1}9=\(body.utf8.count + lengthError)\u{1}"
        let sum = (head + body).utf8.reduce(0) { ($0 + Int($1)) % 256 }
        return head + body + "10=" + String(repeating: "0", count: 3 - String(sum).count) + "\(sum)\u{1}"
    }

    /// As a log prints it.
    var piped: String { wire.replacing("\u{1}", with: "|") }
}
