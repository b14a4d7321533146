import Glibc
import Synchronization

/// What must not be left behind when a signal ends the program: segments, half-written files.
///
/// A thread of its own waits for the signals, because the main thread may be waiting for input that never
/// comes. It removes everything that is on the list and ends the process; there is nobody to unwind for, as
/// the kernel takes memory and locks back. Files are made while the list is held, so that the list is never
/// wrong.
enum Cleanup {
    private struct State {
        var isStarted = false
        var paths: [String] = []
    }

    private static let state = Mutex(State())

    /// From now on SIGINT, SIGTERM and SIGHUP remove what is on the list and end the process with 128 + the
    /// signal. Call it on the main thread before there are others.
    static func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        var signals = endingSignals()
        var thread = pthread_t()
        // SAFETY: the set and the thread's place outlive the calls; the thread takes no argument.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let result = unsafe pthread_create(&thread, nil, waitForSignals, nil)
        precondition(result == 0, "a thread can be started: \(errnoText(result))")
    }

    /// Makes files, and puts those that `body` returns on the list, as one step that no signal falls into.
    static func making<Failure: Error>(_ body: () throws(Failure) -> [String]) throws(Failure) {
        try state.withLock { state throws(Failure) in state.paths += try body() }
    }

    /// Takes paths off the list: they are removed already, or are to stay.
    static func forget(_ paths: [String]) {
        state.withLock { state in state.paths.removeAll { paths.contains($0) } }
    }

    /// Removes what is on the list and ends the process. The list stays held, so that nothing new is made.
    fileprivate static func end(_ signal: Int32) -> Never {
        state.withLock { state in
            for path in state.paths.reversed() { ScratchPlace.removeTree(path) }
            if Terminal.standardError.isTerminal { ProgressLine.erase() }
            say("pks: interrupted: nothing of this run was kept")
            _exit(128 + signal)
        }
    }
}

/// The signals that ask a program to end.
func endingSignals() -> sigset_t {
    var signals = sigset_t()
    // SAFETY: the set outlives the calls.
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
    return signals
}

/// The thread of `Cleanup`. A function of the file, because a closure in a type would belong to an actor.
private func waitForSignals(_ unused: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var signals = endingSignals()
    var signal: Int32 = 0
    // SAFETY: both outlive the call.
    while unsafe sigwait(&signals, &signal) != 0 {}
    Cleanup.end(signal)
}
