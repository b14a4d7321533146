/// The rows of the table, in the order in which they run.
enum FaultRows {
    struct Row: Sendable {
        let name: String
        let run: @Sendable (FaultOptions) -> FaultOutcome
    }

    static let all: [Row] = [
        Row(name: "kill") { options in
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
        Row(name: "checkpoint") { options in
            var row = CheckpointRow(options)
            return row.run()
        },
    ]
}
