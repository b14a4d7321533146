import Glibc

/// Waits for time to pass or for a signal that asks the program to end, whichever comes first.
struct SignalWait {
    private var signals = endingSignals()

    /// From now on SIGINT, SIGTERM and SIGHUP do not end the program but `wait`.
    init() {
        // SAFETY: the set outlives the call.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// True when a signal came, false when `ms` have passed.
    mutating func wait(ms: Int) -> Bool {
        var time = timespec(tv_sec: ms / 1000, tv_nsec: ms % 1000 * 1_000_000)
        // SAFETY: both outlive the call; no details of the signal are wanted.
        return unsafe sigtimedwait(&signals, nil, &time) > 0
    }
}
