import CGateMarks
import Foundation
import GateModel

/// The gates that noise cannot move: instructions and allocations. scripts/gates.sh calls the three parts in turn and
/// explains them to people.
@main
struct Main {
    static let usage = """
        usage: pks-gates count DIR BOOK          under callgrind, whose files go to DIR: each gate at two lengths
               pks-gates allocations DIR BOOK    each gate for 10^6 operations; calls for memory go to DIR/allocations
               pks-gates judge DIR BASELINE COMPILER [--update] [--json]

        Called by ./run bench gates, which says what the verdicts mean. BOOK is a name that nobody else uses.
        judge: 0 all gates hold, 1 one does not, 65 unreadable, 77 there is no baseline for this compiler and processor.

        """

    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            switch (words.first, words.count) {
            case ("--help", 1), ("-h", 1): print(usage, terminator: "")
            case ("count", 3): try count(words[1], book: words[2])
            case ("allocations", 3): try allocations(words[1], book: words[2])
            case ("judge", 4...):
                exit(
                    try GateJudge(
                        folder: words[1], baselinePath: words[2], compiler: words[3],
                        flags: Array(words.dropFirst(4))
                    ).run())
            default: fail("wrong words (pks-gates --help lists them)", status: 64)
            }
        } catch let error as GateError {
            fail("\(error)", status: 65)
        } catch {
            fail("\(error)", status: 70)
        }
    }

    private static func count(_ folder: String, book: String) throws {
        guard gate_marks_work() != 0 else {
            throw GateFailure("built without valgrind's header (run ./run setup, then build again)")
        }
        guard gate_is_counted() != 0 else {
            throw GateFailure("not under valgrind (use ./run bench gates)")
        }
        // SAFETY: static texts of C, and names that live for the calls.
        let machine = unsafe "\(String(cString: gate_processor()))\n\(String(cString: gate_c_library()))\n"
        try machine.write(toFile: "\(folder)/machine", atomically: false, encoding: .utf8)
        gate_prepare()
        for gate in GateCatalog.all {
            for operations in [GateCatalog.operations.smaller, GateCatalog.operations.larger] {
                var meter = GateMeter(.instructions)
                try gate.run(book, 0, operations, &meter)
                unsafe gate_write(GateCounts.mark(gate.name, operations: operations))
            }
        }
    }

    private static func allocations(_ folder: String, book: String) throws {
        var text = ""
        for gate in GateCatalog.all where gate.isQuiet {
            var meter = GateMeter(.allocations)
            try gate.run(book, 20_000, 1_000_000, &meter)
            text += "\(gate.name) \(meter.taken) \(meter.given)\n"
        }
        try text.write(toFile: "\(folder)/allocations", atomically: false, encoding: .utf8)
    }

    private static func fail(_ text: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data("pks-gates: \(text)\n".utf8))
        exit(status)
    }
}
