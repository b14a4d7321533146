import Foundation

/// The latency suite. Every benchmark measures its limit in the same run, interleaved, and reports a ratio.
@main
struct Main {
    static var usage: String {
        """
        usage: pks-bench [NAME...] [--json] [--repetitions N] [--quiet]

        Measures and compares with a limit that runs beside it:
          slot      P1, P2  read and publish of a slot, against C and against memcpy
          dead      P4      reads with a stopped and a killed writer
          backlog   P7      ring backlog to slots, against C++
        Without a name, all of them. --repetitions: at least 5 (default 5).
        --json prints {"version", "machine", "goals"} on stdout.
        Exit status: 0 all goals hold, 1 one does not, 64 usage, 70 a benchmark failed.

        """
    }

    static func main() {
        var names: [String] = []
        var (repetitions, isJSON, isQuiet) = (5, false, false)
        var arguments = CommandLine.arguments.dropFirst()
        if arguments.first == DeadWriterBench.writerArgument, let book = arguments.dropFirst().first {
            attempt { try DeadWriterBench.beWriter(book: book) }
            return
        }
        while let argument = arguments.popFirst() {
            switch argument {
            case "--help", "-h":
                print(usage, terminator: "")
                return
            case "--json": isJSON = true
            case "--quiet": isQuiet = true
            case "--repetitions":
                guard let text = arguments.popFirst(), let count = Int(text), count >= 5 else {
                    fail("--repetitions takes a whole number of at least 5", status: 64)
                }
                repetitions = count
            case "slot", "dead", "backlog": names.append(argument)
            default: fail("there is no benchmark or option '\(argument)' (see --help)", status: 64)
            }
        }
        if names.isEmpty { names = ["slot", "dead", "backlog"] }
        let progress = Progress(isQuiet: isQuiet)
        var goals: [Goal] = []
        attempt {
            for name in names {
                progress.say("measuring \(name)")
                goals += try measuredOnEvenMachine(progress) {
                    switch name {
                    case "slot":
                        var bench = try SlotBench(repetitions: repetitions)
                        return try bench.run()
                    case "dead": return try DeadWriterBench(repetitions: repetitions).run()
                    default: return try BacklogBench(repetitions: repetitions).run()
                    }
                }
            }
            let report = Report(goals: goals, machine: Machine())
            print(isJSON ? try report.json() : report.table(), terminator: "")
        }
        exit(goals.allSatisfy(\.passes) ? 0 : 1)
    }

    private static func attempt(_ body: () throws -> Void) {
        do { try body() } catch { fail("\(error)", status: 70) }
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
        exit(status)
    }
}
