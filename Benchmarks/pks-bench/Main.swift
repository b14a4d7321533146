import Foundation

/// The latency suite. Every benchmark measures its limit in the same run, interleaved, and reports a ratio.
@main
struct Main {
    static var usage: String {
        """
        usage: pks-bench [NAME...] [--json] [--repetitions N] [--keys N] [--fills N] [--quiet]

        Measures and compares with a limit that runs beside it:
          slot      P1, P2  read and publish of a slot, against C and against memcpy
          dead      P4      reads with a stopped and a killed writer
          backlog   P7      ring backlog to slots, against C++
        Without a name, all of them. --repetitions: default 5; a goal is only held with 5 or more.
        --keys and --fills change P7's stream (default 100 and 2000000).
        --json prints {"version", "machine", "goals"} on stdout.
        Exit status: 0 all goals hold, 1 one does not, 64 usage, 70 a benchmark failed.

        """
    }

    static func main() {
        var names: [String] = []
        var (repetitions, keyCount, fillCount) = (5, 100, 2_000_000)
        var (isJSON, isQuiet) = (false, false)
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
            case "--repetitions": repetitions = number(argument, arguments.popFirst(), 1...1000)
            case "--keys": keyCount = number(argument, arguments.popFirst(), 1...10_000)
            case "--fills": fillCount = number(argument, arguments.popFirst(), 1...2_000_000)
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
                goals += try measuredOnEvenMachine(progress, repetitions: repetitions) {
                    switch name {
                    case "slot":
                        var bench = try SlotBench(repetitions: repetitions)
                        return try bench.run()
                    case "dead": return try DeadWriterBench(repetitions: repetitions).run()
                    default:
                        var bench = try BacklogBench(repetitions: repetitions)
                        (bench.keyCount, bench.fillCount) = (keyCount, fillCount)
                        return try bench.run()
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

    private static func number(_ option: String, _ text: String?, _ range: ClosedRange<Int>) -> Int {
        guard let text, let count = Int(text), range.contains(count) else {
            fail("\(option) takes a whole number, \(range.lowerBound) to \(range.upperBound)", status: 64)
        }
        return count
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("pks-bench: \(text)\n".utf8))
        exit(status)
    }
}
