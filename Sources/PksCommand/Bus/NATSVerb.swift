/// `pks nats check`: whether a daemon could work with the bus.
enum NATSVerb: Verb {
    static let spec = VerbSpec(
        name: "nats", summary: "what the bus lacks for a book, with the exact fix",
        synopsis: "check (--nats URL --book B | --config FILE) [options]",
        description: [
            "Connects as pks run --nats would and looks at the server, the way to it, what this user may do, the "
                + "streams, the consumer of book B and, with --journal, at whether the book's own position agrees with "
                + "them. ok is as it should be, warn works but could be better, fail must be mended.",
            "Nothing is made, changed or stored. To see what this user may do, an empty message that no stream takes "
                + "is sent to each subject; whoever listens to such a subject outside JetStream gets it.",
        ],
        operand: OperandSpec(
            name: "check", countMin: 1, countMax: 1, help: "What to do; there is nothing else yet."),
        options: [BusOptions.bookSpec] + BusOptions.specs + [
            OptionSpec(
                "journal", .text(form: "DIR"),
                "The daemon's journal: compare the book's position and cursor in it with the streams. Default: that of --config."
            ),
            OptionSpec("json", .flag, "Print JSON: one array, a check a line."),
        ],
        examples: [
            ("nats check --nats nats://127.0.0.1:4222 --book main", "Look."),
            (
                "nats check --config /etc/pks/pks.toml --book main",
                "As the daemon of that file would find it."
            ),
            (
                "nats check --nats tls://bus.example:4222 --book main --journal /var/lib/pks --json",
                "The same for a program, with the book's position."
            ),
        ],
        exits: [
            (.success, "A daemon can work with it, perhaps with warnings."),
            (.problems, "Something must be mended; the fix is printed."),
            (.usage, "The command line is wrong."),
            (.unavailable, "No server answers, or it has no JetStream."),
            (.noPermission, "The server does not let this user in, or refuses a subject that is needed."),
            (.noInput, "The configuration cannot be opened."),
            (.badConfiguration, "The configuration is wrong; every mistake is listed."),
        ])

    static func run(_ options: ParsedOptions) throws(CommandError) -> ExitStatus {
        guard options.operands == ["check"] else {
            throw .failed(
                .usage, what: "nats \(shown(options.operands.first ?? ""))", why: "no such choice",
                advice: "usage: pks nats \(spec.synopsis)")
        }
        let inspection = try BusInspection(options)
        var ending: CommandError?
        do throws(CommandError) { try inspection.run() } catch { ending = error }
        try print(inspection.checks, isJSON: options.flag("json"))
        if let ending { throw ending }
        if inspection.isRefused { return .noPermission }
        return inspection.checks.contains { $0.verdict == .fail } ? .problems : .success
    }

    private static func print(_ checks: [Check], isJSON: Bool) throws(CommandError) {
        let output = ByteWriter.standardOutput()
        if isJSON {
            var bytes: [UInt8] = []
            bytes.append(static: "[")
            for (index, check) in checks.enumerated() {
                bytes.append(static: index == 0 ? "\n" : ",\n")
                check.appendJSON(to: &bytes)
            }
            bytes.append(static: "\n]\n")
            try output.write(bytes)
        } else {
            let terminal = Terminal.standardOutput
            for check in checks { try output.write(check.text(terminal)) }
        }
        try output.flush()
    }
}
