import TestSupport

/// A kind of faults, put in and counted.
protocol FaultRow: SendableMetatype {
    init(_ options: FaultOptions)
    mutating func run() -> FaultOutcome
}

/// The rows of the table, in the order in which they run.
enum FaultRows {
    struct Row: Sendable {
        let name: String
        let needsStrace: Bool
        let run: @Sendable (FaultOptions) -> FaultOutcome

        init<Kind: FaultRow>(_ name: String, _ kind: Kind.Type, needsStrace: Bool = false) {
            self.name = name
            self.needsStrace = needsStrace
            run = { options in
                var row = Kind(options)
                return row.run()
            }
        }
    }

    static let all: [Row] = [
        Row("kill", KillRow.self, needsStrace: true),
        Row("power", PowerRow.self),
        Row("bitflip", BitFlipRow.self),
        Row("stale", StaleRow.self),
        Row("errors", ErrorRow.self, needsStrace: true),
        Row("seccomp", SeccompRow.self, needsStrace: true),
        Row("checkpoint", CheckpointRow.self),
        Row("clock", ClockRow.self),
        Row("lost", LostRow.self),
        Row("slow", SlowRow.self, needsStrace: true),
    ]

    /// Runs a row, or says why it cannot be run here.
    static func run(_ row: Row, _ options: FaultOptions) -> FaultOutcome {
        if row.needsStrace, let reason = straceFault() {
            var outcome = FaultOutcome(row.name)
            outcome.skipped = reason
            return outcome
        }
        return row.run(options)
    }

    /// Why strace cannot be used; nil when it can.
    private static func straceFault() -> String? {
        do {
            let place = try FaultPlace("probe")
            let probe = try Subprocess(
                "probe", ["strace", "-f", "-qq", "-o", "/dev/null", "true"], directory: place.path)
            let code = probe.wait()
            return code == 0 ? nil : "strace cannot trace here: \(probe.errorsSoFar())"
        } catch { return "there is no strace (\(error))" }
    }
}
