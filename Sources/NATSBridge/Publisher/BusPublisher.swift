public import Accumulator
import CThreads
import Glibc
import Synchronization

/// Publishes what one book does, on a thread of its own with low priority: nobody waits for it, and what it needs of the
/// journal is held until it has it on the bus.
///
/// Everything durable is published once under its id, in order per key, however often the server, the connection or this
/// process goes away; only older states of a position give way to newer ones while it lags. Any thread may call.
public final class BusPublisher: Sendable {
    /// What it is told.
    public struct Settings: Sendable {
        /// How to reach the bus.
        public var options: NATSOptions
        /// Streams and subjects.
        public var names: BusNames
        /// Streams that are missing are made.
        public var createsStreams = false
        /// Older states of a position give way to newer ones when it lags.
        public var conflates = true
        /// The first start publishes what is in the journal already.
        public var publishesHistory = true
        /// The most messages that are under way at a time.
        public var underWayMax = 4096
        /// The most messages that are under way or ready.
        public var messagesMax = 1 << 15
        /// Silence of so long about a message is a failure, ms.
        public var answerMs: Int64 = 4000

        /// Settings with the product's defaults.
        public init(options: NATSOptions, names: BusNames = BusNames()) {
            self.options = options
            self.names = names
        }
    }

    private struct State {
        var thread: pthread_t?
        var isStopping = false
        var status = BusPublisherStatus()
    }

    private let records: any DurableRecords
    private let settings: Settings
    private let file: CursorFile
    private let cursor: PublisherCursor
    /// What is to be said of a book that is published for the first time.
    let beginning: String?
    private let threadName: String
    private let state = Mutex(State())

    /// The first record that a publisher has to read when it begins with the cursor beside this journal: to be held from
    /// before the book's service starts (`JournalOptions.heldFromSeq`). Throws `file` when the cursor cannot be read.
    /// Nil when it begins with what is not there yet.
    public static func neededFromSeq(
        journal path: String, publishesHistory: Bool = true
    ) throws(BusError) -> UInt64? {
        try CursorFile(journal: path).read()?.neededFromSeq ?? (publishesHistory ? 1 : nil)
    }

    /// A publisher of a book's records, whose cursor lies in `journal`, the book's journal directory. Starts nothing.
    /// Throws `badOptions`, and `file` when the cursor cannot be read.
    public init(_ records: any DurableRecords, journal path: String, _ settings: Settings) throws(BusError) {
        try settings.names.check(book: records.book)
        self.records = records
        self.settings = settings
        file = CursorFile(journal: path)
        let found = try file.read()
        let lastSeq = records.durableSeq
        if let found, found.epoch == records.epoch {
            (cursor, beginning) = (found, nil)
        } else if settings.publishesHistory || lastSeq == 0 {
            cursor = PublisherCursor(epoch: records.epoch)
            beginning =
                "bus out: first start: the journal is published from its first record"
                + " (--nats-from-now: only what comes)"
        } else {
            // Kept at once: the next life goes on from here, whatever happens to this one.
            cursor = PublisherCursor(epoch: records.epoch, through: .all(of: lastSeq))
            beginning = "bus out: first start: nothing of the journal up to record \(lastSeq) is published"
            try file.write(cursor)
            do throws(DurableRecordsError) { try records.hold(fromSeq: cursor.neededFromSeq) } catch {
                throw .file(path: path, operation: "holding the journal", reason: error.description)
            }
        }
        threadName = "pks-o-" + records.book
    }

    /// What it does now.
    public var status: BusPublisherStatus { state.withLock { $0.status } }

    /// Starts the thread. Once. Throws `library` when there is none to be had.
    public func start() throws(BusError) {
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, publisherMain, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .library(operation: "starting a publisher", reason: "pthread_create failed with \(code)")
        }
        state.withLock { $0.thread = thread }
    }

    /// Tells it to end. Returns at once.
    public func beginStop() { state.withLock { $0.isStopping = true } }

    /// Ends it: what is under way is waited for a little, and the rest is for the next life. Returns when its thread has
    /// ended; a dead server holds it up for some seconds at most.
    public func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        if let thread { _ = pthread_join(thread, nil) }
    }

    fileprivate func run() {
        // SAFETY: the name lives for the call.
        unsafe pks_thread_name(threadName)
        // On Linux this is about the calling thread. Where it is refused, it runs with the others.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        let port = NATSPublishPort(
            settings.options, settings.names, book: records.book, epoch: records.epoch,
            creates: settings.createsStreams)
        var options = BookPublisher.Options()
        options.engine.conflates = settings.conflates
        options.engine.answerNs = settings.answerMs * 1_000_000
        options.engine.window.underWayMax = settings.underWayMax
        options.engine.window.messagesMax = settings.messagesMax
        let publisher = BookPublisher(
            records, cursor: cursor, port: port, encoder: BusEffectEncoder(book: records.book),
            options: options,
            save: { [file] cursor throws(BusError) in try file.write(cursor) },
            isStopping: { [self] in state.withLock { $0.isStopping } },
            report: { [self] status in state.withLock { $0.status = status } })
        publisher.run()
    }
}

/// The thread. A function of the file, because a closure in a type would belong to an actor.
private func publisherMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `start` passed on.
    guard let context = unsafe context else { return nil }
    let publisher = unsafe Unmanaged<BusPublisher>.fromOpaque(context).takeRetainedValue()
    publisher.run()
    return nil
}
