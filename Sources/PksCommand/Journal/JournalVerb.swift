import Configuration

/// `pks journal`: what is in a journal, whether it is whole, and the mending of a damaged end.
enum JournalVerb: Verb {
    static let spec = VerbSpec(
        name: "journal", summary: "lists, prints, checks and mends journals",
        synopsis: "ls|cat|verify|repair-tail [DIR] [--book B] [options]",
        description: [
            "DIR is what pks run --journal was given, or the directory in it that is named after a book. "
                + "Without DIR: those of --config, or PKS_JOURNAL.",
            "ls lists the files of each book, which records they hold, and whether they are whole. cat prints "
                + "records, one a line, with names, exact numbers and ids. verify looks at every block of every "
                + "file by itself: checksums, order, whose they are; it says how much is whole and names every "
                + "fault with file, byte and records. All three only read, take no lock, and may run while a "
                + "daemon writes: what it writes meanwhile is not judged.",
            "repair-tail is for a journal whose newest blocks are damaged, when there is no copy to restore. It "
                + "shows what would be lost, and does nothing without --yes. Then it puts what cannot be read "
                + "aside, as files ending in .cut-N, so that the daemon starts again at the last whole record. "
                + "It refuses while a daemon has the book, and where whole blocks follow the damage.",
        ],
        operand: OperandSpec(
            name: "ls|cat|verify|repair-tail", countMin: 1, countMax: 2,
            help: "What to do, and the journal's directory."),
        options: [
            OptionSpec(
                "book", .text(form: "B"),
                "Only this book. Default: all of them; cat and repair-tail: the only one."),
            OptionSpec("from", .count(1...Int.max), "cat: the first record to print. Default: 1."),
            OptionSpec("to", .count(1...Int.max), "cat: the last record to print. Default: the last."),
            OptionSpec("yes", .flag, "repair-tail: do it."),
            OptionSpec(
                "json", .flag,
                "Print JSON: one array, a book a line; cat: an object a line, a record each; repair-tail: an object."
            ),
        ] + JournalPlace.options,
        examples: [
            ("journal ls /var/lib/pks", "What is there, book by book."),
            ("journal cat /var/lib/pks --book alpha --from 1000 --to 1010", "Eleven records."),
            ("journal verify /var/lib/pks", "Is every byte as it was written?"),
        ],
        exits: [
            (.success, "Done; nothing is damaged."), (.usage, "The command line is wrong."),
            (.badData, "A journal is damaged, as was printed; or repair-tail has not been told --yes."),
            (.noInput, "There is no journal there."), (.inputOutput, "A file cannot be read or written."),
            (.tryAgain, "repair-tail: a daemon has the book."),
            (.noPermission, "This user may not read it."),
        ])

    private static let actions = ["ls", "cat", "verify", "repair-tail"]

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let words = options.operands
        let action = words.first ?? ""
        guard actions.contains(action) else {
            throw .failed(
                .usage, what: "journal \(shown(action))", why: "unknown action",
                advice: Suggestion.nearest(to: action, in: actions).map { "did you mean \($0)?" }
                    ?? "one of \(actions.joined(separator: ", "))")
        }
        for (name, owner) in [("from", "cat"), ("to", "cat"), ("yes", "repair-tail")]
        where options.has(name) && action != owner {
            throw .failed(
                .usage, what: "journal \(action)", why: "--\(name) is for \(owner)", advice: "leave it out")
        }
        let directory = words.count > 1 ? words[1] : nil
        let verb = "journal \(action)"
        switch action {
        case "ls":
            return try JournalListing.run(JournalPlace.find(directory, options, verb: verb), options)
        case "verify":
            return try JournalCheck.run(JournalPlace.find(directory, options, verb: verb), options)
        default:
            let place = try JournalPlace.one(directory, options, verb: verb)
            return action == "cat"
                ? try JournalPrinter.run(place, options) : try TailRepair.run(place, options)
        }
    }
}
