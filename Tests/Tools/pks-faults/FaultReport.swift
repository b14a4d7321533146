import Glibc

/// What came of one row: how many faults were put in, how many were survived, and what was not.
struct FaultOutcome {
    let name: String
    var injected = 0
    var survived = 0
    /// What did not hold; each with how to repeat it.
    var failures: [String] = []
    /// Why the row was not run; a row that was not run has not survived.
    var skipped: String?
    /// What else is worth knowing.
    var notes: [String] = []

    init(_ name: String) { self.name = name }

    /// Counts one fault, and that it was survived unless something is wrong.
    mutating func count(_ wrong: String?) {
        injected += 1
        if let wrong { failures.append(wrong) } else { survived += 1 }
    }
}

/// Something that must hold does not.
struct FaultFailure: Error, CustomStringConvertible {
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
func printTable(_ outcomes: [FaultOutcome], seed: UInt64) {
    func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
    print(padded("FAULT", 12) + padded("INJECTED", 10) + padded("SURVIVED", 10) + padded("SEED", 22) + "NOTE")
    for outcome in outcomes {
        var note = outcome.notes.joined(separator: "; ")
        if let skipped = outcome.skipped {
            note = "skipped: \(skipped)"
        } else if !outcome.failures.isEmpty {
            note = "FAILED: \(outcome.failures.count) (see above)"
        }
        print(
            padded(outcome.name, 12) + padded("\(outcome.injected)", 10) + padded("\(outcome.survived)", 10)
                + padded("\(seed)", 22) + note)
    }
}
