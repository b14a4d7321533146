import CSeqlock
import LotMatching

/// `pks verify`: does everything that must hold, hold?
enum VerifyVerb: Verb {
    static let spec = VerbSpec(
        name: "verify", summary: "checks that everything that must hold does, record by record",
        synopsis: "FILE... [--method M|all] [options] | --journal DIR [--book B] [--json]",
        description: [
            "Replays the files and checks, for each book: the three accounting identities after every fill, as "
                + "exact integers kept apart from the book; the effects put together against the lots, positions "
                + "and P&L of the end; two replays along the real path (ring, writer, slots; the second with "
                + "other hashes) against each other and against the audited book, by the SHA-256 of the whole "
                + "state; and all slots read back from shared memory against the book.",
            "Shared memory and locks are private to the run: a running writer of the same book is not "
                + "disturbed. The input is read more than once, so it cannot be a pipe.",
            "With --journal (or --config, or PKS_JOURNAL and no FILE) it replays journals instead, of one book or of all: the "
                + "identities after every fill, the digest at each checkpoint against the one that is stored, and "
                + "in the end the slots of the segment that stands in shared memory, word for word, as far as "
                + "both know the same records. It takes no lock, and a daemon may write meanwhile.",
        ],
        operand: OperandSpec(
            name: "FILE...", countMin: 0, countMax: InputFiles.operand.countMax,
            help: "Files of fills, in this order; each may be gzip."),
        options: InputOptions.specs(
            methods: InputOptions.methodNames + ["all"],
            methodHelp: "In which order lots close; all checks the five of them in turn. Default: fifo.")
            + [
                OptionSpec(
                    "journal", .text(form: "DIR"),
                    "Replay journals: DIR is what pks run --journal was given, or one book's directory in it."
                ),
                OptionSpec("json", .flag, "Print JSON: one array, a book (under a method) a line."),
            ] + JournalPlace.options,
        examples: [
            ("verify fills.csv.gz --method all", "All five methods."),
            ("verify fills.csv --json", "For a program; holds is true or false."),
            ("verify --journal /var/lib/pks", "Does what the journal holds come to what is shown?"),
        ],
        exits: [
            (.success, "Everything holds."), (.usage, "The command line is wrong."),
            (.badData, "Something does not hold, or something was rejected (not with --allow-rejects)."),
            (.noInput, "A file cannot be opened."),
            (.cannotCreate, "Shared memory is too small."),
            (.badConfiguration, "The instruments file is wrong; every error is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        if options.has("journal") || options.has("config")
            || (options.operands.isEmpty && environment("PKS_JOURNAL") != nil)
        {
            return try JournalVerification.run(options)
        }
        if options.operands.isEmpty {
            throw .failed(
                .usage, what: "verify", why: "no FILE...", advice: "usage: pks verify \(spec.synopsis)")
        }
        if options.operands.contains("-") {
            throw .failed(
                .usage, what: "verify", why: "the input is read more than once, and a pipe cannot be",
                advice: "write it to a file first")
        }
        Cleanup.start()
        let input = try InputOptions(options)
        let methods = options.text("method") == "all" ? LotMethod.allCases : [input.method]
        let progress = ProgressLine(verb: "verify")
        let scratch = try ScratchPlace()
        let place = BookLane.Place(shmDirectory: scratch.path, runDirectory: scratch.path)
        var reports: [VerifyReport] = []
        var rejectCount = 0
        for (index, method) in methods.enumerated() {
            let rejects = try RejectLog(output: nil, progress: progress, isSilent: index > 0)
            let run = VerifyRun(
                input: input, method: method, place: place, progress: progress, rejects: rejects)
            reports += try run.run()
            rejectCount = max(rejectCount, rejects.count)
            progress.clear()
            if index == 0 { rejects.showRest(advice: RejectLog.adviceOut) }
        }
        try print(reports, options)
        let holds = reports.allSatisfy { $0.faults.isEmpty }
        return holds && (rejectCount == 0 || options.flag("allow-rejects")) ? .success : .badData
    }

    private static func print(_ reports: [VerifyReport], _ options: ParsedOptions) throws(CommandError) {
        let output = ByteWriter.standardOutput()
        let terminal = Terminal.standardOutput
        if options.flag("json") {
            var bytes: [UInt8] = []
            for (index, report) in reports.enumerated() {
                bytes.append(static: index == 0 ? "[\n" : ",\n")
                report.appendJSON(to: &bytes)
            }
            bytes.append(static: reports.isEmpty ? "[]\n" : "\n]\n")
            try output.write(bytes)
        } else {
            for report in reports { try output.write(report.text(terminal)) }
            if reports.isEmpty { say("pks: verify: the input has no fills: nothing to check") }
        }
        try output.flush()
    }
}
