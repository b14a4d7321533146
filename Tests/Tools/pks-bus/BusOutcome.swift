import Glibc
import NATSSupport

/// What the tool is told.
struct BusToolOptions {
    /// Fills of a case.
    var fills = 1_000_000
    var seed = UInt64.random(in: 0...UInt64(Int32.max))
    var versions = NATSServer.Version.allCases
    /// None: all of them.
    var cases: [BusCase] = []
    /// Fewer and shorter faults.
    var isShort = false
    /// The `pks` that is tested.
    var program = ""
}

/// What came of one case.
struct BusOutcome {
    let name: String
    let server: String
    /// Faults that were put in.
    var injected = 0
    /// What did not hold.
    var failure: String?
    /// Why it was not run; what was not run has not survived.
    var skipped: String?
    /// What was compared.
    var note = ""

    init(name: String, server: String, skipped: String? = nil) {
        self.name = name
        self.server = server
        self.skipped = skipped
    }
}

/// Something that must hold does not.
struct BusFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Says how it goes, on stderr.
func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    // SAFETY: the bytes live for the call.
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
}

/// The table at the end, on stdout.
func printTable(_ outcomes: [BusOutcome], seed: UInt64) {
    func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
    print(padded("CASE", 14) + padded("SERVER", 9) + padded("INJECTED", 10) + padded("SURVIVED", 10) + "NOTE")
    for outcome in outcomes {
        let survived = outcome.failure == nil && outcome.skipped == nil ? outcome.injected : 0
        let note =
            outcome.skipped.map { "skipped: \($0)" } ?? outcome.failure.map { "FAILED: \($0)" }
            ?? outcome.note
        print(
            padded(outcome.name, 14) + padded(outcome.server, 9) + padded("\(outcome.injected)", 10)
                + padded("\(survived)", 10) + note)
    }
    print("seed \(seed)")
}
