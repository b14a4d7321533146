import ShmReader

/// `pks read`: positions from shared memory.
enum ReadVerb: Verb {
    static let spec = VerbSpec(
        name: "read", summary: "positions of a book, read from shared memory",
        synopsis: "--book B [--account A] [--strategy S] [--symbol X] [--csv|--json] [--watch]",
        description: [
            "Prints the positions of one book, with the columns of positions.csv, sorted by account, strategy "
                + "and symbol. The rows are one consistent snapshot; when the writer is too fast for that, each "
                + "row is right by itself and a line on stderr says so. The writer never notices its readers.",
            "Without --csv or --json a terminal gets aligned columns and anything else gets CSV. JSON is one "
                + "array with a position a line (with --watch: an object a line); its numbers are strings, "
                + "because they are exact.",
            "With --watch, all rows come first, and then each row as it changes, until SIGINT or SIGTERM. When "
                + "the writer restarts, the watch goes on with the new segment and says so.",
        ],
        operand: nil,
        options: [
            OptionSpec("book", .text(form: "B"), "The book. Default: main."),
            OptionSpec("account", .text(form: "A"), "Only this account."),
            OptionSpec("strategy", .text(form: "S"), "Only this strategy."),
            OptionSpec("symbol", .text(form: "X"), "Only this symbol."),
            OptionSpec("csv", .flag, "Print CSV."),
            OptionSpec("json", .flag, "Print JSON."),
            OptionSpec("watch", .flag, "Go on printing rows as they change."),
            OptionSpec(
                "interval-ms", .count(1...60_000),
                "With --watch, look for changes so often; between two looks only the newest value of a row "
                    + "counts. Default: 100."),
        ],
        examples: [
            ("read --book main", "All positions of the book main."),
            ("read --book main --symbol BTCUSDT --json", "One symbol, for a program."),
            ("read --book main --watch --csv", "Every change from now on."),
        ],
        exits: [
            (.success, "Printed, even when the writer is stopped or stale (stderr then says so)."),
            (.usage, "The command line is wrong."),
            (.unavailable, "There is no such segment, it is broken, or no position matches."),
            (.noPermission, "This user may not read the segment."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let terminal = Terminal.standardOutput
        let format = try RowFormat(options, terminal)
        let filter = PositionFilter(
            account: options.text("account"), strategy: options.text("strategy"),
            symbol: options.text("symbol"))
        if options.has("interval-ms") && !options.flag("watch") {
            throw .failed(.usage, what: "read", why: "--interval-ms without --watch", advice: "add --watch")
        }
        let book = options.text("book") ?? "main"
        let output = ByteWriter.standardOutput()
        let printer = RowPrinter(format, output, terminal)
        if options.flag("watch") {
            var watch = PositionWatch(
                reader: try attach(book: book), filter: filter, printer: printer, output: output)
            return try watch.run(intervalMs: options.count("interval-ms") ?? 100)
        }
        return try readOnce(book, filter, printer, output)
    }

    private static func readOnce(
        _ book: String, _ filter: PositionFilter, _ printer: consuming RowPrinter, _ output: ByteWriter
    ) throws(CommandError) -> ExitStatus {
        let reader = try attach(book: book)
        let scan = BookScan(reader, filter: filter)
        if scan.rows.isEmpty && !filter.description.isEmpty {
            throw .failed(
                .unavailable, what: "book \(book)", why: "no position has \(filter.description)",
                advice: "pks read --book \(book) shows all of them")
        }
        try printer.printAll(scan.rows, isStream: false)
        try output.flush()
        warn(reader, scan)
        return .success
    }

    private static func warn(_ reader: borrowing SegmentReader, _ scan: BookScan) {
        for text in [warning(of: reader), scan.warning].compactMap({ $0 }) {
            say("pks: book \(reader.book): \(text)")
        }
    }
}
