/// What a run of the suite is asked for.
struct BenchOptions: Sendable {
    /// The benchmarks, in order.
    var benches: [BenchEntry] = []
    var repetitions = 5
    var keyCount = 100
    var fillCount = 2_000_000
    var reads = 100_000_000
    var rounds = 20_000
    var gapNs = 1000
    var isRealTime = false
    var isQuick = false
    var isQuiet = false
    var wantsHelp = false
    /// Where the JSON goes; "-" is stdout.
    var jsonPath: String?
    /// Folders for histograms, and for the report with its plots.
    var histogramPath: String?
    var reportPath: String?
    /// Two reports to compare; then nothing is measured.
    var compared: (before: String, after: String)?

    var pair: PairSettings { PairSettings(isRealTime: isRealTime) }

    static var usage: String {
        let width = (BenchCatalog.all.map(\.name.count).max() ?? 0) + 2
        let list = BenchCatalog.all.map { entry in
            let name = entry.name + String(repeating: " ", count: width - entry.name.count)
            let goals = entry.goals.joined(separator: ", ")
            return "  \(name)\(goals)\(String(repeating: " ", count: max(1, 9 - goals.count)))\(entry.what)\n"
        }.joined()
        return """
            usage: ./run bench [NAME...] [--json [FILE|-]] [--hgrm DIR] [--report DIR] [--quick] [--repetitions N]
                               [--keys N] [--fills N] [--reads N] [--rounds N] [--gap NS] [--fifo] [--quiet]
                   ./run bench --compare A.json B.json

            Measures, and compares with a limit that runs beside it. NAME is one of these, or a goal (P7):
            \(list)Without a name, all of them.

            --json     writes {"version", "machine", "goals"} to FILE, after each benchmark anew; without FILE or
                       with -, to stdout at the end, and the table goes to stderr
            --hgrm     writes each distribution of times to DIR, in the text form of HdrHistogram
            --report   writes DIR/index.html with everything in it, and its plots as SVG and PNG (by gnuplot)
            --compare  says what changed between two such files beyond the noise of their repetitions
            --quick    little of everything, to see that it runs; all of it is marked as noisy
            --repetitions  default 5; with fewer a figure is marked as noisy
            --keys, --fills  of the streams of P7, P9 and P11 (default 100 and 2000000); --keys also of P6's second
                       figure
            --reads    of P3, checked for being torn (default 100000000)
            --rounds   samples of P3, P5, P6 and P9 in a repetition, and 50 times those of P10 (default 20000)
            --gap      ns between the publishes of P5 and the fills of P6 (default 1000)
            --fifo     real-time scheduling for the processes of P3, P5 and P6; needs a privilege
            --quiet    no progress on stderr

            ^C ends the run and leaves what was measured so far, in all forms that were asked for.
            Exit status: 0 all goals hold, 1 one does not (with --compare: something got worse), 64 usage, 65 not a
            report, or one of another version or machine, 66 no such file, 70 a benchmark failed, 73 cannot write,
            130 ended by ^C.

            """
    }

    /// Reads the arguments after the program's name. Throws what is wrong with them.
    init(_ arguments: [String]) throws(BenchUsageError) {
        var arguments = arguments[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--help", "-h": wantsHelp = true
            case "--quiet": isQuiet = true
            case "--fifo": isRealTime = true
            case "--quick": beQuick()
            case "--json": jsonPath = Self.place(&arguments) ?? "-"
            case "--hgrm": histogramPath = try Self.needed(argument, &arguments)
            case "--report": reportPath = try Self.needed(argument, &arguments)
            case "--compare":
                compared = (try Self.needed(argument, &arguments), try Self.needed(argument, &arguments))
            case "--repetitions": repetitions = try Self.number(argument, arguments.popFirst(), 1...1000)
            case "--keys": keyCount = try Self.number(argument, arguments.popFirst(), 1...10_000)
            case "--fills": fillCount = try Self.number(argument, arguments.popFirst(), 1...2_000_000)
            case "--reads": reads = try Self.number(argument, arguments.popFirst(), 1...10_000_000_000)
            case "--rounds": rounds = try Self.number(argument, arguments.popFirst(), 1...1_000_000)
            case "--gap": gapNs = try Self.number(argument, arguments.popFirst(), 100...1_000_000)
            default:
                let named = BenchCatalog.named(argument)
                guard !named.isEmpty else { throw BenchUsageError(unknown: argument) }
                benches += named.filter { entry in !benches.contains { $0.name == entry.name } }
            }
        }
        if compared != nil, !benches.isEmpty {
            throw BenchUsageError("--compare takes two files and measures nothing: leave the names out")
        }
        if benches.isEmpty { benches = BenchCatalog.all }
    }

    private mutating func beQuick() {
        isQuick = true
        (repetitions, fillCount, reads, rounds) = (2, 200_000, 1_000_000, 2000)
    }

    /// A place to write to, unless the next word is something else.
    private static func place(_ arguments: inout ArraySlice<String>) -> String? {
        guard let next = arguments.first, next == "-" || !next.hasPrefix("-"),
            BenchCatalog.named(next).isEmpty
        else { return nil }
        return arguments.popFirst()
    }

    private static func needed(
        _ option: String, _ arguments: inout ArraySlice<String>
    ) throws(BenchUsageError) -> String {
        guard let next = arguments.popFirst(), !next.hasPrefix("-") else {
            throw BenchUsageError(
                option == "--compare" ? "--compare takes two files" : "\(option) takes a folder")
        }
        return next
    }

    private static func number(
        _ option: String, _ text: String?, _ range: ClosedRange<Int>
    ) throws(BenchUsageError) -> Int {
        guard let text, let count = Int(text), range.contains(count) else {
            throw BenchUsageError(
                "\(option) takes a whole number, \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }
}

/// What is wrong with a command line.
struct BenchUsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(unknown word: String) {
        let names = BenchCatalog.all.map(\.name).joined(separator: ", ")
        let shown = word.unicodeScalars.map {
            $0.isASCII && $0.value >= 0x20 && $0.value != 0x7f ? String($0) : "?"
        }
        description =
            "there is no benchmark, goal or option '\(shown.joined())' (the benchmarks are \(names); --help has more)"
    }
}
