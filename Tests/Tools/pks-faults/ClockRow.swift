import TestSupport

/// A wall clock that jumps by an hour, forth and back, all the time: the same records, the same positions.
struct ClockRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("clock")

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        let library =
            options.program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            + "/libClockJumps.so"
        guard Files.size(library) != nil else {
            outcome.skipped = "\(library) is not built"
            return outcome
        }
        do {
            let usual = try records([:])
            for period in options.isQuick ? [20] : [1, 20, 300] {
                let jumping = try records(["LD_PRELOAD": library, "PKS_CLOCK_JUMPS_MS": "\(period)"])
                outcome.count(
                    jumping == usual ? nil : "with a clock that jumps every \(period) ms the records differ")
            }
        } catch { outcome.count("\(error)") }
        return outcome
    }

    /// The records of a journal that was written in three lives under such a clock.
    private func records(_ variables: [String: String]) throws -> [String] {
        let scene = try Scene(
            "clock", options: options, count: 4500,
            lines: ["journal_keep_time = \"30m\"", "journal_keep = \"1MiB\""],
            recordCapacity: 8192)
        scene.gateway.pump(4500)
        for life in 0..<3 {
            let daemon = try scene.start(variables: variables)
            let stamp = Pace.until { life > 0 || scene.gateway.freed == scene.gateway.put }
            guard stamp, daemon.isRunning else {
                throw FaultFailure("not everything arrives: \(daemon.errors)")
            }
            try daemon.stop()
        }
        let cat = try scene.command(["journal", "cat", scene.place.journal, "--json"])
        guard cat.code == 0 else { throw FaultFailure("pks journal cat: \(cat.errors)") }
        try scene.finish()
        return cat.output.split(separator: "\n").map { String($0) }.filter {
            !$0.contains("\"ring_epoch\"")
        }
    }
}
