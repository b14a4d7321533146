/// What a run of the suite is asked for.
struct BenchOptions {
    /// The benchmarks, in order.
    var names: [String] = []
    var repetitions = 5
    var keyCount = 100
    var fillCount = 2_000_000
    var reads = 100_000_000
    var rounds = 20_000
    var gapNs = 1000
    var isRealTime = false
    var isJSON = false
    var isQuiet = false
    var wantsHelp = false

    static var all: [String] {
        ["slot", "contended", "dead", "seen", "path", "backlog", "journal", "commit", "recovery"]
    }

    static var usage: String {
        """
        usage: pks-bench [NAME...] [--json] [--repetitions N] [--keys N] [--fills N] [--reads N] [--rounds N]
                         [--gap NS] [--fifo] [--quiet]

        Measures and compares with a limit that runs beside it:
          slot       P1, P2  read and publish of a slot, against C and against memcpy
          contended  P3      reads of a slot that another process publishes 1M times a second
          dead       P4      reads with a stopped and a killed writer
          seen       P5      a publish until a reader in another process has it, against one cache line
          path       P6      a fill on the ring until another process sees it in the slot, likewise
          backlog    P7      ring backlog to slots, against C++
          journal    P9      ring to slot with the journal on, against off
          commit     P10     a durable commit, against the raw disk with the same writes
          recovery   P11     a book from its journal, and from a checkpoint
        Without a name, all of them. --repetitions: default 5; a goal is only held with 5 or more.
        --keys and --fills change P7's, P9's and P11's streams (default 100 and 2000000); --keys also P6's second
        figure.
        --reads: P3's reads that are checked for being torn (default 100000000).
        --rounds: samples of P3, P5, P6 and P9 in a repetition, and 50 times those of P10 (default 20000). --gap: ns between P6's fills
        (default 1000). --fifo: real-time scheduling for the processes of P3, P5 and P6; needs a privilege.
        --json prints {"version", "machine", "goals"} on stdout.
        Exit status: 0 all goals hold, 1 one does not, 64 usage, 70 a benchmark failed.

        """
    }

    /// Reads the arguments after the program's name. Throws what is wrong with them.
    init(_ arguments: [String]) throws(BenchUsageError) {
        var arguments = arguments[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--help", "-h": wantsHelp = true
            case "--json": isJSON = true
            case "--quiet": isQuiet = true
            case "--fifo": isRealTime = true
            case "--repetitions": repetitions = try Self.number(argument, arguments.popFirst(), 1...1000)
            case "--keys": keyCount = try Self.number(argument, arguments.popFirst(), 1...10_000)
            case "--fills": fillCount = try Self.number(argument, arguments.popFirst(), 1...2_000_000)
            case "--reads": reads = try Self.number(argument, arguments.popFirst(), 1...10_000_000_000)
            case "--rounds": rounds = try Self.number(argument, arguments.popFirst(), 1...1_000_000)
            case "--gap": gapNs = try Self.number(argument, arguments.popFirst(), 0...1_000_000)
            default:
                guard Self.all.contains(argument) else {
                    throw BenchUsageError("there is no benchmark or option '\(argument)' (see --help)")
                }
                names.append(argument)
            }
        }
        if names.isEmpty { names = Self.all }
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
}
