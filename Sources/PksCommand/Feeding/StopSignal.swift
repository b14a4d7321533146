import CSeqlock
import Glibc
import Synchronization

/// A signal that asks a verb to stop in good order. A thread of its own waits for it, because the main thread may
/// be anywhere; it only takes note, and the verb looks. Another signal a while later ends the process at once: it
/// may be waiting for something that never comes. (At once, it is the same wish: some managers signal a process and
/// then its group.)
enum StopSignal {
    private struct Received {
        var signal: Int32?
        var atNs: Int64 = 0
    }

    private static let received = Mutex(Received())
    private static let sameWishNs: Int64 = 300_000_000

    /// The first signal that came; nil while there was none.
    static var number: Int32? { received.withLock { $0.signal } }

    /// From now on SIGINT, SIGTERM and SIGHUP are taken note of. Call it once, on the main thread before there are
    /// others.
    static func start() {
        var signals = endingSignals()
        var thread = pthread_t()
        // SAFETY: the set and the thread's place outlive the calls; the thread takes no argument.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let result = unsafe pthread_create(&thread, nil, awaitStopSignals, nil)
        precondition(result == 0, "a thread can be started: \(errnoText(result))")
    }

    /// False when it is one too many.
    fileprivate static func note(_ signal: Int32) -> Bool {
        let nowNs = pks_monotonic_ns()
        return received.withLock { received in
            if received.signal != nil { return nowNs - received.atNs < sameWishNs }
            received = Received(signal: signal, atNs: nowNs)
            return true
        }
    }
}

/// The thread of `StopSignal`. A function of the file, because a closure in a type would belong to an actor.
private func awaitStopSignals(_ unused: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var signals = endingSignals()
    while true {
        var signal: Int32 = 0
        // SAFETY: both outlive the call.
        if unsafe sigwait(&signals, &signal) == 0, !StopSignal.note(signal) { _exit(128 + signal) }
    }
}
