/// What a key asks for.
package enum Command: Hashable, Sendable {
    case quit, help, close
    case up, down, pageUp, pageDown, first, last
    case left, right
    case open
    case filter, clearFilter
    case sort, sortLeft, sortRight, reverse
    case pause, freeze
    case totals, books, curve
    case redraw
}

/// Which key asks for what. The one list from which keys are found, the bottom line is made, and help is written.
enum KeyBindings {
    struct Binding {
        let keys: [Key]
        let command: Command
        /// The keys as help shows them.
        let label: String
        /// One or two words for the bottom line; nil for those that are not named there.
        let short: String?
        let help: String
    }

    static let all: [Binding] = [
        Binding(keys: ["q", .control("c")], command: .quit, label: "q", short: "quit", help: "Quit."),
        Binding(keys: ["?", "h"], command: .help, label: "?", short: "help", help: "This text."),
        Binding(
            keys: ["/"], command: .filter, label: "/", short: "filter",
            help: "Show rows that have a text in book, account, strategy or symbol; /!text leaves them out."),
        Binding(
            keys: ["s"], command: .sort, label: "s", short: "sort",
            help: "Sort by a column: type its name, with - before it for the largest first."),
        Binding(
            keys: ["t"], command: .totals, label: "t", short: "totals",
            help: "Totals by account, by strategy, by symbol, and back. Currencies are never added."),
        Binding(
            keys: [.enter], command: .open, label: "Enter", short: "detail",
            help: "All about the selected position; on a total, the positions that it is made of."),
        Binding(
            keys: ["p", " "], command: .pause, label: "p", short: "pause",
            help: "Pause: the screen stands still, and what changes is followed meanwhile."),
        Binding(
            keys: ["f"], command: .freeze, label: "f", short: "freeze",
            help: "Freeze: rows stay in their places while their numbers go on."),
        Binding(
            keys: ["b"], command: .books, label: "b", short: "books",
            help: "One book after the other, and all."),
        Binding(
            keys: ["v"], command: .curve, label: "v", short: "curve",
            help: "The curve of the selected row: net P&L or net quantity."),
        Binding(
            keys: ["r"], command: .reverse, label: "r", short: "reverse", help: "Sort the other way round."),
        Binding(
            keys: ["<", ","], command: .sortLeft, label: "<", short: nil,
            help: "Sort by the column to the left."),
        Binding(
            keys: [">", "."], command: .sortRight, label: ">", short: nil,
            help: "Sort by the column to the right."),
        Binding(keys: [.up, "k"], command: .up, label: "Up k", short: nil, help: "The line above."),
        Binding(keys: [.down, "j"], command: .down, label: "Down j", short: nil, help: "The line below."),
        Binding(
            keys: [.pageUp, .control("b")], command: .pageUp, label: "PgUp", short: nil, help: "A screen up."),
        Binding(
            keys: [.pageDown, .control("f")], command: .pageDown, label: "PgDn", short: nil,
            help: "A screen down."),
        Binding(keys: [.home, "g"], command: .first, label: "Home g", short: nil, help: "The first line."),
        Binding(keys: [.end, "G"], command: .last, label: "End G", short: nil, help: "The last line."),
        Binding(
            keys: [.left], command: .left, label: "Left", short: nil, help: "Columns further to the left."),
        Binding(
            keys: [.right], command: .right, label: "Right", short: nil, help: "Columns further to the right."
        ),
        Binding(
            keys: [.escape], command: .close, label: "Esc", short: nil,
            help: "Back to the positions; there, take the filter away."),
        Binding(
            keys: [.control("l")], command: .redraw, label: "Ctrl-L", short: nil,
            help: "Draw the screen anew."),
    ]

    private static let byKey: [Key: Command] = {
        var table: [Key: Command] = [:]
        for binding in all {
            for key in binding.keys { table[key] = binding.command }
        }
        return table
    }()

    static func command(of key: Key) -> Command? { byKey[key] }
}

extension Key: ExpressibleByExtendedGraphemeClusterLiteral {
    /// A key with a character on it.
    package init(extendedGraphemeClusterLiteral character: Character) { self = .character(character) }
}
