import Foundation

/// The latency suite. Every benchmark measures its limit in the same run, interleaved, and reports a ratio.
@main
struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case DeadWriterBench.writerArgument:
            attempt { try DeadWriterBench.beWriter(book: arguments.dropFirst().first ?? "") }
        case FarSide.argument: attempt { try FarSide.serve(Array(arguments.dropFirst())) }
        default:
            do throws(BenchUsageError) {
                let options = try BenchOptions(arguments)
                if options.wantsHelp {
                    print(BenchOptions.usage, terminator: "")
                } else {
                    measure(options)
                }
            } catch {
                fail("\(error)", status: 64)
            }
        }
    }

    private static func measure(_ options: BenchOptions) {
        let progress = Progress(isQuiet: options.isQuiet)
        var goals: [Goal] = []
        attempt {
            for name in options.names {
                progress.say("measuring \(name)")
                goals += try goalsOf(name, options, progress)
            }
            let report = Report(goals: goals, machine: Machine())
            print(options.isJSON ? try report.json() : report.table(), terminator: "")
        }
        exit(goals.allSatisfy(\.passes) ? 0 : 1)
    }

    private static func goalsOf(
        _ name: String, _ options: BenchOptions, _ progress: Progress
    ) throws -> [Goal] {
        let (repetitions, rounds) = (options.repetitions, options.rounds)
        let pair = PairSettings(isRealTime: options.isRealTime)
        switch name {
        case "contended":
            return try ContendedBench(
                repetitions: repetitions, reads: options.reads, rounds: rounds, settings: pair
            ).run(progress)
        case "seen":
            return try SeenBench(repetitions: repetitions, rounds: rounds, settings: pair).run(progress)
        case "path":
            return try [1, options.keyCount].flatMap { keyCount in
                try PathBench(
                    repetitions: repetitions, rounds: rounds, keyCount: keyCount,
                    gapNs: Int64(options.gapNs), settings: pair
                ).run(progress)
            }
        default:
            return try measuredOnEvenMachine(progress, repetitions: repetitions) {
                switch name {
                case "slot":
                    var bench = try SlotBench(repetitions: repetitions)
                    return try bench.run()
                case "dead": return try DeadWriterBench(repetitions: repetitions).run()
                case "commit": return try CommitBench(repetitions: repetitions, rounds: rounds).run()
                case "journal":
                    var bench = try JournalBench(repetitions: repetitions)
                    (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
                    bench.rounds = rounds
                    return try bench.run()
                case "recovery":
                    var bench = RecoveryBench(repetitions: repetitions)
                    (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
                    return try bench.run()
                default:
                    var bench = try BacklogBench(repetitions: repetitions)
                    (bench.keyCount, bench.fillCount) = (options.keyCount, options.fillCount)
                    return try bench.run()
                }
            }
        }
    }

    private static func attempt(_ body: () throws -> Void) {
        do { try body() } catch { fail("\(error)", status: 70) }
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
        exit(status)
    }
}
