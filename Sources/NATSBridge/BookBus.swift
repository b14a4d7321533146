/// What connects one book with the bus: the ingest and the publisher, started and ended in the right order.
///
/// It knows neither the daemon nor its configuration: it is given the book's durable records and its journal's directory,
/// and puts fills on a ring as any producer does. Nothing of it makes anybody wait: a server that is not there costs a
/// start nothing, and an end no more than a bounded time.
public import Accumulator
import CSeqlock
import FillProducer
import Glibc
import Synchronization

// SAFETY: everything that threads share is a Mutex, or safe for any thread by itself.
/// The bus of one book. Start it when the book's daemon is live, and end it before that ends. Any thread.
public final class BookBus: @unchecked Sendable {
    /// What it is told.
    public struct Settings: Sendable {
        /// Where the bus is, who this is, and how long things may take.
        public var nats: NATSOptions
        /// Streams and subjects.
        public var names = BusNames()
        /// Streams and consumers that are missing are made.
        public var createsMissing = false
        /// Messages asked for at a time.
        public var batch = 1000
        /// The most messages that are taken and not acknowledged.
        public var unacknowledgedMax = 65_536
        /// How long to wait between attempts.
        public var retryMs: Int64 = 1000
        /// After how long the server gives an unacknowledged message again.
        public var acknowledgeMs: Int64 = 30_000
        /// The most messages that are published and not answered.
        public var publishWindow = 4096
        /// Older states of a position give way to newer ones when the publisher lags.
        public var conflates = true
        /// The first start publishes what is in the journal already.
        public var publishesHistory = true
        /// At the end, how long the publisher may go on with what is durable.
        public var drainMs: Int64 = 2000

        /// Settings with the product's defaults.
        public init(nats: NATSOptions) { self.nats = nats }
    }

    /// The book that is connected: what does not come from the bus's own settings.
    public struct Place: Sendable {
        /// Static data: the decimals of the book's numbers.
        public var instruments: InstrumentTable
        /// The most positions of the book: as many keys can be defined.
        public var positionsMax: Int
        /// The directory of the book's journal; the bus's two files lie in it, too.
        public var journal: String
        /// Where the daemon looks for rings.
        public var shmDirectory = "/dev/shm"
        /// Where locks are.
        public var runDirectory: String

        /// A book whose rings are in the usual place.
        public init(
            instruments: InstrumentTable, positionsMax: Int, journal: String, runDirectory: String
        ) {
            self.instruments = instruments
            self.positionsMax = positionsMax
            self.journal = journal
            self.runDirectory = runDirectory
        }
    }

    private struct Ending {
        var thread: pthread_t?
        var isAsked = false
        var isDone = false
    }

    private let records: any DurableRecords
    private let ingest: BusIngest
    private let publisher: BusPublisher
    private let drainMs: Int64
    private let ending = Mutex(Ending())

    /// The first record that a book's publisher will read, by the file in the book's journal: to be held before the book's
    /// service is made; nil when that is none that there is yet. Throws `file`.
    public static func neededFromSeq(
        journal path: String, publishesHistory: Bool = true
    ) throws(BusError) -> UInt64? {
        try BusPublisher.neededFromSeq(journal: path, publishesHistory: publishesHistory)
    }

    /// What is to be said of a book that is published for the first time; nil for any other.
    public var beginning: String? { publisher.beginning }

    /// Checks everything, opens the book's ring, and reads where the publisher was. Connects to nobody. Throws
    /// `badOptions`, `ring`, `file`. Reserves memory for messages.
    public init(_ records: any DurableRecords, at place: Place, _ settings: Settings) throws(BusError) {
        self.records = records
        var options = BusIngestOptions(
            book: records.book, nats: settings.nats, instruments: place.instruments,
            positionDirectory: place.journal, shmDirectory: place.shmDirectory,
            runDirectory: place.runDirectory, journalSequence: { records.durableSeq })
        options.names = settings.names
        options.createsMissing = settings.createsMissing
        options.batch = settings.batch
        options.unacknowledgedMax = settings.unacknowledgedMax
        options.retryMs = settings.retryMs
        options.acknowledgeMs = settings.acknowledgeMs
        options.ring.handleCapacity = place.positionsMax
        var publishing = BusPublisher.Settings(options: settings.nats, names: settings.names)
        publishing.createsStreams = settings.createsMissing
        publishing.conflates = settings.conflates
        publishing.publishesHistory = settings.publishesHistory
        publishing.underWayMax = settings.publishWindow
        publisher = try BusPublisher(records, journal: place.journal, publishing)
        ingest = try BusIngest(options)
        drainMs = settings.drainMs
    }

    /// How the ingest is.
    public var ingestStatus: BusIngestStatus { ingest.status }

    /// How the publisher is.
    public var publisherStatus: BusPublisherStatus { publisher.status }

    /// Starts both threads. Once. Throws `library` when there is none to be had; nothing runs then.
    public func start() throws(BusError) {
        try publisher.start()
        do throws(BusError) { try ingest.start() } catch {
            publisher.stop()
            throw error
        }
    }

    /// Begins the end and returns at once; `hasStopped` tells. First the ingest ends, with what is durable acknowledged;
    /// then the publisher sends what is durable, for a bounded time.
    public func beginStop() {
        let isFirst = ending.withLock { ending in
            defer { ending.isAsked = true }
            return !ending.isAsked
        }
        if !isFirst { return }
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        if unsafe pthread_create(&thread, nil, endingThreadMain, context.toOpaque()) == 0 {
            ending.withLock { $0.thread = thread }
        } else {
            // Without a thread for it, it takes its time here.
            unsafe context.release()
            end()
        }
    }

    /// Both threads have ended.
    public var hasStopped: Bool { ending.withLock { $0.isDone } }

    /// Ends both threads, and returns when they have ended: after some seconds at most, whatever the server does.
    public func stop() {
        beginStop()
        let thread = ending.withLock { $0.thread.take() }
        if let thread { _ = pthread_join(thread, nil) }
    }

    fileprivate func end() {
        ingest.stop()
        let endNs = pks_monotonic_ns() + drainMs * 1_000_000
        // Without descriptors this only waits.
        while isPublishing && pks_monotonic_ns() < endNs { _ = poll(nil, 0, 5) }
        publisher.stop()
        ending.withLock { $0.isDone = true }
    }

    /// Something durable is still on its way, and gets there.
    private var isPublishing: Bool {
        let status = publisher.status
        return status.state == .publishing && status.publishedSeq < records.durableSeq
    }
}

/// The thread that ends a bus. A function of the file, because a closure in a type would belong to an actor.
private func endingThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `beginStop` has passed on.
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<BookBus>.fromOpaque(context).takeRetainedValue().end()
    return nil
}
