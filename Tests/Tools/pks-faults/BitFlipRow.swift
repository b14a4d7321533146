import TestSupport

/// One flipped bit in every byte of a small journal and of its checkpoints: the right state comes of it, or a refusal
/// that names the file. Never a wrong number.
struct BitFlipRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("bitflip")
    private var (exact, without, refused) = (0, 0, 0)

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        do { try flipAll() } catch { outcome.failures.append("\(error)") }
        outcome.notes.append(
            "\(exact) harmless, \(without) without the newest checkpoint, \(refused) refused with the file")
        return outcome
    }

    private mutating func flipAll() throws {
        let specimen = try Specimen(seed: options.seed)
        var random = SeededRandom(seed: options.seed &+ 1)
        let step = options.isQuick ? 151 : 1
        for (isJournal, files) in [(true, specimen.journal), (false, specimen.checkpoints)] {
            for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
                for offset in stride(from: Int(random.next() % UInt64(step)), to: bytes.count, by: step) {
                    let bit = UInt8(random.next() & 7)
                    var changed = files
                    changed[name]?[offset] ^= 1 << bit
                    let verdict = specimen.judge(
                        isJournal ? changed : specimen.journal, isJournal ? specimen.checkpoints : changed)
                    note(verdict, "bit \(bit) of byte \(offset) of \(name)")
                }
                say("faults: bitflip: \(name): \(outcome.injected) bits")
            }
        }
    }

    private mutating func note(_ verdict: Specimen.Verdict, _ place: String) {
        switch verdict {
        case .exact: exact += 1
        case .exactWithout: without += 1
        case .refused: refused += 1
        case .wrong(let what): return outcome.count("\(place): \(what)")
        }
        outcome.count(nil)
    }
}
