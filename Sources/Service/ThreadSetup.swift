import CThreads

/// What a thread asks of the system for itself.
enum ThreadSetup {
    /// Names the calling thread for ps and top, in 15 bytes.
    static func name(_ text: String) {
        // SAFETY: the name lives for the call.
        unsafe pks_thread_name(text)
    }

    /// Binds the calling thread to one CPU. False when that CPU is not there for it.
    @discardableResult
    static func bind(to cpu: Int) -> Bool { pks_thread_bind(Int32(clamping: cpu)) == 0 }

    /// Keeps the calling thread, and those that it starts from now on, off one CPU. False when it has no other.
    @discardableResult
    static func leave(_ cpu: Int) -> Bool { pks_thread_leave(Int32(clamping: cpu)) == 0 }

    /// Whether the calling thread may run on a CPU.
    static func isAllowed(_ cpu: Int) -> Bool { pks_thread_may_use(Int32(clamping: cpu)) != 0 }
}
