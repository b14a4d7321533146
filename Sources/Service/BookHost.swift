import Accumulator
import CSeqlock
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
    /// How far each ring was in the journal that the book began with.
    let rings: RingTable
    private var writer: BookWriter?
    private var thread: pthread_t?

    var name: String { options.config.name }

    /// Makes the book and its segment. The lock is the book's; a leftover segment is replaced. Throws what a
    /// segment can throw.
    init(
        _ options: BookOptions, lock: consuming WriterLock, shmDirectory: String
    ) throws(ServiceError) {
        let name = options.config.name
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
        let log = unsafe EffectLog(scope: .rejects) { unsafe ledger.note($0) }
        var book = Book(options.config, effects: log)
        let bytes = book.reservedBytes
        memory = (bytes, bytes <= options.prefaultBytesMax)
        if memory.isPrefaulted { book.prefault(lots: options.config.lotsMax) }
        var writerOptions = BookWriterOptions()
        writerOptions.retainsRecords = true
        writerOptions.hasHistory = false
        writerOptions.violationsMax = options.violationsMax
        writerOptions.startsLive = false
        segmentPath = segment.path
        rings = RingTable()
        self.options = options
        self.ledger = ledger
        writer = BookWriter(book: book, segment: segment, options: writerOptions)
    }

    /// Removes the segment of a book that was never started.
    func abandon() { try? writer?.stop(keep: false) }

    /// Says that the writer is alive, before its thread does.
    func beat() { writer?.beat() }

    /// Starts the writer's thread.
    func start() throws(ServiceError) {
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

    /// Waits for the writer's thread to end. Once.
    func join() {
        guard let ending = thread else { return }
        thread = nil
        _ = pthread_join(ending, nil)
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
