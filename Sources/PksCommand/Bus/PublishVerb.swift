/// `pks publish`: files of fills onto the bus.
enum PublishVerb: Verb {
    static let spec = VerbSpec(
        name: "publish", summary: "files of fills onto the bus, as TradeBooked messages",
        synopsis: "FILE... (--nats URL --book B | --config FILE) [options]",
        description: [
            "Reads fills as pks replay does and publishes them to the subject from which pks run --nats takes them. It "
                + "ends when JetStream has stored all of them; what was not acknowledged is sent again.",
            "A message's id is made of its content, so running it again adds nothing within the stream's duplicate "
                + "window, and after it nothing that the book does not have already: fills that a book has are "
                + "duplicates, which change nothing.",
        ],
        operand: InputFiles.operand,
        options: [
            OptionSpec(
                "book", .text(form: "B"),
                "The book; rows that name another one are refused. Default: that of --config, when it has only one."
            )
        ] + BusOptions.specs + [
            OptionSpec(
                "stream", .text(form: "NAME"),
                "The stream of the fills. Default: PKS-BOOKING, or what --config says."),
            OptionSpec(
                "batch", .count(1...1000), "Fills in one message, which a book takes as a block. Default: 1."),
            OptionSpec("rate", .count(1...100_000_000), "Publish so many fills a second, as an open loop."),
            OptionSpec(
                "patience", .duration,
                "For how long nothing may become stored until it gives up. Default: 60s."),
            InputFiles.formatSpec, InputFiles.instrumentsSpec, InputFiles.dedupeSpec,
            InputFiles.allowRejectsSpec,
            OptionSpec("json", .flag, "Print the report as JSON on standard output."),
        ],
        examples: [
            (
                "publish fills.csv --nats nats://127.0.0.1:4222 --book main",
                "As fast as the stream stores them."
            ),
            (
                "generate --fills 100000 | pks publish - --nats nats://127.0.0.1:4222 --book main --batch 100",
                "From a pipe, a hundred fills a message."
            ),
        ],
        exits: [
            (.success, "All of it is stored (what was there already is counted)."),
            (.usage, "The command line is wrong."),
            (.badData, "Some rows could not be used; everything else is stored."),
            (.noInput, "A file cannot be opened; the others are stored."),
            (
                .unavailable,
                "No server, no JetStream, no stream for the fills, or none of them for longer than --patience. Publish "
                    + "again: what is stored is not stored twice."
            ),
            (.inputOutput, "Reading failed half-way."),
            (.noPermission, "The server does not let this user in, or refuses a subject."),
            (
                .badConfiguration,
                "The configuration or the instruments file is wrong; every mistake is listed."
            ),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let run = try PublishRun(options)
        StopSignal.start()
        return try run.run()
    }
}
