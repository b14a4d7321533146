import Accumulator
import CSeqlock
import Journal
import ShmFiles
import Synchronization

// SAFETY: `directory` is only told to give its lock back, once, when its other users' threads have ended.
/// What a book of the daemon has besides when it is journaled: the directory and its lock, the queue from its writer,
/// the thread that makes records durable, the one that makes checkpoints, and the one that looks after old and new
/// files.
@safe
final class BookJournal: @unchecked Sendable {
    /// Where the journal is.
    let path: String
    /// From the book's writer to the disk.
    let queue: RecordQueue
    /// What the recovery took; nil for a new journal.
    let report: RecoveryReport?
    /// The bounds in force are not those that the journal ends with: the writer must say so first.
    let mustLogBounds: Bool
    /// How records get to the disk.
    let writePath: JournalWritePath
    private let committer: JournalCommitter
    private let checkpointer: Checkpointer?
    private let keeper: SegmentKeeper
    private let directory: DiskDirectory
    private let segmentBytes: Int
    private let config: BookConfig
    private let layout: JournalLayout
    private let epoch: UInt64
    private let hold: JournalHold
    /// It was said that old files stay because of the checkpoints.
    private let hasToldOfHeld = Mutex(false)

    /// What a producer's ring says of itself.
    struct KnownRing {
        let producer: String
        let epoch: UInt64
        let freed: UInt64
    }

    /// A journal, and what it had; or a book without one.
    struct Opened: ~Copyable {
        let journal: BookJournal?
        private let book: Book
        let rings: RingTable

        init(_ journal: BookJournal?, _ book: consuming Book, _ rings: RingTable) {
            self.journal = journal
            self.book = book
            self.rings = rings
        }

        consuming func takeBook() -> Book { book }
    }

    private init(
        _ path: String, _ queue: RecordQueue, _ report: RecoveryReport?, mustLogBounds: Bool,
        _ writePath: JournalWritePath, _ committer: JournalCommitter, _ checkpointer: Checkpointer?,
        _ keeper: SegmentKeeper, _ directory: DiskDirectory, _ config: BookConfig, _ end: JournalEnd,
        _ hold: JournalHold
    ) {
        self.path = path
        self.queue = queue
        self.report = report
        self.mustLogBounds = mustLogBounds
        self.writePath = writePath
        self.committer = committer
        self.checkpointer = checkpointer
        self.keeper = keeper
        self.directory = directory
        segmentBytes = end.layout.segmentBytes
        self.config = config
        layout = end.layout
        epoch = end.epoch
        self.hold = hold
    }

    /// Takes the journal's lock, makes the book from what it has, and readies what goes on with it. No thread is started.
    /// `ringsThere` are the rings that producers have now, which know what they were told.
    static func open(
        _ config: BookConfig, _ options: JournalOptions, ringsThere: [KnownRing],
        progress: (RecoveryProgress) -> Void
    ) throws(JournalError) -> Opened {
        let path = options.directory + "/" + config.name
        let directory = try DiskDirectory(path)
        let folder = CheckpointFolder(path: path)
        var book: Book
        let end: JournalEnd
        let rings: RingTable
        let report: RecoveryReport?
        if let recovered = try recoverBook(directory, checkpoints: folder, config: config, progress: progress)
        {
            end = recovered.end
            rings = recovered.rings
            report = recovered.report
            try requireWhatRingsKnow(ringsThere, rings, path: path)
            book = recovered.takeBook()
        } else {
            let blocks = options.segmentBytes / JournalLayout.blockBytes - JournalLayout.leadBlocks
            end = .beginning(
                epoch: UInt64.random(in: 1...UInt64.max), layout: JournalLayout(blocksPerSegment: blocks))
            rings = RingTable()
            report = nil
            book = Book(config)
        }
        var mustLogBounds = end.lastSeq == 0
        if !book.config.hasBounds(of: config) {
            do throws(BookImageError) { try book.rebuild(config) } catch {
                throw .unrecoverable(
                    object: path,
                    reason: "the book does not fit into the bounds that are configured: \(error)")
            }
            mustLogBounds = true
        }
        book.adopt(config)
        let queue = RecordQueue(capacity: options.bufferRecords, after: end.lastSeq)
        let writer = try JournalWriter(
            directory, book: config.name, after: end, nowRealtimeNs: pks_realtime_ns())
        var rules = SegmentRetention()
        rules.bytesMax = options.keepBytes
        rules.ageNsMax = options.keepNs
        let keeper = try SegmentKeeper(
            directory, layout: end.layout, rules: rules, elapsedBeforeNs: end.elapsedNs)
        let hold = JournalHold()
        // Before anything could be removed.
        if let seq = options.heldFromSeq { try hold.set(fromSeq: max(1, seq), checkpoints: folder) }
        let journal = BookJournal(
            path, queue, report, mustLogBounds: mustLogBounds, directory.writePath,
            JournalCommitter(queue, to: writer, name: "pks-j-" + config.name),
            checkpointer(config, options, end, report, path, hold), keeper, directory, config, end, hold)
        return Opened(journal, book, rings)
    }

    private static func checkpointer(
        _ config: BookConfig, _ options: JournalOptions, _ end: JournalEnd, _ report: RecoveryReport?,
        _ path: String, _ hold: JournalHold
    ) -> Checkpointer? {
        guard options.checkpointRecords > 0 else { return nil }
        let place = Checkpointer.Place(
            config: config, layout: end.layout, epoch: end.epoch, hold: hold,
            journal: { () throws(JournalError) in try DiskDirectory(path, access: .looking) },
            checkpoints: { () throws(JournalError) in CheckpointFolder(path: path) })
        var rules = CheckpointerOptions()
        rules.recordsBetween = UInt64(options.checkpointRecords)
        return Checkpointer(place, options: rules, newestSeq: report?.checkpoint?.seq ?? 0)
    }

    /// A ring gives room back only for what is durable. One that has given more than the journal has of it proves that
    /// the end of the journal is gone, or that a life without the journal has taken from it.
    private static func requireWhatRingsKnow(
        _ ringsThere: [KnownRing], _ rings: RingTable, path: String
    ) throws(JournalError) {
        for ring in ringsThere {
            guard let next = rings.next(ofEpoch: ring.epoch), ring.freed > next else { continue }
            throw .unrecoverable(
                object: path,
                reason: "the end of the journal is missing: producer \(ring.producer) was told that "
                    + "\(ring.freed) of its records are safe, and \(next) are here (restore the newest copy; if the "
                    + "book ran without its journal in between, none has them: in both cases, to go on without them, "
                    + "move that producer's ring \(ring.producer) away, let it start anew and send again from its "
                    + "source)"
            )
        }
    }

    // MARK: - Running

    /// Starts to make records durable.
    func start() throws(JournalError) { try committer.start() }

    /// Looks whether it is time for a checkpoint, for the next segment's file, or for an old one to go. Many times a
    /// second; never waits.
    func tick(_ log: ServiceLog, book: String) {
        let durableSeq = queue.durableSeq
        checkpointer?.update(durableSeq: durableSeq)
        let neededFromSeq = checkpointer?.figures.neededFromSeq ?? 1
        let heldFromSeq = hold.neededFromSeq
        keeper.update(durableSeq: durableSeq, neededFromSeq: min(neededFromSeq, heldFromSeq))
        guard keeper.figures.isHeld, neededFromSeq == 1 || heldFromSeq < neededFromSeq else { return }
        let isTold = hasToldOfHeld.withLock { told in
            defer { told = true }
            return told
        }
        if isTold { return }
        let reason =
            neededFromSeq > 1
            ? "records from \(hold.fromSeq ?? heldFromSeq) on have still to be published"
            : checkpointer == nil ? "checkpoints are off" : "two checkpoints are needed first"
        log.note(
            .trouble,
            "book \(book): old files of the journal stay, although there is more than is to be kept: \(reason)"
        )
    }

    /// Its durable records for somebody who follows them. Throws `system`.
    func durableFeed() throws(JournalError) -> DurableFeed {
        try DurableFeed(config, path: path, queue: queue, layout: layout, epoch: epoch, hold: hold)
    }

    /// Ends its threads, after what is published is durable, when the disk lets it.
    func stop(withinNs: Int64) {
        checkpointer?.cancel()
        keeper.finish()
        committer.stop(withinNs: withinNs)
        checkpointer?.finish(durableSeq: committer.failure == nil ? queue.durableSeq : nil)
        // Figures may still be asked for; the journal is free for others.
        directory.release()
    }

    /// Why nothing becomes durable any more; nil while it does.
    var failure: String? { (committer.failure ?? keeper.failure)?.description }

    /// Records that are in the book and not on disk.
    var undurableCount: UInt64 { queue.publishedSeq - queue.durableSeq }

    /// The file that is written to, when it has gone or was cut short. Two calls of the system.
    func missingFile() -> String? {
        let commits = committer.figures
        if commits.commits == 0 { return nil }
        let file = path + "/" + JournalLayout.name(ofSegment: commits.segment)
        guard let status = try? FileStatus.at(file) else {
            return
                "the journal's file \(file) has gone (put it back from a copy, or see operations.md, and start again)"
        }
        if status.byteCount >= segmentBytes { return nil }
        return "the journal's file \(file) was cut short (restore it from a copy, and start again)"
    }

    /// What it does, as its threads tell.
    var stats: JournalStats {
        JournalStats(
            path: path, writePath: writePath.description, commits: committer.figures,
            checkpoints: checkpointer?.figures, files: keeper.figures,
            freeBytes: Paths.availableBytes(at: path))
    }
}
