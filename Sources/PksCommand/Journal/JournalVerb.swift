import Configuration

/// `pks journal`: what is in a journal, and whether it is whole.
enum JournalVerb: Verb {
    static let spec = VerbSpec(
        name: "journal", summary: "lists, prints and checks journals",
        synopsis: "ls|cat|verify [DIR] [--book B] [options]",
        description: [
            "DIR is what pks run --journal was given, or the directory in it that is named after a book. "
                + "Without DIR: PKS_JOURNAL.",
            "ls lists the files of each book, which records they hold, and whether they are whole. cat prints "
                + "records, one a line, with names, exact numbers and ids. verify looks at every block of every "
                + "file by itself: checksums, order, whose they are; it says how much is whole and names every "
                + "fault with file, byte and records. All three only read, take no lock, and may run while a "
                + "daemon writes: what it writes meanwhile is not judged.",
        ],
        operand: OperandSpec(
            name: "ls|cat|verify", countMin: 1, countMax: 2,
            help: "What to do, and the journal's directory."),
        options: [
            OptionSpec("book", .text(placeholder: "B"), "Only this book. Default: all (one, for cat)."),
            OptionSpec("from", .count(1...Int.max), "cat: the first record to print. Default: 1."),
            OptionSpec("to", .count(1...Int.max), "cat: the last record to print. Default: the last."),
            OptionSpec(
                "json", .flag,
                "Print JSON: one array, a book a line; for cat one object a line, a record each."),
        ],
        examples: [
            ("journal ls /var/lib/pks", "What is there, book by book."),
            ("journal cat /var/lib/pks --book alpha --from 1000 --to 1010", "Eleven records."),
            ("journal verify /var/lib/pks", "Is every byte as it was written?"),
        ],
        exits: [
            (.success, "Done; nothing is damaged."), (.usage, "The command line is wrong."),
            (.badData, "A journal is damaged; what was damaged was printed."),
            (.noInput, "There is no journal there."), (.inputOutput, "A file cannot be read or written."),
            (.noPermission, "This user may not read it."),
        ])

    private static let actions = ["ls", "cat", "verify"]

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let words = options.operands
        let action = words.first ?? ""
        guard actions.contains(action) else {
            throw .failed(
                .usage, what: "journal \(shown(action))", why: "unknown action",
                advice: Suggestion.nearest(to: action, in: actions).map { "did you mean \($0)?" }
                    ?? "one of \(actions.joined(separator: ", "))")
        }
        for (name, owner) in [("from", "cat"), ("to", "cat")]
        where options.has(name) && action != owner {
            throw .failed(
                .usage, what: "journal \(action)", why: "--\(name) is for \(owner)", advice: "leave it out")
        }
        let directory = words.count > 1 ? words[1] : nil
        let verb = "journal \(action)"
        switch action {
        case "ls": return try JournalListing.run(find(directory, options, verb), options)
        case "verify": return try JournalCheck.run(find(directory, options, verb), options)
        default:
            let place = try JournalPlace.one(directory, book: options.text("book"), verb: verb)
            return try JournalPrinter.run(place, options)
        }
    }

    private static func find(
        _ directory: String?, _ options: ParsedOptions, _ verb: String
    ) throws(CommandError) -> [JournalPlace] {
        try JournalPlace.find(directory, book: options.text("book"), verb: verb)
    }
}
