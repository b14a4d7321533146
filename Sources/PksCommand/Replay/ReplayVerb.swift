import CSeqlock
import Feeds
import ShmFiles

/// `pks replay`: files of fills, along the real path, into exact positions.
enum ReplayVerb: Verb {
    static let spec = VerbSpec(
        name: "replay", summary: "files of fills through ring, book and shared memory, into exact positions",
        synopsis: "FILE... [options]",
        description: [
            "Reads fills from CSV, JSON lines or FIX logs and runs them along the real path: a fill ring in "
                + "shared memory, the book's writer, position slots. The positions are then read back through "
                + "shared memory, as any other process would read them. Several files are one input, in the "
                + "order given; arrival order is the order of truth.",
            "CSV has a header; columns by name in any order: trade_id, symbol, side (BUY or SELL), qty and price "
                + "are required; order_id, book, account, strategy, fee, fee_currency, event_ns and "
                + "open_trade_id are optional. JSON lines use the same names. Each book that a row names gets a "
                + "segment of its own.",
            "A row that cannot be used is rejected with its line and column, and the rest goes on. With --out, "
                + "DIR gets positions.csv, lots.csv, matches.csv, rejects.csv and effects.jsonl, and fees.csv "
                + "when there are fees in currencies other than the instruments'. The files get their names "
                + "when all of them are whole.",
            "Memory is bounded whatever the length of the input: effects and rejects are written as they come, "
                + "and matches are sorted in 96 MiB with a temporary file in DIR for what is more.",
        ],
        operand: InputFiles.operand,
        options: InputOptions.specs(
            methods: InputOptions.methodNames,
            methodHelp: "In which order lots close. Default: fifo.")
            + [
                OptionSpec("out", .text(form: "DIR"), "Write the result files there."),
                OptionSpec("no-effects", .flag, "With --out, leave out effects.jsonl, the largest file."),
                OptionSpec("keep", .flag, "Leave the segments for pks read when the replay has ended."),
                OptionSpec("no-digest", .flag, "Do not compute the digest of the final state."),
                OptionSpec("json", .flag, "Print the summary as JSON on standard output."),
            ],
        examples: [
            (
                "replay fills.csv.gz --out results",
                "Exact positions, lots, matches, rejects and effects in files."
            ),
            ("replay fills.csv --book alpha --method lifo --keep", "Then: pks read --book alpha"),
            (
                "replay session.log --format fix --fix-dedupe cumqty",
                "A FIX log of a venue that reports twice."
            ),
            ("generate | pks replay - --json", "From a pipe, with a summary for a program."),
        ],
        exits: [
            (.success, "All of it was applied (duplicates are counted, not rejected)."),
            (.usage, "The command line is wrong."),
            (.badData, "Something was rejected; everything else was applied and written."),
            (.noInput, "A file cannot be opened; the others were applied and written."),
            (.software, "Shared memory shows something else than the book holds: a defect."),
            (.cannotCreate, "No segment (is /dev/shm too small?), or no output file."),
            (.inputOutput, "Reading or writing failed half-way."),
            (.tryAgain, "Another writer has the book; nothing was touched."),
            (.noPermission, "This user may not read a file or take a lock."),
            (.badConfiguration, "The instruments file is wrong; every error is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        if options.flag("no-effects") && !options.has("out") {
            throw .failed(.usage, what: "replay", why: "--no-effects without --out", advice: "add --out DIR")
        }
        Cleanup.start()
        let input = try InputOptions(options)
        let run = try ReplayRun(input, options)
        return try run.run()
    }
}
