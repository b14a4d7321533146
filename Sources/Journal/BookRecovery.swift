public import Accumulator
import CSeqlock

/// A book as its journal has it, and where the journal goes on.
public struct RecoveredBook: ~Copyable {
    /// The book, as after the journal's last record, under the bounds that the journal's last CONFIG record put in
    /// force. It wants no effects.
    public var book: Book
    /// How far each ring is.
    public let rings: RingTable
    /// What a writer needs to go on.
    public let end: JournalEnd
    /// What it took.
    public let report: RecoveryReport

    /// The book alone.
    public consuming func takeBook() -> Book { book }

    init(_ book: consuming Book, _ rings: RingTable, _ end: JournalEnd, _ report: RecoveryReport) {
        self.book = book
        self.rings = rings
        self.end = end
        self.report = report
    }
}

/// What a recovery took, for people and for figures.
public struct RecoveryReport: Sendable, Equatable {
    /// The checkpoint that it began with; nil when it began with record 1.
    public var checkpoint: CheckpointInfo?
    /// Newer checkpoints that could not serve, newest first.
    public var passedOver: [NewestCheckpoint.PassedOver] = []
    /// Records applied after the checkpoint.
    public var replayedCount: UInt64 = 0
    /// The last record.
    public var lastSeq: UInt64 = 0
    /// Time for finding and reading the checkpoint.
    public var checkpointNs: Int64 = 0
    /// Time for reading and applying the records after it.
    public var replayNs: Int64 = 0

    /// Nothing was recovered.
    public init() {}

    /// Time of all of it.
    public var seconds: Double { Double(checkpointNs + replayNs) / 1e9 }
}

/// How far a recovery is.
public struct RecoveryProgress: Sendable {
    /// The last record applied.
    public var seq: UInt64
    /// The first record that is replayed.
    public var fromSeq: UInt64
    /// No record beyond this one can be in the files that there are.
    public var seqMax: UInt64
}

/// Makes a book from its journal: the newest whole checkpoint, and the records after it. Gives nil when there is
/// neither a journal nor a checkpoint: a new book.
///
/// Nothing is guessed. A damaged checkpoint is passed over for the one before it, and then for the whole journal if
/// that still begins with its first record; what a checkpoint or `knownDurableSeq` knows to have been durable must be
/// there. Otherwise it throws, with file and offset. It changes nothing on disk, so it can be interrupted and done
/// again. One thread; allocates; `progress` is called every million records or so.
///
/// `config` gives the name, the hash seed, and what the journal does not say; its bounds are not used.
public func recoverBook(
    _ journal: any JournalDirectory, checkpoints: any CheckpointDirectory, config: BookConfig,
    knownDurableSeq: UInt64 = 0, progress: (RecoveryProgress) -> Void = { _ in }
) throws(JournalError) -> RecoveredBook? {
    let began = pks_monotonic_ns()
    let scan = try JournalScan(journal, book: config.name)
    guard let segments = scan.segments, let layout = scan.layout, let epoch = scan.epoch else {
        try requireNoCheckpoint(checkpoints)
        return nil
    }
    let newest = try NewestCheckpoint.find(checkpoints, epoch: epoch, config: config)
    var report = RecoveryReport()
    report.checkpoint = newest.info
    report.passedOver = newest.passedOver
    let fromSeq = (newest.info?.seq ?? 0) + 1
    try requireRecords(from: fromSeq, scan, report, path: journal.path)
    var replay: BookReplay
    if let checkpoint = newest.take() {
        replay = try checkpoint.replay(path: checkpoints.path)
    } else {
        replay = BookReplay(name: config.name, hashSeed: config.hashSeed)
    }
    let loaded = pks_monotonic_ns()
    let seqMax = layout.firstBlock(ofSegment: segments.upperBound + 1) * UInt64(JournalLayout.recordsPerBlock)
    var nextReport = fromSeq
    // SAFETY: the records are only used during the call.
    let end = unsafe try scan.run(from: fromSeq, knownDurableSeq: knownDurableSeq) {
        (seq, records) throws(JournalError) in
        unsafe try replay.take(records, seq, path: journal.path, layout)
        if seq >= nextReport {
            nextReport = seq + 1_000_000
            progress(RecoveryProgress(seq: replay.lastSeq, fromSeq: fromSeq, seqMax: seqMax))
        }
    }
    guard let end else { throw .unrecoverable(object: journal.path, reason: "the journal is gone") }
    if let checkpoint = report.checkpoint, end.lastSeq < checkpoint.seq {
        throw .unrecoverable(
            object: journal.path,
            reason: "the journal ends at record \(end.lastSeq), but there is a checkpoint of record "
                + "\(checkpoint.seq): it is an older copy (restore the newer journal, or move the checkpoints away "
                + "to go on from what this one has)")
    }
    replay.end()
    guard replay.book.seq == end.lastSeq else {
        throw .unrecoverable(
            object: journal.path,
            reason: "the journal ends at record \(end.lastSeq), and its replay at \(replay.book.seq)")
    }
    report.lastSeq = end.lastSeq
    report.replayedCount = end.lastSeq + 1 - fromSeq
    report.checkpointNs = Int64(loaded - began)
    report.replayNs = Int64(pks_monotonic_ns() - loaded)
    let rings = replay.rings
    return RecoveredBook(replay.takeBook(), rings, end, report)
}

/// Without a journal there must be no checkpoint either: it would be the state of a journal that is gone.
private func requireNoCheckpoint(_ checkpoints: any CheckpointDirectory) throws(JournalError) {
    guard let seq = try Checkpoint.seqs(checkpoints).first else { return }
    throw .unrecoverable(
        object: "\(checkpoints.path)/\(CheckpointInfo.name(ofSeq: seq))",
        reason:
            "the journal of this checkpoint is missing (restore it, or move the checkpoints away to begin anew)"
    )
}

/// The record that the replay begins with must still be there.
private func requireRecords(
    from seq: UInt64, _ scan: borrowing JournalScan, _ report: RecoveryReport, path: String
) throws(JournalError) {
    if scan.firstSeq <= seq { return }
    let has =
        report.checkpoint.map { "the newest whole checkpoint is of record \($0.seq)" }
        ?? "there is no whole checkpoint"
    let faults = report.passedOver.map { "; \($0.reason)" }.joined()
    throw .unrecoverable(
        object: path,
        reason:
            "the journal begins with record \(scan.firstSeq), and \(has)\(faults) (restore a checkpoint or the "
            + "older parts of the journal from a copy)")
}

extension Checkpoint {
    /// A replay that goes on where this checkpoint ends.
    consuming func replay(path: String) throws(JournalError) -> BookReplay {
        guard let rings = RingTable(encoded: passenger) else {
            throw .damaged(
                object: "\(path)/\(CheckpointInfo.name(ofSeq: info.seq))", offset: 0,
                reason: "its table of rings cannot be")
        }
        return BookReplay(book, rings: rings)
    }
}

extension BookReplay {
    /// Takes records of a journal; what is wrong with them is an error of the journal.
    mutating func take(
        _ records: UnsafeRawBufferPointer, _ firstSeq: UInt64, path: String, _ layout: JournalLayout
    ) throws(JournalError) {
        do throws(ReplayError) {
            // SAFETY: the caller's records, used during the call.
            unsafe try take(records, firstSeq: firstSeq)
        } catch {
            throw .unrecoverable(
                object: "\(path)/\(layout.name(ofRecord: error.seq))",
                reason: "\(error.description), though its checksums hold: no writer of this version wrote it")
        }
    }

    /// The book, in exchange for an empty one.
    mutating func takeBook() -> Book {
        var taken = Book(
            BookConfig(name: book.config.name, positionsMax: 1, lotsMax: 1, identitiesMax: 1, otherFeesMax: 0)
        )
        swap(&taken, &book)
        return taken
    }
}
