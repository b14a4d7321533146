import Glibc

/// What a descriptor leads to, as far as looks go.
struct Terminal {
    /// A person is looking at it.
    let isTerminal: Bool
    /// Colours are welcome.
    let hasColor: Bool

    init(_ descriptor: Int32) {
        isTerminal = isatty(descriptor) == 1
        let term = environment("TERM") ?? ""
        hasColor = isTerminal && environment("NO_COLOR") == nil && term != "dumb" && !term.isEmpty
    }

    static var standardOutput: Terminal { Terminal(STDOUT_FILENO) }
    static var standardError: Terminal { Terminal(STDERR_FILENO) }

    enum Color: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    /// The text in a colour where there are any.
    func styled(_ text: String, _ color: Color) -> String {
        hasColor ? "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// A variable of the environment; nil when unset or empty.
func environment(_ name: String) -> String? {
    // SAFETY: the text lives as long as nobody changes the environment, which this program never does.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}
