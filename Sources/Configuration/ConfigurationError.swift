/// Something in a configuration that is wrong or looks wrong.
public struct ConfigurationMistake: Hashable, Sendable, CustomStringConvertible {
    /// Who said it: a place in a file, or an option.
    public var origin: Origin
    /// What is wrong.
    public var wrong: String
    /// What was expected.
    public var expected: String
    /// What to do about it; nil when that goes without saying.
    public var advice: String?

    init(_ origin: Origin, _ wrong: String, _ expected: String, _ advice: String? = nil) {
        self.origin = origin
        self.wrong = wrong
        self.expected = expected
        self.advice = advice
    }

    /// `file:line:column: what is wrong: what was expected (what to do)`. May hold characters that a terminal
    /// should not see. Allocates.
    public var description: String {
        "\(origin): \(wrong): \(expected)" + (advice.map { " (\($0))" } ?? "")
    }
}

/// Why there is no configuration.
public enum ConfigurationError: Error, Equatable, Sendable {
    /// A file cannot be read at all.
    case unreadable(path: String, code: Int32)
    /// A pipe that nothing has come from.
    case silentPipe(path: String)
    /// All that is wrong, each in the form of a `ConfigurationMistake`, in the order of the text.
    case mistakes([String])
}

extension ConfigurationError: CustomStringConvertible {
    /// What is wrong, a line each. Allocates.
    public var description: String {
        switch self {
        case .unreadable(let path, let code):
            "\(path): cannot open the configuration: \(errnoText(code)) (check the name, and who may read it)"
        case .silentPipe(let path):
            "\(path): nothing comes from this pipe (name a file, or a pipe that somebody writes to)"
        case .mistakes(let lines): lines.joined(separator: "\n")
        }
    }
}

/// What is wrong so far, in any order.
struct MistakeList {
    private(set) var mistakes: [ConfigurationMistake] = []
    private(set) var warnings: [ConfigurationMistake] = []
    /// Lines of other files, in their own form.
    private(set) var foreignLines: [String] = []

    var isEmpty: Bool { mistakes.isEmpty && foreignLines.isEmpty }

    mutating func add(_ origin: Origin, _ wrong: String, _ expected: String, _ advice: String? = nil) {
        let mistake = ConfigurationMistake(origin, wrong, expected, advice)
        // What stands in [defaults] is judged once for each book.
        if !mistakes.contains(mistake) { mistakes.append(mistake) }
    }

    mutating func add(foreign lines: [String]) {
        for line in lines where !foreignLines.contains(line) { foreignLines.append(line) }
    }

    mutating func warn(_ origin: Origin, _ wrong: String, _ expected: String, _ advice: String? = nil) {
        let warning = ConfigurationMistake(origin, wrong, expected, advice)
        if !warnings.contains(warning) { warnings.append(warning) }
    }

    /// In the order of the text; what has no place comes last.
    var lines: [String] {
        Self.sorted(mistakes).map(\.description) + foreignLines
    }

    static func sorted(_ mistakes: [ConfigurationMistake]) -> [ConfigurationMistake] {
        mistakes.enumerated().sorted { left, right in
            switch (left.element.origin, right.element.origin) {
            case (.file(let one), .file(let other)): (one, left.offset) < (other, right.offset)
            case (.file, _): true
            case (_, .file): false
            default: left.offset < right.offset
            }
        }.map(\.element)
    }
}
