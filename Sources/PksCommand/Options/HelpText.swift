/// Writes help from specs, so that it cannot say anything else than the parser does.
enum HelpText {
    private static let widthMax = 96

    /// Help of one verb.
    static func verb(_ spec: VerbSpec) -> String {
        var lines = ["pks \(spec.name): \(spec.summary)", "", "Usage: pks \(spec.name) \(spec.synopsis)"]
        for paragraph in spec.description { lines += [""] + wrapped(paragraph, indent: 0) }
        if let operand = spec.operand {
            lines += [""] + table([(operand.name, operand.help)], indent: 2)
        }
        lines += ["", "Options:"] + table(spec.allOptions.map { ($0.usage, $0.help) }, indent: 2)
        if !spec.examples.isEmpty {
            lines += ["", "Examples:"]
            for example in spec.examples {
                lines += ["  pks \(example.line)"] + wrapped(example.meaning, indent: 6)
            }
        }
        lines +=
            ["", "Exit status:"] + table(spec.exits.map { ("\($0.status.rawValue)", $0.meaning) }, indent: 2)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The list of verbs.
    static func overview(_ specs: [VerbSpec]) -> String {
        var lines = [
            "pks: exact positions from fills, published in shared memory", "",
            "Usage: pks VERB [options]", "", "Verbs:",
        ]
        lines += table(specs.map { ($0.name, $0.summary) }, indent: 2)
        lines += [
            "",
            "pks help VERB, or pks VERB --help, explains a verb; pks --version says which build this is.",
            "Errors are one line on stderr, pks: what: why (what to do), and the exit status is that of",
            "sysexits.h. NO_COLOR turns colours off; output that is no terminal has none.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func table(_ rows: [(String, String)], indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let width = min(26, rows.map(\.0.count).max() ?? 0)
        var lines: [String] = []
        for (left, right) in rows {
            let text = wrapped(right, indent: indent + width + 2)
            if left.count > width {
                lines += [margin + left] + text
            } else {
                let padding = String(repeating: " ", count: width - left.count + 2)
                lines.append(margin + left + padding + (text.first.map { $0.drop { $0 == " " } } ?? ""))
                lines += text.dropFirst()
            }
        }
        return lines
    }

    private static func wrapped(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && indent + line.count + 1 + word.count > widthMax {
                lines.append(margin + line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(margin + line) }
        return lines
    }
}
