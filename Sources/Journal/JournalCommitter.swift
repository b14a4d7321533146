public import Accumulator
import CSeqlock
import CThreads
import Glibc
import Synchronization

/// What a committer has done so far.
public struct CommitFigures: Sendable, Equatable {
    /// Commits that returned.
    public var commits: UInt64 = 0
    /// Records that they made durable.
    public var records: UInt64 = 0
    /// The longest of them, ns.
    public var longestNs: Int64 = 0
    /// All of them together, ns.
    public var totalNs: Int64 = 0
    /// Attempts that could not be finished and were made again.
    public var retries: UInt64 = 0
    /// The segment that is written to.
    public var segment: UInt64 = 0
    /// Running time of the journal, over all lives, ns.
    public var elapsedNs: Int64 = 0
    /// What holds it up at the moment; nil when nothing does.
    public var trouble: String?

    /// All zero.
    public init() {}
}

// SAFETY: `writer` is taken by the thread, or by `deinit` when there never was one; the rest is behind the lock.
/// Group commit: a thread that takes what a book's writer has published, makes it durable, and says so.
///
/// Whatever is published while one commit is under way goes into the next, so that a slow disk makes commits larger
/// and not more. What can pass (a full disk, an interrupted call) is tried again until it works, with nothing reported
/// durable meanwhile; anything else ends the thread for good, because after a failed sync nobody knows what is on disk.
/// Any thread may call the methods.
@safe
public final class JournalCommitter: @unchecked Sendable {
    /// Between two attempts of what can pass.
    private static let retryNs: Int64 = 100_000_000
    /// After so long without news the newest commit is confirmed.
    private static let confirmAfterNs: Int64 = 2_000_000

    private struct State {
        var thread: pthread_t?
        var stopDeadlineNs: Int64?
        var figures = CommitFigures()
        var failure: JournalError?
    }

    private let queue: RecordQueue
    private let name: String
    private var writer: JournalWriter?
    private let state = Mutex(State())

    /// A committer from a queue to a journal that ends where the queue begins. `name` is the thread's. Starts nothing.
    public init(_ queue: RecordQueue, to writer: consuming JournalWriter, name: String) {
        precondition(queue.durableSeq == writer.durableSeq, "the queue begins where the journal ends")
        self.queue = queue
        self.name = name
        self.writer = consume writer
    }

    /// Starts the thread. Once. Throws `system`.
    public func start() throws(JournalError) {
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, committerMain, context.toOpaque())
        guard code == 0 else {
            unsafe context.release()
            throw .system(code: code, operation: "pthread_create", object: name)
        }
        state.withLock { $0.thread = thread }
    }

    /// Makes everything published durable, confirms it, and ends the thread; at the latest after `withinNs`, when the
    /// disk does not let it. Returns when the thread has ended.
    public func stop(withinNs: Int64) {
        let thread = state.withLock { state in
            state.stopDeadlineNs = pks_monotonic_ns() + withinNs
            defer { state.thread = nil }
            return state.thread
        }
        guard let thread else { return }
        _ = pthread_join(thread, nil)
    }

    /// What it has done so far.
    public var figures: CommitFigures { state.withLock { $0.figures } }

    /// Why it ended for good; nil while it works, and after a stop.
    public var failure: JournalError? { state.withLock { $0.failure } }

    // MARK: - The thread

    fileprivate func run() {
        // SAFETY: the name lives for the call.
        unsafe pks_thread_name(name)
        guard var writer = writer.take() else { return }
        let beganNs = pks_monotonic_ns()
        var pause = IdlePause()
        var isConfirmed = false
        do throws(JournalError) {
            while true {
                let nowNs = pks_monotonic_ns()
                // Asked first, so that what was published before the stop is seen by the look after it.
                let isStopping = stopDeadlineNs != nil
                if try commitWhatIsThere(&writer, beganNs) {
                    pause.reset()
                    isConfirmed = false
                    continue
                }
                // A stop whose time was up on a full disk leaves a commit undone.
                let isDone = writer.appendedSeq == writer.durableSeq
                let mayConfirm = isStopping || pause.idleNs(nowNs: nowNs) > Self.confirmAfterNs
                if !isConfirmed && isDone && mayConfirm {
                    isConfirmed = true
                    try confirm(&writer, beganNs)
                }
                if isStopping { return }
                pause.wait(nowNs: nowNs)
            }
        } catch {
            state.withLock { $0.failure = error }
            queue.setCondition(.failed)
        }
    }

    private var stopDeadlineNs: Int64? { state.withLock { $0.stopDeadlineNs } }

    /// Commits what is published. False when there is nothing, or when the time to stop has come first.
    private func commitWhatIsThere(
        _ writer: inout JournalWriter, _ beganNs: Int64
    ) throws(JournalError) -> Bool {
        let published = queue.publishedSeq
        // SAFETY: published records that are not reported durable stay where they are.
        while writer.appendedSeq < published, unsafe writer.append(queue.record(writer.appendedSeq + 1)) {}
        if writer.appendedSeq == writer.durableSeq { return false }
        return try retrying { () throws(JournalError) in
            let before = writer.durableSeq
            let startNs = pks_monotonic_ns()
            let elapsedNs = writer.elapsedBeforeNs + (startNs - beganNs)
            defer { queue.setDurable(writer.durableSeq) }
            // What is published meanwhile is put into blocks while the disk works.
            unsafe try writer.commit(nowRealtimeNs: pks_realtime_ns(), elapsedNs: elapsedNs) { seq in
                // SAFETY: as above.
                seq <= queue.publishedSeq ? unsafe queue.record(seq) : nil
            }
            let tookNs = pks_monotonic_ns() - startNs
            state.withLock { state in
                state.figures.commits &+= 1
                state.figures.records &+= writer.durableSeq &- before
                state.figures.longestNs = max(state.figures.longestNs, tookNs)
                state.figures.totalNs &+= tookNs
                state.figures.segment = writer.segment
                state.figures.elapsedNs = elapsedNs
            }
        }
    }

    /// A confirmation that fails for now is done without: it only makes damage easier to tell.
    private func confirm(_ writer: inout JournalWriter, _ beganNs: Int64) throws(JournalError) {
        if writer.durableSeq == 0 { return }
        do throws(JournalError) {
            try writer.confirm(
                nowRealtimeNs: pks_realtime_ns(),
                elapsedNs: writer.elapsedBeforeNs + (pks_monotonic_ns() - beganNs))
        } catch {
            if !error.isRetryable { throw error }
        }
    }

    /// Does it until it works. False when the time to stop has come before it did.
    private func retrying(_ body: () throws(JournalError) -> Void) throws(JournalError) -> Bool {
        while true {
            let failed: JournalError
            do throws(JournalError) {
                try body()
                clearTrouble()
                return true
            } catch {
                if !error.isRetryable { throw error }
                failed = error
            }
            queue.setCondition(.waitsForSpace)
            state.withLock { state in
                state.figures.retries &+= 1
                state.figures.trouble = failed.description
            }
            let againNs = pks_monotonic_ns() + Self.retryNs
            while pks_monotonic_ns() < againNs {
                if let deadlineNs = stopDeadlineNs, pks_monotonic_ns() >= deadlineNs { return false }
                IdlePause.sleep(ns: 5_000_000)
            }
        }
    }

    private func clearTrouble() {
        if queue.condition == .well { return }
        queue.setCondition(.well)
        state.withLock { $0.figures.trouble = nil }
    }
}

/// The thread. A function of the file, because a closure in a type would belong to an actor.
private func committerMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `start` has passed on.
    guard let context = unsafe context else { return nil }
    let committer = unsafe Unmanaged<JournalCommitter>.fromOpaque(context).takeRetainedValue()
    committer.run()
    return nil
}
