import TestSupport

/// The rows of the table, in the order in which they run.
enum FaultRows {
    struct Row: Sendable {
        let name: String
        var needsStrace = false
        let run: @Sendable (FaultOptions) -> FaultOutcome
    }

    static let all: [Row] = [
        Row(name: "kill", needsStrace: true) { options in
            var row = KillRow(options)
            return row.run()
        },
        Row(name: "power") { options in
            var row = PowerRow(options)
            return row.run()
        },
        Row(name: "bitflip") { options in
            var row = BitFlipRow(options)
            return row.run()
        },
        Row(name: "stale") { options in
            var row = StaleRow(options)
            return row.run()
        },
        Row(name: "errors", needsStrace: true) { options in ErrorRow(options).run() },
        Row(name: "seccomp", needsStrace: true) { options in
            var row = SeccompRow(options)
            return row.run()
        },
        Row(name: "checkpoint") { options in
            var row = CheckpointRow(options)
            return row.run()
        },
        Row(name: "clock") { options in
            var row = ClockRow(options)
            return row.run()
        },
        Row(name: "lost") { options in LostRow(options).run() },
        Row(name: "slow", needsStrace: true) { options in
            var row = SlowRow(options)
            return row.run()
        },
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
