import CThreads
import Glibc
import Synchronization

// SAFETY: what both threads touch is a Mutex, or the semaphore, which is made for it, does not move, and lives as long as
// this object, which the thread keeps.
/// Writes positions on a thread of its own, one at a time: a disk that takes its time holds up acknowledgements, and
/// neither the asking for messages nor the taking of them. One thread may call it.
@safe
final class PositionKeeper: @unchecked Sendable {
    /// What became of a position.
    enum Outcome {
        case kept(IngestPosition)
        case failed(BusError)
    }

    private struct State {
        var wanted: IngestPosition?
        var outcome: Outcome?
        /// Something is wanted, or its outcome was not taken.
        var isBusy = false
        var isEnding = false
    }

    private let file: IngestPositionFile
    private let name: String
    private let state = Mutex(State())
    /// The thread sleeps there.
    private let bell: UnsafeMutablePointer<sem_t>
    private var thread: pthread_t?

    /// A keeper of a file; `name` is what ps and top call its thread. Starts nothing.
    init(_ file: IngestPositionFile, name: String) {
        self.file = file
        self.name = name
        unsafe bell = .allocate(capacity: 1)
        let result = unsafe sem_init(bell, 0, 0)
        precondition(result == 0, "a semaphore of one process, at zero")
    }

    deinit {
        _ = unsafe sem_destroy(bell)
        unsafe bell.deallocate()
    }

    /// A position is on its way, or its outcome was not taken yet: no other can be given.
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Gives a position to the thread, while nothing else is on its way. Where there is no thread to be had, it is written
    /// here.
    func begin(_ position: IngestPosition) {
        state.withLock { state in
            precondition(!state.isBusy, "one at a time")
            state.isBusy = true
            state.wanted = position
        }
        if thread == nil { startThread() }
        if thread == nil { writeWanted() } else { ring() }
    }

    /// What became of the position that was given last, once.
    func takeOutcome() -> Outcome? {
        state.withLock { state in
            guard let outcome = state.outcome.take() else { return nil }
            state.isBusy = false
            return outcome
        }
    }

    /// What became of it, waiting as long as the disk takes; nil when nothing was given.
    func waitForOutcome() -> Outcome? {
        while isBusy {
            if let outcome = takeOutcome() { return outcome }
            // Without descriptors this only waits.
            _ = poll(nil, 0, 1)
        }
        return nil
    }

    /// Ends the thread when it has written what it was given.
    func end() {
        guard let ended = thread.take() else { return }
        state.withLock { $0.isEnding = true }
        ring()
        _ = pthread_join(ended, nil)
    }

    // MARK: - The thread

    private func startThread() {
        var started = pthread_t()
        // SAFETY: the thread takes the reference over, or it is released; the thread's place outlives the call.
        let context = unsafe Unmanaged.passRetained(self)
        if unsafe pthread_create(&started, nil, keeperThreadMain, context.toOpaque()) == 0 {
            thread = started
        } else {
            unsafe context.release()
        }
    }

    private func ring() { _ = unsafe sem_post(bell) }

    fileprivate func run() {
        // SAFETY: the name lives for the call.
        unsafe pks_thread_name(name)
        while !state.withLock({ $0.isEnding && $0.wanted == nil }) {
            // A signal only makes it look once more.
            _ = unsafe sem_wait(bell)
            writeWanted()
        }
    }

    private func writeWanted() {
        guard let position = state.withLock({ $0.wanted }) else { return }
        let outcome: Outcome
        do throws(BusError) {
            try file.write(position)
            outcome = .kept(position)
        } catch { outcome = .failed(error) }
        state.withLock { state in
            state.wanted = nil
            state.outcome = outcome
        }
    }
}

/// The thread. A function of the file, because a closure in a type would belong to an actor.
private func keeperThreadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // SAFETY: the reference that `startThread` passed on.
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<PositionKeeper>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
