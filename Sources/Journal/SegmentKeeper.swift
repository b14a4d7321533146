import CSeqlock
import CThreads
import Glibc
import Synchronization

/// What a keeper of segments has done.
public struct SegmentKeeperFigures: Sendable, Equatable {
    /// Spare files made, or found there.
    public var spares = 0
    /// Old segments removed.
    public var removed = 0
    /// The oldest segment there is, as far as it is known.
    public var oldestSegment: UInt64 = 0
    /// Size of all segments, bytes; the spare one not counted.
    public var byteCount = 0
    /// An old segment should go, and no checkpoint lets it yet.
    public var isHeld = false
    /// Why the last attempt failed; nil when it did not. It is made again.
    public var error: String?

    /// Nothing yet.
    public init() {}
}

// SAFETY: the directory takes `names`, `open` for reading, `remove` and `makeSpare` from one more thread than its
// writer's, only one thread of the keeper is there at a time, and `finish` lets go of it when there is none any more;
// the rest is behind the lock.
/// Looks after the files of a journal beside its writing end: has the next segment ready before it is needed, so that
/// going on with it costs a rename and not 64 MiB of zeros, and removes old ones.
///
/// It works on a thread of its own, with the lowest priority, which is only there while there is something to do.
/// Any thread may call, one at a time.
@safe
public final class SegmentKeeper: @unchecked Sendable {
    /// A spare is made once so much of the current segment is used: one of 8.
    private static let spareFromPart: UInt64 = 8
    /// A spare is made without haste until so much of it is used: one of 2.
    private static let hasteFromPart: UInt64 = 2
    private static let unhurriedNs: Int64 = 1_000_000
    /// What can pass is tried again after a second, the rest after ten.
    private static let retryNs: Int64 = 1_000_000_000
    private static let retryLaterNs: Int64 = 10_000_000_000
    private static let ageReviewNsMax: Int64 = 60_000_000_000

    private struct State {
        var thread: pthread_t?
        var isRunning = false
        var isEnding = false
        var durableSeq: UInt64 = 0
        var neededFromSeq: UInt64 = 1
        /// Nothing is tried before.
        var againNs: Int64 = 0
        /// The segment for whose end a spare is there.
        var spareSegment: UInt64?
        /// What the rules were applied to last.
        var reviewed: Reviewed?
        var reviewNs: Int64 = 0
        var figures = SegmentKeeperFigures()
        var failure: JournalError?
    }

    private struct Reviewed: Equatable {
        var segment: UInt64
        var neededFromSeq: UInt64
    }

    private var directory: (any JournalDirectory)?
    private let path: String
    private let layout: JournalLayout
    private let rules: SegmentRetention
    private let elapsedBeforeNs: Int64
    private let beganNs: Int64
    private let state = Mutex(State())

    /// A keeper of the files in `directory`, whose lock its owner holds. `elapsedBeforeNs`: the running time that
    /// the journal had before this life. Starts nothing yet. Throws `system` when the directory cannot be read.
    public init(
        _ directory: any JournalDirectory, layout: JournalLayout, rules: SegmentRetention,
        elapsedBeforeNs: Int64
    ) throws(JournalError) {
        self.directory = directory
        path = directory.path
        self.layout = layout
        self.rules = rules
        self.elapsedBeforeNs = elapsedBeforeNs
        beganNs = pks_monotonic_ns()
        let oldest = try directory.names().compactMap { JournalLayout.segment(ofName: $0) }.min()
        state.withLock { $0.figures.oldestSegment = oldest ?? 0 }
    }

    /// What it has done so far.
    public var figures: SegmentKeeperFigures { state.withLock { $0.figures } }

    /// Why the journal cannot be believed in any more: names could not be made durable. Nil while it can.
    public var failure: JournalError? { state.withLock { $0.failure } }

    /// Says how far the journal is and what its checkpoints need, and starts what is to be done. Never waits for it: to
    /// be called many times a second. `neededFromSeq`: records from this one on may not go; 1 for all of them.
    public func update(durableSeq: UInt64, neededFromSeq: UInt64) {
        let nowNs = pks_monotonic_ns()
        state.withLock { state in
            state.durableSeq = durableSeq
            state.neededFromSeq = neededFromSeq
            let segments = reviewing(state).segment &- state.figures.oldestSegment &+ 1
            state.figures.byteCount = Int(clamping: segments) * layout.segmentBytes
            if state.isRunning || state.isEnding || state.failure != nil || nowNs < state.againNs { return }
            guard needsSpare(state) || needsReview(state, nowNs) else { return }
            if let ended = state.thread.take() { _ = pthread_join(ended, nil) }
            start(&state)
        }
    }

    /// Gives up what it is doing, ends for good and lets go of the directory, whose lock may go with it. Returns when its
    /// thread has ended.
    public func finish() {
        let running = state.withLock { state in
            state.isEnding = true
            return state.thread.take()
        }
        if let running { _ = pthread_join(running, nil) }
        directory = nil
    }

    // MARK: - What is to be done

    private func needsSpare(_ state: State) -> Bool {
        let block = JournalLayout.block(ofRecord: state.durableSeq + 1)
        return state.spareSegment != layout.segment(ofBlock: block)
            && isUsed(state.durableSeq, Self.spareFromPart)
    }

    /// Whether a part, one of so many, of the current segment is used.
    private func isUsed(_ durableSeq: UInt64, _ parts: UInt64) -> Bool {
        let blocks = UInt64(layout.blocksPerSegment)
        return JournalLayout.block(ofRecord: durableSeq + 1) % blocks * parts >= blocks
    }

    private func needsReview(_ state: State, _ nowNs: Int64) -> Bool {
        rules.isOn && (state.reviewed != reviewing(state) || (rules.ageNsMax > 0 && nowNs >= state.reviewNs))
    }

    /// The segment of the last durable record: that of the next one may not be there yet.
    private func reviewing(_ state: State) -> Reviewed {
        let block = JournalLayout.block(ofRecord: max(1, state.durableSeq))
        return Reviewed(segment: layout.segment(ofBlock: block), neededFromSeq: state.neededFromSeq)
    }

    // MARK: - The thread

    private func start(_ state: inout State) {
        var thread = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        let code = unsafe pthread_create(&thread, nil, keeperMain, context.toOpaque())
        if code == 0 {
            state.thread = thread
            state.isRunning = true
            return
        }
        unsafe context.release()
        note(&state, .system(code: code, operation: "pthread_create", object: path))
    }

    /// One round: old segments go, which may make the room that the spare needs; then the spare.
    fileprivate func run() {
        let (begin, spare) = state.withLock { ($0, needsSpare($0)) }
        var troubles: [JournalError] = []
        do throws(JournalError) { try review(begin) } catch { troubles.append(error) }
        do throws(JournalError) { if spare { try makeSpare(begin) } } catch { troubles.append(error) }
        state.withLock { state in
            state.isRunning = false
            state.figures.error = nil
            for error in troubles.reversed() { note(&state, error) }
        }
    }

    private func review(_ begin: State) throws(JournalError) {
        let nowNs = pks_monotonic_ns()
        guard let directory, needsReview(begin, nowNs) else { return }
        let outcome = try rules.apply(
            to: directory, layout: layout, neededFromSeq: begin.neededFromSeq,
            elapsedNs: elapsedBeforeNs + (nowNs - beganNs)
        ) { state.withLock { $0.isEnding } }
        state.withLock { state in
            state.reviewed = reviewing(begin)
            state.reviewNs = nowNs + min(Self.ageReviewNsMax, max(Self.retryNs, rules.ageNsMax / 16))
            guard let outcome else { return }
            state.figures.removed += outcome.removedCount
            state.figures.oldestSegment = outcome.segments.lowerBound
            state.figures.isHeld = outcome.isHeld
        }
    }

    private func makeSpare(_ begin: State) throws(JournalError) {
        guard let directory else { return }
        var isStopped = false
        try directory.makeSpare(byteCount: layout.segmentBytes) {
            let (isEnding, durableSeq) = state.withLock { ($0.isEnding, $0.durableSeq) }
            if !isEnding && !isUsed(durableSeq, Self.hasteFromPart) { IdlePause.sleep(ns: Self.unhurriedNs) }
            isStopped = isEnding
            return !isEnding
        }
        if isStopped { return }
        state.withLock { state in
            state.spareSegment = layout.segment(ofBlock: JournalLayout.block(ofRecord: begin.durableSeq + 1))
            state.figures.spares += 1
        }
    }

    /// A sync that failed is final; everything else is tried again later, and the journal goes on without.
    private func note(_ state: inout State, _ error: JournalError) {
        state.figures.error = error.description
        if case .commitFailed = error { state.failure = error }
        state.againNs = pks_monotonic_ns() + (error.isRetryable ? Self.retryNs : Self.retryLaterNs)
    }
}

/// The thread: one round, and it ends. A function of the file, because a closure in a type would belong to an actor.
private func keeperMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY (all of this function): the reference that `start` passed on; texts live for the call.
    guard let context = unsafe context else { return nil }
    let keeper = unsafe Unmanaged<SegmentKeeper>.fromOpaque(context).takeRetainedValue()
    unsafe pks_thread_name("pks-segments")
    // On Linux this is about the calling thread. Where it is refused, it runs with the others.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    keeper.run()
    return nil
}
