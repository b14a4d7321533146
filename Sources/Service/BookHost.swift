import Accumulator
import CSeqlock
import Journal
import Glibc
import LotMatching
import ShmBridge
import ShmReader
import Synchronization

// SAFETY: `writer` is set before the thread starts and taken by that thread alone; `thread` is the control
// side's. The rest is immutable, or safe for any thread by itself.
/// One book of the daemon: its writer and the thread that runs it, the mailbox between that thread and the
/// control thread, and a reader of its segment for the figures.
@safe
final class BookHost: @unchecked Sendable {
    let options: BookOptions
    let mailbox = WriterMailbox()
    let ledger: RejectLedger
    /// The book's segment as any reader sees it.
    let reader: SegmentReader
    /// Private memory reserved for the book, bytes, and whether all of it was brought in beforehand.
    let memory: (bytes: Int, isPrefaulted: Bool)
    /// Where the segment is.
    let segmentPath: String
    /// The book's journal; nil without one.
    let journal: BookJournal?
    /// How far each ring was in the journal that the book began with.
    let rings: RingTable
    /// Where the book's bus is asked how it is.
    let bus = BusBoard()
    private let files: StandingFiles
    private var writer: BookWriter?
    private var thread: pthread_t?

    var name: String { options.config.name }

    /// Makes the book and its segment. The lock is the book's; a leftover segment is replaced. Throws what a
    /// segment can throw.
    init(
        _ options: BookOptions, lock: consuming WriterLock, shmDirectory: String, log: ServiceLog
    ) throws(ServiceError) {
        let name = options.config.name
        var files = StandingFiles()
        files.add(lock.path, "the lock")
        let opened = try Self.opened(options, shmDirectory, log)
        let defaults = options.config.instruments.defaults
        let configuration = SegmentConfiguration(
            book: name, slotCapacity: options.config.positionsMax, changeCapacity: options.changeCapacity,
            priceDecimals: UInt8(defaults.priceDecimals), qtyDecimals: UInt8(defaults.qtyDecimals),
            feeDecimals: UInt8(defaults.feeDecimals), method: options.config.method.rawValue,
            mode: options.segmentMode, directory: shmDirectory)
        var segment: SegmentWriter
        do throws(ShmError) { segment = try SegmentWriter(configuration, lock: lock) } catch {
            throw .book(name, error)
        }
        do throws(AttachError) { reader = try SegmentReader(book: name, directory: shmDirectory) } catch {
            try? segment.stop(keep: false)
            throw .unreadable(name, error)
        }
        let ledger = RejectLedger()
        // SAFETY: the ledger copies what it is shown.
        let effects = unsafe EffectLog(scope: .rejects) { unsafe ledger.note($0) }
        let (journal, rings) = (opened.journal, opened.rings)
        var book = opened.takeBook()
        book.effects = effects
        let bytes = book.reservedBytes
        memory = (bytes, bytes <= options.prefaultBytesMax)
        if let told = Self.keptMethods(book, options.config) { log.note(.life, "book \(name): \(told)") }
        if memory.isPrefaulted { book.prefault(lots: options.config.lotsMax) }
        var writerOptions = BookWriterOptions()
        writerOptions.retainsRecords = true
        writerOptions.hasHistory = false
        writerOptions.violationsMax = options.violationsMax
        writerOptions.startsLive = false
        segmentPath = segment.path
        writerOptions.journal = journal?.queue
        if rings.lacksHistory { writerOptions.degradedReasons = UInt64(PKS_DEGRADED_HISTORY) }
        writerOptions.isDurableFirst = options.journal?.isDurableFirst ?? false
        files.add(segment.path, "the segment")
        if let journal { files.add(journal.path + "/" + DiskDirectory.lockName, "the journal's lock") }
        self.files = files
        self.journal = journal
        self.rings = rings
        self.options = options
        self.ledger = ledger
        var writer = BookWriter(book: book, segment: segment, options: writerOptions)
        if journal?.mustLogBounds == true { writer.logBounds() }
        self.writer = consume writer
    }

    /// Removes the segment of a book that was never started.
    func abandon() { try? writer?.stop(keep: false) }

    /// Says that the writer is alive, before its thread does.
    func beat() { writer?.beat() }

    /// Starts the writer's thread.
    func start() throws(ServiceError) {
        do throws(JournalError) { try journal?.start() } catch { throw .journal(name, error) }
        var started = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&started, nil, writerThreadMain, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .system(operation: "pthread_create", code: code)
        }
        thread = started
    }

    /// What to say of keys that go on with another method than the configuration has for them; nil without any.
    private static func keptMethods(_ book: borrowing Book, _ config: BookConfig) -> String? {
        var count = 0
        var example = ""
        for handle in 0..<UInt32(book.positionCount) {
            let symbol = book.names(handle).symbol
            // SAFETY: a handle below positionCount.
            let kept = unsafe book.position(handle).pointee.method
            let configured = config.instruments.method(for: symbol, bookMethod: config.method)
            if kept == configured { continue }
            if count == 0 { example = "\(kept.name), not \(configured.name), for \(symbol)" }
            count += 1
        }
        if count == 0 { return nil }
        return
            "\(count) of \(book.positionCount) keys keep the lot method that they began with (\(example)): "
            + "another one counts for new keys only"
    }

    /// Takes the book's journal and the book out of it; without one an empty book.
    private static func opened(
        _ options: BookOptions, _ shmDirectory: String, _ log: ServiceLog
    ) throws(ServiceError) -> BookJournal.Opened {
        guard let journal = options.journal else {
            return BookJournal.Opened(nil, Book(options.config), RingTable())
        }
        let name = options.config.name
        let producers = (try? RingView.producers(book: name, directory: shmDirectory)) ?? []
        var rings: [BookJournal.KnownRing] = []
        for producer in producers {
            do throws(AttachError) {
                let view = try RingView(
                    book: name, producer: producer, directory: shmDirectory,
                    allowedOwners: options.allowedOwners)
                let freed = view.status().freed
                rings.append(
                    BookJournal.KnownRing(producer: producer, epoch: view.header.epoch, freed: freed))
            } catch {
                // Who looks after rings says why it is not read.
                continue
            }
        }
        do throws(JournalError) {
            return try BookJournal.open(options.config, journal, ringsThere: rings) { progress in
                // What is done in a moment needs no line.
                if progress.seq < progress.fromSeq + 500_000 { return }
                log.note(
                    .life, "book \(name): recovering: record \(progress.seq) of \(progress.seqMax) at most")
            }
        } catch {
            throw .journal(name, error)
        }
    }

    /// Hands the writer what is to be shown of the book's bus.
    func tellBus() {
        if let status = bus.current { mailbox.setBus(status.words) }
    }

    /// Why the book cannot go on; nil while it can. Looks at files only when told to: that may touch a disk.
    func failure(looksAtFiles: Bool) -> String? {
        if let failure = journal?.failure { return failure }
        return looksAtFiles ? files.missing() ?? journal?.missingFile() : nil
    }

    /// Waits for the writer's thread to end. Once.
    func join() {
        guard let ending = thread else { return }
        thread = nil
        _ = pthread_join(ending, nil)
        // The writer has waited for what is durable; what is left is for the next life.
        journal?.stop(withinNs: 0)
    }

    /// The loop, for the thread that runs it. Once; nil afterwards.
    func makeLoop() -> WriterLoop? {
        guard let writer = writer.take() else { return nil }
        return WriterLoop(writer, mailbox: mailbox, ledger: ledger, wait: IdleWait(options.wait))
    }
}

/// A writer's thread. A function of the file, because a closure in a type would belong to an actor.
private func writerThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `start` has passed on.
    guard let context = unsafe context else { return nil }
    let host = unsafe Unmanaged<BookHost>.fromOpaque(context).takeRetainedValue()
    ThreadSetup.name("pks-" + host.name)
    if let cpu = host.options.cpu { ThreadSetup.bind(to: cpu) }
    guard var loop = host.makeLoop() else { return nil }
    loop.run()
    return nil
}
