import Configuration
import Glibc
import Monitor
import PositionText
import ShmReader

/// `pks top`: positions on a screen, as they change.
enum TopVerb: Verb {
    static let spec = VerbSpec(
        name: "top", summary: "watch positions on the terminal, as they change",
        synopsis: "[--book B]... [--filter TEXT] [--sort COLUMN] [--once|--json|--csv]",
        description: [
            "Shows how books and their writers are, and a table of positions that follows every change: sort it, "
                + "filter it, sum it by account, strategy or symbol, and look into one position. Press ? for the "
                + "keys and q to leave. It reads shared memory only, and no writer notices it; a writer that "
                + "restarts is followed.",
            "Without a terminal, and with --once, it prints one snapshot and ends. --json prints an object with the "
                + "books and the positions, --csv the columns of positions.csv; numbers of positions are exact "
                + "(in JSON they are strings).",
            "Colours follow NO_COLOR, TERM and COLORFGBG; without a UTF-8 locale only ASCII is written. Columns: "
                + MonitorColumn.allCases.map(\.name).joined(separator: ", ") + ".",
        ],
        operand: nil,
        options: [
            OptionSpec(
                "book", .texts(form: "B"),
                "A book to show; may stand there several times. Default: all, as they come and go."),
            OptionSpec(
                "filter", .text(form: "TEXT"),
                "Only rows with this text in book, account, strategy or symbol; !TEXT: only the others."),
            OptionSpec(
                "sort", .text(form: "COLUMN"),
                "Sort by this column; -COLUMN: the largest first. Default: book, account, strategy, symbol."),
            OptionSpec(
                "interval", .duration, "Bring the screen up to date so often, 20ms to 1m. Default: 100ms."),
            OptionSpec(
                "theme", .choice(["auto", "dark", "light", "mono"]),
                "Colours for this ground; mono: none. Default: auto, which asks COLORFGBG and assumes dark."),
            OptionSpec("no-color", .flag, "No colours, as NO_COLOR in the environment says it."),
            OptionSpec("ascii", .flag, "Write ASCII only."),
            OptionSpec("once", .flag, "Print one snapshot and end."),
            OptionSpec("json", .flag, "Print one snapshot as JSON."),
            OptionSpec("csv", .flag, "Print one snapshot as CSV."),
        ],
        examples: [
            ("top", "Everything there is."),
            ("top --book desk --sort -pnl", "One book, the largest net P&L first."),
            ("top --filter BTC --once", "Positions with BTC in their names, once."),
        ],
        exits: [
            (.success, "Left by a key or a signal, or the snapshot was printed."),
            (.usage, "The command line is wrong."),
            (.unavailable, "Printing once: there is no such book. Otherwise: the terminal is not known."),
            (.noPermission, "This user may not read the segment."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let monitor = try monitorOptions(options)
        let form = try TopForm(options)
        let term = environment("TERM") ?? "dumb"
        let isInteractive =
            form == .screen && Terminal.standardOutput.isTerminal && isatty(STDIN_FILENO) == 1
        guard isInteractive, term != "dumb" else {
            return try TopSnapshot(monitor, form).print(isASCII: options.flag("ascii") || !hasUTF8)
        }
        do throws(MonitorError) {
            try MonitorSession.run(monitor, theme: theme(options), term: term)
        } catch {
            throw .said(.unavailable, "top: \(error.description)")
        }
        return .success
    }

    private static func monitorOptions(_ options: ParsedOptions) throws(CommandError) -> MonitorOptions {
        var monitor = MonitorOptions()
        var books: [String] = []
        for book in options.texts("book") where !books.contains(book) { books.append(book) }
        monitor.books = books.isEmpty ? nil : books
        if let pattern = options.text("filter") {
            monitor.filter = TextFilter(pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern)
        }
        if let word = options.text("sort") {
            guard let order = SortOrder(word: word) else {
                let names = MonitorColumn.allCases.map(\.name)
                let bare = String(word.drop { $0 == "-" || $0 == "+" })
                let advice = Suggestion.nearest(to: bare, in: names).map { "did you mean \($0)?" }
                throw .failed(
                    .usage, what: "top", why: "--sort \(shown(word)): no such column",
                    advice: advice ?? "one of \(names.joined(separator: ", "))")
            }
            monitor.order = order
        }
        if let ns = options.durationNs("interval") {
            guard (20_000_000...60_000_000_000).contains(ns) else {
                throw .failed(
                    .usage, what: "top", why: "--interval is out of range", advice: "from 20ms to 1m")
            }
            monitor.intervalNs = ns
        }
        return monitor
    }

    private static func theme(_ options: ParsedOptions) -> Theme {
        let isASCII = options.flag("ascii") || !hasUTF8
        if options.flag("no-color") || environment("NO_COLOR") != nil {
            return Theme(palette: .mono, isASCII: isASCII)
        }
        let asked = options.text("theme").flatMap { Theme.Palette(rawValue: $0) }
        return Theme(palette: asked ?? (isGroundLight ? .light : .dark), isASCII: isASCII)
    }

    /// COLORFGBG, which many terminals set, ends in the number of the ground's colour: 7 and 15 are light.
    private static var isGroundLight: Bool {
        let ground = environment("COLORFGBG")?.split(separator: ";").last.flatMap { Int($0) }
        return ground == 7 || ground == 15
    }

    /// Whether the user's locale is one of UTF-8.
    private static var hasUTF8: Bool {
        let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? "C"
        let name = locale.uppercased()
        return name.hasSuffix("UTF-8") || name.hasSuffix("UTF8") || name.contains("UTF-8@")
    }
}

/// In which form the monitor shows itself.
enum TopForm {
    /// The screen, when there is a terminal.
    case screen
    case text
    case json
    case csv

    init(_ options: ParsedOptions) throws(CommandError) {
        if options.flag("csv") && options.flag("json") {
            throw .failed(.usage, what: "top", why: "--csv and --json at once", advice: "choose one")
        }
        self =
            options.flag("json") ? .json : options.flag("csv") ? .csv : options.flag("once") ? .text : .screen
    }
}
