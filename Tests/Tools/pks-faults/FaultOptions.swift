/// What the harness is told.
struct FaultOptions {
    /// Where random choices begin; the same seed makes the same plan.
    var seed: UInt64
    /// Rows to run; empty for all.
    var only: [String] = []
    /// The short form.
    var isQuick = false
    /// The command that is put to the test.
    var program = ""

    init(_ words: [String], ownPath: String, seed: UInt64) throws {
        self.seed = seed
        program = ownPath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/pks"
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--quick" {
                isQuick = true
                continue
            }
            guard let value = rest.popFirst() else {
                throw FaultFailure("\(word) wants a value, or is unknown")
            }
            switch word {
            case "--seed":
                guard let number = UInt64(value) else {
                    throw FaultFailure("--seed wants a number, not \(value)")
                }
                self.seed = number
            case "--only": only += value.split(separator: ",").map { String($0) }
            case "--pks": program = value
            default: throw FaultFailure("unknown option \(word)")
            }
        }
    }

    /// The command that repeats a row.
    func repeating(_ row: String) -> String {
        "./run faults --only \(row) --seed \(seed)\(isQuick ? " --quick" : "")"
    }
}
