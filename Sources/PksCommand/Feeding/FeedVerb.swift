import CSeqlock
import FixedPoint

/// `pks feed`: files of fills into the ring of a producer, at a pace.
enum FeedVerb: Verb {
    static let spec = VerbSpec(
        name: "feed", summary: "files of fills into the ring of a book that pks run keeps",
        synopsis: "FILE... --book B --producer P [options]",
        description: [
            "Reads fills as pks replay does and puts them on the ring of producer P, from which the writer of book "
                + "B takes them. It ends when all of them are in the book, and says what became of them. Without a "
                + "writer it fills the ring and waits for one.",
            "With --rate the fills are an open loop: fill i is due i/N seconds after the first, whatever happens. A "
                + "feed that is held up catches up, and the lag that this took is reported. With --speed they are due "
                + "by their event times. With neither they go as fast as the ring takes them.",
            "A feed that is run again continues the ring that it left. Fills that the book has already are "
                + "duplicates, which change nothing; so after a crash of either side, feed the file again.",
        ],
        operand: InputFiles.operand,
        options: [
            OptionSpec("book", .text(form: "B"), "The book. Rows that name another one are refused."),
            OptionSpec("producer", .text(form: "P"), "The producer's name, unique within the book."),
            OptionSpec("rate", .count(1...100_000_000), "Send so many fills a second, as an open loop."),
            OptionSpec(
                "speed", .text(form: "X"),
                "Send by event times, X times as fast: 1x, 10x, 0.5x. Event times are nanoseconds."),
            InputFiles.formatSpec, InputFiles.instrumentsSpec, InputFiles.dedupeSpec,
            InputFiles.allowRejectsSpec,
            OptionSpec(
                "ring-records", .count(4...1 << 26),
                "Records that a new ring holds, a power of two. Default: 65536."),
            OptionSpec("ring-handles", .count(1...1 << 24), "Keys that a new ring holds. Default: 4096."),
            OptionSpec(
                "wait", .choice(["applied", "durable"]),
                "When the feed is done: all of it is in the book, or also in its journal. Default: applied."),
            OptionSpec(
                "remove", .flag,
                "Remove the ring when all of it is applied, and, when the book has a journal, on disk. Default: it "
                    + "stays, so that a writer that crashes can read it again."),
            InputFiles.runDirectorySpec,
            OptionSpec("json", .flag, "Print the report as JSON on standard output."),
        ],
        examples: [
            ("feed fills.csv --book main --producer backfill", "As fast as it goes."),
            (
                "feed fills.csv.gz --book main --producer load --rate 200000",
                "200,000 fills a second; the lag says whether that was reached."
            ),
            ("generate --fills 1000 | pks feed - --book main --producer demo", "From a pipe."),
        ],
        exits: [
            (.success, "All of it is in the book (duplicates are counted, not rejected)."),
            (.usage, "The command line is wrong."),
            (.badData, "The feed or the book refused something; everything else is in the book."),
            (.noInput, "A file cannot be opened; the others are in the book."),
            (
                .unavailable,
                "The writer reads this ring no more: its content was broken, or it was removed. Or --wait durable, "
                    + "and the book has no journal."
            ),
            (.cannotCreate, "No ring (is /dev/shm too small?), or one that is not whole."),
            (.inputOutput, "Reading failed half-way."),
            (.tryAgain, "Another process has this producer; nothing was touched."),
            (.noPermission, "This user may not read a file or take a lock."),
            (.badConfiguration, "The instruments file is wrong; every error is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let pace = try pace(options)
        StopSignal.start()
        return try FeedRun(options, pace: pace).run()
    }

    private static func pace(_ options: ParsedOptions) throws(CommandError) -> FeedPace.Kind {
        if options.has("rate") && options.has("speed") {
            throw .failed(
                .usage, what: "feed", why: "--rate and --speed exclude each other",
                advice: "state one of them")
        }
        if let rate = options.count("rate") { return .rate(rate) }
        guard let text = options.text("speed") else { return .unpaced }
        let number = Array((text.hasSuffix("x") ? text.dropLast() : text[...]).utf8)
        guard let units = try? parseDecimal(number.span, decimals: 6), units > 0 else {
            throw .failed(
                .usage, what: "feed", why: "--speed \(shown(text)): no such speed",
                advice: "a number above zero, as in 1x, 10x or 0.5x")
        }
        return .speed(Double(units) / 1e6)
    }
}
