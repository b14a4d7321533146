import NATSBridge

/// `pks tail`: what is on the bus, message by message.
enum TailVerb: Verb {
    static let spec = VerbSpec(
        name: "tail", summary: "the messages of a book on the bus, decoded",
        synopsis: "(--nats URL --book B | --config FILE) [options]",
        description: [
            "Prints what pks run --nats publishes for book B, a line a message, as it is stored: its place in the "
                + "stream, when it was stored, and what it says. It goes on over lost connections and restarts of the "
                + "server without leaving out or repeating a message, until a signal or --count ends it.",
            "Nothing that a message holds can reach the terminal as anything but text. No consumer is left behind: the "
                + "one that it reads with lives in the server's memory and goes when the reading ends.",
        ],
        operand: nil,
        options: [BusOptions.bookSpec] + BusOptions.specs + [
            OptionSpec(
                "subject", .texts(form: "NAME"),
                "Which messages: " + TailSubject.allCases.map(\.rawValue).joined(separator: ", ")
                    + "; several by repeating it. Default: "
                    + TailSubject.published.map(\.rawValue).joined(separator: ", ") + "."),
            OptionSpec(
                "from", .text(form: "SEQ|first|now"),
                "Where to begin: at a place in the stream, at its first message, or with what comes. Default: now."
            ),
            OptionSpec("count", .count(1...1 << 40), "End after so many messages."),
            OptionSpec(
                "json", .flag, "Print JSON lines: one object a message. Numbers that are exact are strings."),
        ],
        examples: [
            ("tail --nats nats://127.0.0.1:4222 --book main", "Watch what a book publishes."),
            (
                "tail --nats nats://127.0.0.1:4222 --book main --subject match --from first --json",
                "Every match that the stream still has."
            ),
            (
                "tail --nats nats://127.0.0.1:4222 --book main --subject rejected --subject dlq --from first",
                "What was not used, and why."
            ),
        ],
        exits: [
            (.success, "--count is reached, a signal came, or whoever read the output has gone."),
            (.usage, "The command line is wrong."),
            (.unavailable, "No server, no JetStream, or no such stream, at the start."),
            (.inputOutput, "The output cannot be written."),
            (.noPermission, "The server does not let this user in, or refuses a subject."),
            (.noInput, "The configuration cannot be opened."),
            (.badConfiguration, "The configuration is wrong; every mistake is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        let run = try TailRun(options)
        StopSignal.start()
        do throws(CommandError) { return try run.run() } catch {
            run.close()
            throw error
        }
    }
}
