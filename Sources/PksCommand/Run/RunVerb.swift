import Configuration
import PositionText

/// `pks run`: the daemon.
enum RunVerb: Verb {
    static let spec = VerbSpec(
        name: "run", summary: "the daemon: takes producers' fills and publishes exact positions",
        synopsis: "--book B [--book B2 ...] | --config FILE [options]",
        description: [
            "Runs one writer thread for each book. Producers' rings (/pks-fills-v1-<book>-<producer> in shared "
                + "memory) are found and attached as they appear, and drained in turn; positions are published in "
                + "the book's segment, where pks read, pks top and strategies see them.",
            "SIGTERM, SIGINT and SIGHUP stop it: what is on the rings at that moment is taken, the final positions "
                + "stay readable, and it exits with 0. A second signal ends it at once. Under systemd it says when it "
                + "is ready, what it does, and that it is well (Type=notify, WatchdogSec).",
            "With --journal every record is written to disk before its producer is told that it is safe; a daemon that "
                + "starts again begins with what the journal has and goes on with the rings exactly there, whatever "
                + "ended it. --durable-first also holds positions back until then.",
            "With --nats fills are also taken from NATS JetStream, and lots, matches, P&L and positions are published "
                + "there, each once. It needs --journal: fills are acknowledged, and what they do is published, when "
                + "they are on disk. A server that is away delays nothing here; what was not published follows.",
            "Without a journal positions are kept in memory only. A daemon that starts again reads again what the "
                + "rings still hold, at least the newer half of each; when a ring has given older records away, the "
                + "book says that it is degraded, and fills must be played again from their source. "
                + "docs/operations.md says what is safe.",
        ],
        operand: nil,
        options: RunOptions.specs + [
            OptionSpec("json", .flag, "Print the start and the end of each book as JSON lines.")
        ],
        examples: [
            ("run --book main", "One book, until it is stopped; then: pks read --book main"),
            (
                "run --book main --journal /var/lib/pks --nats nats://localhost:4222 --nats-create",
                "Fills from a message bus, and what they do back onto it."
            ),
            ("run --config /etc/pks/pks.toml", "Books and all their values from a file."),
            ("run --book alpha --book beta --wait spin --pin 2,3", "Two books, each on a core of its own."),
            (
                "run --book main --ready-file /run/pks/ready",
                "For scripts that wait until positions are there."
            ),
        ],
        exits: [
            (.success, "Stopped by a signal, in good order."),
            (.usage, "The command line is wrong."),
            (.noInput, "A file cannot be opened."),
            (.unavailable, "A CPU to bind to is not there, or a thread or a port cannot be had."),
            (.cannotCreate, "No segment (is /dev/shm too small?), or no ready file."),
            (
                .inputOutput,
                "The journal's disk failed or was full to the end, or a file of a book was taken away; the message "
                    + "says which."
            ),
            (.tryAgain, "Another writer has one of the books; nothing was touched."),
            (.noPermission, "This user may not read a file or take a lock."),
            (.badConfiguration, "The configuration is wrong; every mistake is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        if options.texts("book").isEmpty && !options.has("config") {
            throw .failed(
                .usage, what: "run", why: "no book", advice: "name one, pks run --book main, or use --config")
        }
        let configuration = try RunOptions.configuration(options)
        for warning in configuration.warnings { say(visible("pks: warning: \(warning)")) }
        var session = RunSession(configuration, printsJSON: options.flag("json"))
        return try session.run()
    }
}
