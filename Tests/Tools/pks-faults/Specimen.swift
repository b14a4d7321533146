import Accumulator
import Journal
import JournalSupport
import TestSupport

/// A small whole journal with two checkpoints, in memory, and what must come of it. Its files are damaged in all ways.
struct Specimen {
    /// What a recovery from changed files gave.
    enum Verdict {
        /// The right state, from the newest checkpoint.
        case exact
        /// The right state, from an older checkpoint or from the journal alone.
        case exactWithout
        /// A refusal that names a file.
        case refused
        /// Anything else.
        case wrong(String)
    }

    /// Files by name.
    typealias Files = [String: [UInt8]]

    private(set) var journal: Files
    private(set) var checkpoints: Files
    /// The journal after each of its commits.
    private(set) var history: [Files] = []
    private let book: String
    private let recordCount: UInt64
    private let newestCheckpoint: UInt64
    private let digest: String
    private let rings: [String]

    /// `epoch` and `book` make one that belongs elsewhere. The same seed gives the same records.
    init(seed: UInt64, epoch: UInt64 = JournalStory.epoch, book: String = "main") throws {
        var random = SeededRandom(seed: seed)
        self.book = book
        let story = JournalStory(seed: seed, count: 400)
        recordCount = UInt64(story.records.count)
        let directory = SimulatedDirectory()
        var writer = try JournalWriter(
            directory, book: book, after: .beginning(epoch: epoch, layout: JournalStory.layout),
            batchBlocksMax: 3, nowRealtimeNs: 1)
        for record in story.records {
            // SAFETY: the array outlives the call.
            let isTaken = unsafe record.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress.map { unsafe writer.append($0) } ?? false
            }
            guard isTaken else { throw FaultFailure("a record is not taken") }
            if random.chance(10) || writer.appendedSeq >= writer.durableSeq + 60 {
                try writer.commit(nowRealtimeNs: 1)
                history.append(directory.files)
            }
        }
        try writer.commit(nowRealtimeNs: 1)
        try writer.confirm(nowRealtimeNs: 1)
        journal = directory.files
        let folder = SimulatedCheckpoints()
        var kept: UInt64?
        for wanted in [170, 290] {
            var replay = BookReplay(name: book, hashSeed: 1)
            // A pair of records is not parted.
            let through = (wanted...).first { ![0x41, 3].contains(story.records[$0 - 1][0]) } ?? wanted
            let bytes = story.records.prefix(through).flatMap { $0 }
            // SAFETY: the array outlives the call.
            try unsafe bytes.withUnsafeBytes { unsafe try replay.take($0, firstSeq: 1) }
            replay.end()
            _ = try Checkpoint.write(
                replay.book, passenger: replay.rings.encoded, to: folder, epoch: epoch, keeping: kept,
                createdRealtimeNs: 0)
            kept = UInt64(through)
        }
        newestCheckpoint = kept ?? 0
        checkpoints = folder.files
        let outcome = try story.outcome(story.records.count)
        digest = outcome.digest
        rings = Self.texts(outcome.rings)
        if case .exact = judge(journal, checkpoints) { return }
        throw FaultFailure("the specimen is not whole: \(judge(journal, checkpoints))")
    }

    /// Recovers from these files.
    func judge(_ journal: Files, _ checkpoints: Files) -> Verdict {
        var config = JournalStory.config
        config.name = book
        do throws(JournalError) {
            let recovered = try recoverBook(
                SimulatedDirectory(files: journal), checkpoints: SimulatedCheckpoints(files: checkpoints),
                config: config)
            guard let recovered else { return .wrong("it passes for a new book") }
            guard recovered.end.lastSeq == recordCount else {
                return .wrong("it ends at record \(recovered.end.lastSeq) instead of \(recordCount)")
            }
            guard recovered.book.digest() == digest else { return .wrong("another state") }
            guard Self.texts(recovered.rings) == rings else { return .wrong("other rings") }
            return recovered.report.checkpoint?.seq == newestCheckpoint ? .exact : .exactWithout
        } catch {
            switch error {
            case .damaged, .wrongFile, .missingSegment, .unrecoverable:
                let names = ["journal-", "checkpoint-"].contains { error.description.contains($0) }
                return names || error.description.contains("the journal begins with record")
                    ? .refused : .wrong("a refusal without a file: \(error)")
            case .system, .interrupted, .busy, .commitFailed, .stopped:
                return .wrong("another error: \(error)")
            }
        }
    }

    private static func texts(_ rings: RingTable) -> [String] {
        rings.entries.map { "\($0.epoch) \($0.next) \($0.producer)" }.sorted()
    }
}
