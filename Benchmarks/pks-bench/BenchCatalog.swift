import BenchModel

/// One benchmark of the suite, by its name.
struct BenchEntry: Sendable {
    let name: String
    /// The goals that it measures, as numbers of the table.
    let goals: [String]
    /// For the help.
    let what: String
    let run: @Sendable (BenchOptions, Progress) throws -> [Goal]
}

/// Every benchmark, in the order in which all of them run. A new one is one more entry here.
enum BenchCatalog {
    static let all: [BenchEntry] = [
        // First, because memory that others have used and given back would hide some of what it takes.
        BenchEntry(
            name: "memory", goals: ["P13"], what: "bytes of an idle position with one open lot"
        ) { options, progress in
            try MemoryBench(repetitions: options.repetitions, isQuick: options.isQuick).run(progress)
        },
        BenchEntry(
            name: "slot", goals: ["P1", "P2"],
            what: "read and publish of a slot, against C and against memcpy"
        ) { options, progress in
            try SlotBench(repetitions: options.repetitions).run(progress)
        },
        BenchEntry(
            name: "contended", goals: ["P3"],
            what: "reads of a slot that another process publishes 1M times a second"
        ) { options, progress in
            try ContendedBench(
                repetitions: options.repetitions, reads: options.reads, rounds: options.rounds,
                settings: options.pair
            ).run(progress)
        },
        BenchEntry(
            name: "dead", goals: ["P4"], what: "reads with a stopped and a killed writer"
        ) { options, progress in
            try DeadWriterBench(repetitions: options.repetitions).run(progress)
        },
        BenchEntry(
            name: "seen", goals: ["P5"],
            what: "a publish until a reader in another process has it, against one cache line"
        ) { options, progress in
            try SeenBench(
                repetitions: options.repetitions, rounds: options.rounds, gapNs: Int64(options.gapNs),
                settings: options.pair
            ).run(progress)
        },
        BenchEntry(
            name: "path", goals: ["P6"],
            what: "a fill on the ring until another process sees it in the slot, likewise"
        ) { options, progress in
            try [1, options.keyCount].flatMap { keyCount in
                try PathBench(
                    repetitions: options.repetitions, rounds: options.rounds, keyCount: keyCount,
                    gapNs: Int64(options.gapNs), settings: options.pair
                ).run(progress)
            }
        },
        BenchEntry(
            name: "backlog", goals: ["P7"], what: "ring backlog to slots, against C++"
        ) { options, progress in
            var bench = try BacklogBench(repetitions: options.repetitions)
            (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
            return try bench.run(progress)
        },
        BenchEntry(
            name: "scaling", goals: ["P8"],
            what: "fills with more keys, lots and fills seen; more slots, readers and books"
        ) { options, progress in
            try ScalingBench(
                repetitions: options.repetitions, isQuick: options.isQuick, progress: progress
            ).run()
        },
        BenchEntry(
            name: "journal", goals: ["P9"], what: "ring to slot with the journal on, against off"
        ) { options, progress in
            var bench = try JournalBench(repetitions: options.repetitions)
            (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
            bench.rounds = options.rounds
            return try bench.run(progress)
        },
        BenchEntry(
            name: "commit", goals: ["P10"],
            what: "a durable commit, against the raw disk with the same writes"
        ) { options, progress in
            try CommitBench(repetitions: options.repetitions, rounds: options.rounds).run(progress)
        },
        BenchEntry(
            name: "recovery", goals: ["P11"], what: "a book from its journal, and from a checkpoint"
        ) { options, progress in
            var bench = RecoveryBench(repetitions: options.repetitions)
            (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
            return try bench.run(progress)
        },
        BenchEntry(
            name: "bus", goals: ["P12"],
            what: "fills from NATS JetStream and effects to it, against plain C at the same server"
        ) { options, progress in
            try BusBench(repetitions: options.repetitions, keyCount: options.keyCount).run(progress)
        },
        BenchEntry(
            name: "bus-path", goals: ["B1"],
            what: "ring to slot with the bus at work, against without (the hot path's tail, beside P12)"
        ) { options, progress in
            try BusPathBench(repetitions: options.repetitions, rounds: options.rounds).run(progress)
        },
        BenchEntry(
            name: "hot-code", goals: ["P14"],
            what: "calls in the hot loop's machine code that must not be there"
        ) { _, _ in try HotCodeBench().run() },
    ]

    /// The benchmarks that a word asks for: one by its name, or those of a goal ("P7"). Empty for an unknown word.
    static func named(_ word: String) -> [BenchEntry] {
        all.filter { $0.name == word || $0.goals.contains(word.uppercased()) }
    }
}
