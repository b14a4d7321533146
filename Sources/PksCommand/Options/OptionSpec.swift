/// One option that a verb takes.
struct OptionSpec: Sendable {
    /// What may follow the name.
    enum Kind: Sendable {
        /// Nothing: it is there or not.
        case flag
        /// Any text; the form stands for it in help.
        case text(form: String)
        /// Any text, and it may stand there several times.
        case texts(form: String)
        /// One of these words.
        case choice([String])
        /// A whole number in this range.
        case count(ClosedRange<Int>)
        /// A number with a unit, such as 250ms, 5s or 7d; held in ns.
        case duration
        /// A number from 0 to 1, or a percentage.
        case fraction
    }

    /// The name after the two dashes.
    let name: String
    let kind: Kind
    /// One sentence for help, with the default.
    let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// Whether it may stand there several times.
    var isRepeatable: Bool {
        if case .texts = kind { return true }
        return false
    }

    /// The option as help shows it: `--format csv|jsonl|fix`.
    var usage: String {
        switch kind {
        case .flag: "--\(name)"
        case .text(let form), .texts(let form): "--\(name) \(form)"
        case .choice(let words): "--\(name) \(words.joined(separator: "|"))"
        case .count: "--\(name) N"
        case .duration: "--\(name) TIME"
        case .fraction: "--\(name) P"
        }
    }
}

/// What a verb takes besides options.
struct OperandSpec: Sendable {
    /// What it is called in help: FILE.
    let name: String
    /// At least so many.
    let countMin: Int
    /// At most so many.
    let countMax: Int
    let help: String
}

/// Everything that the parser and help know of one verb.
struct VerbSpec: Sendable {
    let name: String
    /// What it does, in one line without a full stop.
    let summary: String
    /// What follows the verb's name in the usage line.
    let synopsis: String
    /// What it does, in paragraphs; help breaks the lines.
    let description: [String]
    let operand: OperandSpec?
    let options: [OptionSpec]
    /// Command lines without the leading `pks`, each with what it does.
    let examples: [(line: String, meaning: String)]
    /// When which exit status comes.
    let exits: [(status: ExitStatus, meaning: String)]

    /// The options with `--help`, which every verb has.
    var allOptions: [OptionSpec] { options + [OptionSpec("help", .flag, "Print this text.")] }

    func option(named name: String) -> OptionSpec? { allOptions.first { $0.name == name } }
}
