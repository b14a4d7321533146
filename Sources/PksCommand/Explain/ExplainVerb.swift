import Accumulator
import Configuration
import Journal
import LotMatching

/// `pks explain`: the fills, matches and lots behind a position's numbers.
enum ExplainVerb: Verb {
    static let spec = VerbSpec(
        name: "explain", summary: "the fills, matches and open lots behind a position's numbers",
        synopsis: "--journal DIR --account A --strategy S --symbol X [--book B] [options]",
        description: [
            "Replays the book's journal and prints every fill of the position with what it closed: both prices, "
                + "the quantity, the realised P&L and its running sum; then the open lots with their cost; then "
                + "the sums of these rows beside the position's own numbers, with = between them where they are "
                + "the same. Fills that were ignored as duplicates or refused stand in their place.",
            "When old records have aged out, it begins with the opening balance of a checkpoint. While a daemon "
                + "has the book, the position in shared memory is compared too, as far as the journal goes. "
                + "All numbers are exact.",
        ],
        operand: nil,
        options: [
            OptionSpec(
                "journal", .text(form: "DIR"),
                "What pks run --journal was given, or the book's directory in it. Default: PKS_JOURNAL."),
            OptionSpec("book", .text(form: "B"), "The book. Default: the only one there is."),
            OptionSpec("account", .text(form: "A"), "The position's account. Default: default."),
            OptionSpec("strategy", .text(form: "S"), "The position's strategy. Default: default."),
            OptionSpec("symbol", .text(form: "X"), "The position's symbol."),
            OptionSpec(
                "last", .count(1...1 << 40),
                "Print the last N fills only, and the last N open lots; what comes before is one line."),
            OptionSpec(
                "since", .count(1...Int.max),
                "Print fills from this record on; what comes before is one line."),
            OptionSpec("json", .flag, "Print JSON: one object, a fill a line."),
        ] + JournalPlace.options,
        examples: [
            (
                "explain --journal /var/lib/pks --book alpha --symbol BTCUSD",
                "A position of the default account."
            ),
            (
                "explain --symbol BTCUSD --account a1 --strategy s --last 20",
                "The newest twenty fills, with PKS_JOURNAL set."
            ),
        ],
        exits: [
            (.success, "Everything adds up."), (.usage, "The command line is wrong."),
            (.badData, "Something does not add up, or the journal is damaged."),
            (.noInput, "There is no journal there."),
            (.unavailable, "The book has no such position."),
            (.noPermission, "This user may not read it."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        guard let symbol = options.text("symbol") else {
            throw .failed(.usage, what: "explain", why: "no --symbol", advice: "name the position")
        }
        let wanted = KeyNames(
            account: options.text("account") ?? "default", strategy: options.text("strategy") ?? "default",
            symbol: symbol)
        let place = try JournalPlace.one(options.text("journal"), options, verb: "explain")
        let fold = ExplainFold(
            sinceSeq: UInt64(options.count("since") ?? 0), lastMax: options.count("last"))
        let output = ByteWriter.standardOutput()
        let rows: any ExplainOutput =
            options.flag("json")
            ? ExplainJSON(output, fold) : ExplainText(output, Terminal.standardOutput, fold)
        return try explain(place, wanted, rows, output)
    }

    private static func explain(
        _ place: JournalPlace, _ wanted: KeyNames, _ rows: any ExplainOutput, _ output: ByteWriter
    ) throws(CommandError) -> ExitStatus {
        let run = ExplainRun(place.book, wanted, rows)
        // SAFETY: the closure hands the buffer on for the call only.
        let replay = try JournalReplay(
            place, progress: ProgressLine(verb: "explain"),
            effects: unsafe EffectLog { effects in unsafe run.take(effects) })
        let report = try replay.run(run)
        if let failure = run.failure { throw failure }
        if let fault = report.faults.first {
            throw .failed(
                .badData, what: fault.object, why: "byte \(fault.offset): \(fault.reason)",
                advice: "an explanation would stop at record \(report.lastSeq); pks journal verify says more")
        }
        guard let handle = run.handle, let ledger = run.ledger else {
            throw .failed(
                .unavailable, what: "book \(place.book)",
                why: "no position of account \(shown(wanted.account)), strategy \(shown(wanted.strategy)), "
                    + "symbol \(shown(wanted.symbol))",
                advice: "pks journal cat \(place.path) shows the keys there are")
        }
        let result = replay.withBook { book in
            var note: String?
            let slot = LiveSlots.compare(place.book, book, handle, lastSeq: replay.lastSeq, note: &note)
            return ExplainResult(ledger, book, handle, lastSeq: replay.lastSeq, slot: slot, slotNote: note)
        }
        try rows.end(result)
        try output.flush()
        return result.agrees ? .success : .badData
    }
}
