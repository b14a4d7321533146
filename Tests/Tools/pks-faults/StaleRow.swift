import Journal
import TestSupport

/// Blocks that are older than they should be, or belong elsewhere; files that are missing, swapped, cut, too long, or
/// of another book: each is found out and named, or provably changes nothing.
struct StaleRow: FaultRow {
    private let options: FaultOptions
    private var outcome = FaultOutcome("stale")
    private var (harmless, refused) = (0, 0)
    private static let block = 4096

    init(_ options: FaultOptions) { self.options = options }

    mutating func run() -> FaultOutcome {
        var random = SeededRandom(seed: options.seed)
        do {
            for number in 0..<(options.isQuick ? 1 : 5) {
                let seed = random.next()
                let specimen = try Specimen(seed: seed)
                let others = [
                    try Specimen(seed: seed, epoch: 77), try Specimen(seed: seed &+ 1),
                    try Specimen(seed: seed, book: "other"),
                ]
                try staleBlocks(specimen)
                misplacedBlocks(specimen)
                for (index, other) in others.enumerated() { foreign(specimen, other, index) }
                files(specimen)
                say("faults: stale: \(outcome.injected) changes in \(number + 1) journals")
            }
        } catch { outcome.failures.append("\(error)") }
        outcome.notes.append("\(harmless) harmless, \(refused) refused with the file")
        return outcome
    }

    private mutating func note(_ verdict: Specimen.Verdict, _ what: String) {
        switch verdict {
        case .exact, .exactWithout: harmless += 1
        case .refused: refused += 1
        case .wrong(let why): return outcome.count("\(what): \(why)")
        }
        outcome.count(nil)
    }

    // MARK: - Blocks

    /// Puts block `from` of other bytes in the place of block `offset`, unless they are the same.
    private mutating func replace(
        _ specimen: Specimen, _ name: String, at offset: Int, with other: [UInt8], at from: Int,
        _ what: String
    ) {
        let block = other[from..<from + Self.block]
        guard var bytes = specimen.journal[name], bytes[offset..<offset + Self.block] != block else { return }
        bytes.replaceSubrange(offset..<offset + Self.block, with: block)
        var changed = specimen.journal
        changed[name] = bytes
        note(specimen.judge(changed, specimen.checkpoints), "\(name): byte \(offset) \(what)")
    }

    /// Every block as it was after each earlier commit.
    private mutating func staleBlocks(_ specimen: Specimen) throws {
        for (age, old) in specimen.history.enumerated() {
            for (name, bytes) in specimen.journal {
                guard let before = old[name] else { continue }
                for offset in stride(from: 0, to: bytes.count, by: Self.block) {
                    replace(specimen, name, at: offset, with: before, at: offset, "as after commit \(age)")
                }
            }
        }
    }

    /// Every block in the place of every other, of the same file and of the next.
    private mutating func misplacedBlocks(_ specimen: Specimen) {
        for (name, bytes) in specimen.journal {
            for (from, source) in specimen.journal {
                for offset in stride(from: 0, to: bytes.count, by: Self.block) {
                    for place in stride(from: 0, to: source.count, by: Self.block) {
                        replace(
                            specimen, name, at: offset, with: source, at: place,
                            "holds what belongs to \(from), byte \(place)")
                    }
                }
            }
        }
    }

    /// Blocks and whole files of a journal of another epoch, of other records, or of another book.
    private mutating func foreign(_ specimen: Specimen, _ other: Specimen, _ which: Int) {
        for (name, bytes) in specimen.journal {
            guard let foreign = other.journal[name] else { continue }
            for offset in stride(from: 0, to: bytes.count, by: Self.block) {
                replace(
                    specimen, name, at: offset, with: foreign, at: offset, "is of foreign journal \(which)")
            }
            var changed = specimen.journal
            changed[name] = foreign
            var verdict = specimen.judge(changed, specimen.checkpoints)
            // A whole file of another history of the same journal has nothing wrong in itself: what its records say
            // may be refused before the next file does not follow on it. Then the record is named.
            if which == 1, case .wrong(let why) = verdict, why.contains("though its checksums hold") {
                verdict = .refused
            }
            note(verdict, "\(name) is of foreign journal \(which)")
        }
        for (name, bytes) in other.checkpoints {
            var changed = specimen.checkpoints
            changed[name] = bytes
            // Another history of the same book and epoch cannot be told by its checkpoint alone.
            if which == 1 { continue }
            note(specimen.judge(specimen.journal, changed), "\(name) is of foreign journal \(which)")
        }
    }

    // MARK: - Files

    private mutating func files(_ specimen: Specimen) {
        let names = specimen.journal.keys.sorted()
        for name in names.dropLast() {
            var changed = specimen.journal
            changed[name] = nil
            note(specimen.judge(changed, specimen.checkpoints), "\(name) is missing")
            note(specimen.judge(changed, [:]), "\(name) and all checkpoints are missing")
        }
        note(specimen.judge([:], specimen.checkpoints), "all of the journal is missing")
        for name in names {
            for other in names where other > name {
                var changed = specimen.journal
                changed[name] = specimen.journal[other]
                changed[other] = specimen.journal[name]
                note(specimen.judge(changed, specimen.checkpoints), "\(name) and \(other) are swapped")
            }
            for bytes in sizes(specimen.journal[name] ?? []) {
                var changed = specimen.journal
                changed[name] = bytes
                note(specimen.judge(changed, specimen.checkpoints), "\(name) has \(bytes.count) bytes")
            }
        }
        for (name, whole) in specimen.checkpoints {
            for bytes in sizes(whole) {
                var changed = specimen.checkpoints
                changed[name] = bytes
                note(specimen.judge(specimen.journal, changed), "\(name) has \(bytes.count) bytes")
            }
            var changed = specimen.checkpoints
            changed[name] = nil
            note(specimen.judge(specimen.journal, changed), "\(name) is missing")
            changed[CheckpointInfo.name(ofSeq: 399)] = whole
            note(specimen.judge(specimen.journal, changed), "\(name) has another name")
        }
    }

    /// A file cut and extended in many ways.
    private func sizes(_ bytes: [UInt8]) -> [[UInt8]] {
        let cuts = [
            0, 1, 511, 512, 4095, 4096, 8192, 12288, bytes.count - 4096, bytes.count - 512, bytes.count - 1,
        ]
        return cuts.filter { $0 >= 0 && $0 < bytes.count }.map { Array(bytes.prefix($0)) }
            + [1, 512, 4096].map { bytes + [UInt8](repeating: 0, count: $0) }
    }
}
