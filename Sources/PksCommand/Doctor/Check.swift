/// One thing that `pks doctor` has looked at.
struct Check {
    enum Verdict: String {
        case ok
        /// It works, but not as well as it could.
        case warn
        /// Something that is required is missing.
        case fail
    }

    let name: String
    let verdict: Verdict
    /// What was found.
    let finding: String
    /// Exactly what to do; nil when nothing is to be done.
    let fix: String?

    static func ok(_ name: String, _ finding: String) -> Check {
        Check(name: name, verdict: .ok, finding: finding, fix: nil)
    }

    static func warn(_ name: String, _ finding: String, fix: String) -> Check {
        Check(name: name, verdict: .warn, finding: finding, fix: fix)
    }

    static func fail(_ name: String, _ finding: String, fix: String) -> Check {
        Check(name: name, verdict: .fail, finding: finding, fix: fix)
    }

    /// A line for people, and one more for the fix.
    func text(_ terminal: Terminal) -> String {
        let color: Terminal.Color =
            switch verdict {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        let word = verdict.rawValue + String(repeating: " ", count: 4 - verdict.rawValue.count)
        let padding = String(repeating: " ", count: max(1, 15 - name.count))
        let line = "\(terminal.styled(word, color))  \(name)\(padding)\(finding)\n"
        return line + (fix.map { "      \(String(repeating: " ", count: 15))fix: \($0)\n" } ?? "")
    }

    /// Appends one JSON object.
    func appendJSON(to bytes: inout [UInt8]) {
        bytes.append(static: "{\"check\":")
        bytes.append(json: name)
        bytes.append(text: ",\"verdict\":\"\(verdict.rawValue)\",\"finding\":")
        bytes.append(json: finding)
        if let fix {
            bytes.append(static: ",\"fix\":")
            bytes.append(json: fix)
        }
        bytes.append(static: "}")
    }
}
