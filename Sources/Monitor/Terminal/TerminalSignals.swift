import CNcurses
import Glibc

/// The signals that a program with a screen must answer, as something to wait for: they come through a
/// descriptor, so that no handler ever runs in the middle of drawing.
struct TerminalSignals: ~Copyable {
    /// Readable when a signal has come.
    let descriptor: Int32
    private var signals = sigset_t()
    private var before = sigset_t()

    /// What came.
    enum Event: Equatable {
        /// The window has another size.
        case resized
        /// The program is asked to end.
        case ended
        /// The user wants the shell back for a while.
        case suspended
        /// The program goes on after it was stopped by somebody.
        case continued
    }

    /// From now on these signals are only seen here. Throws `system`.
    init() throws(MonitorError) {
        // SAFETY: the sets outlive the calls.
        unsafe sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
        descriptor = unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        if descriptor < 0 { throw .system(code: errno, operation: "signalfd") }
    }

    deinit {
        _ = close(descriptor)
        var before = before
        // SAFETY: the set outlives the call.
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// The next signal that has come; nil when there is none.
    func next() -> Event? {
        var info = signalfd_siginfo()
        let byteCount = MemoryLayout<signalfd_siginfo>.size
        // SAFETY: the structure outlives the call and is as long as said.
        guard unsafe read(descriptor, &info, byteCount) == byteCount else { return nil }
        switch Int32(bitPattern: info.ssi_signo) {
        case SIGWINCH: return .resized
        case SIGTSTP: return .suspended
        case SIGCONT: return .continued
        default: return .ended
        }
    }

    /// Stops the process as the shell expects, until somebody lets it go on. Does nothing where nobody could:
    /// the kernel ignores SIGTSTP of a process without a shell.
    func suspend() {
        var stop = sigset_t()
        // SAFETY: the set outlives the calls.
        unsafe sigemptyset(&stop)
        unsafe sigaddset(&stop, SIGTSTP)
        _ = signal(SIGTSTP, SIG_DFL)
        _ = raise(SIGTSTP)
        unsafe pthread_sigmask(SIG_UNBLOCK, &stop, nil)
        unsafe pthread_sigmask(SIG_BLOCK, &stop, nil)
    }
}
