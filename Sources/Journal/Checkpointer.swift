public import Accumulator
import CSeqlock
import CThreads
import Glibc
import Synchronization

/// When checkpoints are made.
public struct CheckpointerOptions: Sendable {
    /// A checkpoint is made when so many records are durable that the newest one does not have.
    public var recordsBetween: UInt64 = 10_000_000
    /// At a clean stop one is made when there are more than so many.
    public var recordsAtStop: UInt64 = 1_000_000

    /// The product's defaults.
    public init() {}
}

/// What a checkpointer has done.
public struct CheckpointerFigures: Sendable, Equatable {
    /// Checkpoints made in this life.
    public var count = 0
    /// The last record that the newest one covers; 0 without any.
    public var lastSeq: UInt64 = 0
    /// How long the newest one took.
    public var lastSeconds: Double = 0
    /// Size of its file.
    public var lastByteCount = 0
    /// Why the last attempt failed; nil when it did not.
    public var error: String?
    /// One is being made.
    public var isRunning = false
    /// Records from here on may still be needed: by the older of the two checkpoints that are kept, or, while there is
    /// only one, by nobody knows. Nothing from here on may be removed from the journal.
    public var neededFromSeq: UInt64 = 1
}

/// Makes checkpoints of a book now and then, on a thread of its own with the lowest priority, without the book: it
/// replays the journal.
///
/// The owner tells it what is durable. Memory for a second book is taken while one is made, and given back. Any thread
/// may call, one at a time.
public final class Checkpointer: Sendable {
    private struct State {
        var thread: pthread_t?
        var isEnding = false
        /// Nothing is tried again before this record.
        var dueSeq: UInt64 = 0
        var target: UInt64 = 0
        var figures = CheckpointerFigures()
    }

    /// Where a book's journal and checkpoints are.
    public struct Place: Sendable {
        let config: BookConfig
        let layout: JournalLayout
        let epoch: UInt64
        let hold: JournalHold
        let journal: @Sendable () throws(JournalError) -> any JournalDirectory
        let checkpoints: @Sendable () throws(JournalError) -> any CheckpointDirectory

        /// A place that opens its directories by these calls, on the thread that uses them. The journal is only read
        /// there, so no lock is to be taken. `config` gives the name and the hash seed; what `hold` keeps stays.
        public init(
            config: BookConfig, layout: JournalLayout, epoch: UInt64, hold: JournalHold = JournalHold(),
            journal: @escaping @Sendable () throws(JournalError) -> any JournalDirectory,
            checkpoints: @escaping @Sendable () throws(JournalError) -> any CheckpointDirectory
        ) {
            self.config = config
            self.layout = layout
            self.epoch = epoch
            self.hold = hold
            self.journal = journal
            self.checkpoints = checkpoints
        }
    }

    private let place: Place
    private let options: CheckpointerOptions
    private let state = Mutex(State())

    /// A checkpointer that goes on after the checkpoint of record `newestSeq`, which a recovery has found whole; 0
    /// without any. Starts nothing yet.
    public init(_ place: Place, options: CheckpointerOptions = CheckpointerOptions(), newestSeq: UInt64) {
        precondition(options.recordsBetween > 0)
        self.place = place
        self.options = options
        state.withLock {
            $0.figures.lastSeq = newestSeq
            $0.dueSeq = newestSeq + options.recordsBetween
        }
    }

    /// What it has done so far.
    public var figures: CheckpointerFigures { state.withLock { $0.figures } }

    /// Says that records up to this one are durable, and starts a checkpoint when it is time for one. Never waits for
    /// it: to be called every second or so.
    public func update(durableSeq: UInt64) {
        state.withLock { state in
            if state.isEnding || state.figures.isRunning || durableSeq < state.dueSeq { return }
            Self.join(&state)
            state.target = durableSeq
            start(&state)
        }
    }

    /// Ends it for good: a checkpoint that is being made is given up, or, with `durableSeq`, made, and after it one
    /// more when that is worth it. Returns when all is done.
    public func finish(durableSeq: UInt64? = nil) {
        let running = state.withLock { state in
            state.isEnding = durableSeq == nil
            defer { state.thread = nil }
            return state.thread
        }
        if let running { _ = pthread_join(running, nil) }
        let isWorthIt = state.withLock { state in
            guard let durableSeq, durableSeq > state.figures.lastSeq else { return false }
            state.target = durableSeq
            return durableSeq - state.figures.lastSeq > options.recordsAtStop
        }
        if isWorthIt { run() }
        state.withLock { $0.isEnding = true }
    }

    /// Gives up what is being made, as soon as it can; another thread may be waiting in `finish`.
    public func cancel() { state.withLock { $0.isEnding = true } }

    // MARK: - The thread

    private static func join(_ state: inout State) {
        guard let ended = state.thread else { return }
        state.thread = nil
        _ = pthread_join(ended, nil)
    }

    private func start(_ state: inout State) {
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, checkpointerMain, context.toOpaque())
        if code == 0 {
            state.thread = thread
            state.figures.isRunning = true
            return
        }
        unsafe context.release()
        let error = JournalError.system(code: code, operation: "pthread_create", object: "checkpoint")
        fail(&state, error)
    }

    /// Another attempt is made when a tenth of the usual number of records has come.
    private func fail(_ state: inout State, _ error: JournalError) {
        state.figures.error = error.description
        state.dueSeq = state.target + max(1, options.recordsBetween / 10)
    }

    /// Makes one checkpoint, up to the target.
    fileprivate func run() {
        let began = pks_monotonic_ns()
        let target = state.withLock { $0.target }
        var made: CheckpointRun.Made?
        var failure: JournalError?
        do throws(JournalError) {
            let run = CheckpointRun(
                journal: try place.journal(), checkpoints: try place.checkpoints(), config: place.config,
                layout: place.layout, epoch: place.epoch, hold: place.hold)
            made = try run.make(through: target, createdRealtimeNs: realtimeNs()) {
                state.withLock { $0.isEnding }
            }
        } catch {
            failure = error
        }
        let seconds = Double(pks_monotonic_ns() - began) / 1e9
        state.withLock { state in
            state.figures.isRunning = false
            if let failure {
                fail(&state, failure)
                return
            }
            state.figures.error = nil
            state.dueSeq = target + options.recordsBetween
            guard let made else { return }
            state.figures.count += 1
            state.figures.lastSeq = made.info.seq
            state.figures.lastSeconds = seconds
            state.figures.lastByteCount = made.info.byteCount
            state.figures.neededFromSeq = made.baseSeq.map { $0 + 1 } ?? 1
        }
    }
}

/// The wall clock, for people.
private func realtimeNs() -> Int64 {
    var time = timespec()
    // SAFETY: `time` outlives the call.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The thread: one checkpoint, and it ends.
private func checkpointerMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY (all of this function): the reference that `start` passed on; texts live for the call.
    guard let context = unsafe context else { return nil }
    let checkpointer = unsafe Unmanaged<Checkpointer>.fromOpaque(context).takeRetainedValue()
    unsafe pks_thread_name("pks-checkpoint")
    // On Linux this is about the calling thread. Where it is refused, it runs with the others.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    checkpointer.run()
    return nil
}
