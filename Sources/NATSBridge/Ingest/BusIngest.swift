/// Fills from a JetStream stream into a book: one thread, an ordinary producer onto the book's ring, and a position in
/// the stream that is this book's own.
///
/// A message is taken once, in the order of the stream. It is acknowledged when its records are durable in the book's
/// journal (or it is stored in the dead letters) and a file says so; what the server believes is compared with that
/// file at every connect, and gives way to it. Duplicates that come of it are known by the book as such.
///
/// What stays out: what messages mean (BusMessages), the book, the journal.
import FillProducer
import Glibc
import Synchronization

// SAFETY: the thread's handle is touched under the lock; everything else that threads share is a Mutex of its own.
/// The ingest of one book. Start it when the book's daemon is live, stop it before that ends.
public final class BusIngest: @unchecked Sendable {
    let worker: IngestWorker
    private let thread = Mutex<pthread_t?>(nil)

    /// Checks the options, and opens the book's ring. Throws `badOptions`, `ring`, `file`. Reserves all memory that
    /// messages will need. Allocates.
    public init(_ options: BusIngestOptions) throws(BusError) {
        try options.names.check(book: options.book)
        guard options.batch > 0, options.unacknowledgedMax > 0, options.pullMs > 0, options.keepMs >= 0 else {
            throw .badOptions(
                reason: "batch, unacknowledged messages and times of the bus must be above zero")
        }
        let producer: FillProducer
        do throws(ProducerError) { producer = try FillProducer(options.ring) } catch {
            throw .ring(reason: "\(error)")
        }
        worker = IngestWorker(options, producer)
    }

    /// How it is. Any thread.
    public var status: BusIngestStatus { worker.board.current }

    /// Starts the thread. Throws `library` when the system gives none. Once.
    public func start() throws(BusError) {
        var started = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(worker)
        let code = unsafe pthread_create(&started, nil, ingestThreadMain, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .library(operation: "starting a thread", reason: "errno \(code)")
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread: what is durable is kept and acknowledged first, within a second or two. The ring stays, for the
    /// next life. Any thread; the second call does nothing.
    public func stop() {
        worker.stopping.ask()
        let ended = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        // A thread that was started is joined once.
        if let ended { _ = pthread_join(ended, nil) }
    }

    deinit { stop() }
}

/// Whether somebody wants it to end.
final class StopRequest: Sendable {
    private let state = Mutex(false)
    var isAsked: Bool { state.withLock { $0 } }
    func ask() { state.withLock { $0 = true } }
}

/// The thread's main function.
private func ingestThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: start passes a reference to the worker.
    guard let context = unsafe context else { return nil }
    let worker = unsafe Unmanaged<IngestWorker>.fromOpaque(context).takeRetainedValue()
    worker.run()
    return nil
}
