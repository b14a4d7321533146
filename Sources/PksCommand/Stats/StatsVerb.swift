import Configuration
import PositionText
import ShmBridge
import Telemetry

/// `pks stats`: what running daemons say of themselves.
enum StatsVerb: Verb {
    static let spec = VerbSpec(
        name: "stats", summary: "what running daemons say of themselves",
        synopsis: "[--book B] [--json] [--watch] [--run-dir DIR]",
        description: [
            "Asks every daemon that has a socket in the run directory for its figures and prints them: books with "
                + "their state, counts and sizes, producers' rings with their lag, rejects by reason, and "
                + "distinct rejects with their number, the first and the last time. Daemons that have ended are "
                + "passed over; one that does not answer in time is named.",
            "The same figures are served over HTTP, as OpenMetrics text, on the address that --metrics of pks run "
                + "says. docs/metrics.md explains every figure.",
        ],
        operand: nil,
        options: [
            OptionSpec("book", .text(form: "B"), "Only this book."),
            OptionSpec(
                "json", .flag,
                "Print JSON: one array, a daemon a line (with --watch: an array a line). Lengths of time are "
                    + "seconds."),
            OptionSpec("watch", .flag, "Go on, until SIGINT or SIGTERM."),
            OptionSpec("interval", .duration, "With --watch, the time between two looks. Default: 1s."),
            OptionSpec("timeout", .duration, "How long to wait for a daemon. Default: 2s."),
            OptionSpec(
                "run-dir", .text(form: "DIR"),
                "Where daemons have their sockets. Default: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else a "
                    + "directory of this user's in /tmp."),
        ],
        examples: [
            ("stats", "All daemons of this user."), ("stats --book alpha --watch", "One book, every second."),
            ("stats --json", "For a program."),
        ],
        exits: [
            (.success, "Printed."), (.usage, "The command line is wrong."),
            (.unavailable, "No daemon runs here, none has the book, or one does not answer in time."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        if options.has("interval") && !options.flag("watch") {
            throw .failed(.usage, what: "stats", why: "--interval without --watch", advice: "add --watch")
        }
        let look = StatsLook(
            runDirectory: options.text("run-dir") ?? WriterLock.defaultRunDirectory,
            book: options.text("book"),
            timeoutMs: try milliseconds("timeout", options, standard: 2000))
        let output = ByteWriter.standardOutput()
        guard options.flag("watch") else {
            let found = try look.look()
            try output.write(options.flag("json") ? found.json(lines: true) : found.text())
            try output.flush()
            return try found.verdict()
        }
        return try watch(
            look, isJSON: options.flag("json"), output,
            intervalMs: try milliseconds("interval", options, standard: 1000))
    }

    private static func watch(
        _ look: StatsLook, isJSON: Bool, _ output: ByteWriter, intervalMs: Int
    ) throws(CommandError) -> ExitStatus {
        var signals = SignalWait()
        let terminal = Terminal.standardOutput
        let clearsScreen = terminal.isTerminal && environment("TERM") != "dumb" && !isJSON
        var isFirst = true
        repeat {
            let found = try look.look()
            // Home, and everything below it gone: what does not fit is cut by nobody.
            if clearsScreen {
                try output.write("\u{1b}[H\u{1b}[J")
            } else if !isFirst && !isJSON {
                try output.write("\n")
            }
            try output.write(isJSON ? found.json(lines: false) : found.text())
            try output.flush()
            // One that hangs now may answer the next time.
            for line in found.troubles { say(visible("pks: " + line)) }
            isFirst = false
            if output.isAbandoned { return .success }
        } while !signals.wait(ms: intervalMs)
        return .success
    }

    private static func milliseconds(
        _ name: String, _ options: ParsedOptions, standard: Int
    ) throws(CommandError) -> Int {
        guard let ns = options.durationNs(name) else { return standard }
        guard (10_000_000...3_600_000_000_000).contains(ns) else {
            throw .failed(.usage, what: "stats", why: "--\(name) is out of range", advice: "from 10ms to 1h")
        }
        return Int(ns / 1_000_000)
    }
}
