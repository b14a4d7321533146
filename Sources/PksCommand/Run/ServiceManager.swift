import CSeqlock
import CSystemd

/// Tells systemd how the daemon is (sd_notify). Without systemd, NOTIFY_SOCKET is not set and nothing happens.
struct ServiceManager {
    /// Somebody listens.
    let isThere = environment("NOTIFY_SOCKET") != nil
    /// How often a sign of life is due, ns; nil when nobody watches.
    let watchdogNs: Int64?
    private var nextSignNs: Int64 = 0

    init() {
        var microseconds: UInt64 = 0
        // SAFETY: the number outlives the call.
        let isWatched = unsafe sd_watchdog_enabled(0, &microseconds) > 0
        watchdogNs = isWatched ? Int64(clamping: microseconds) &* 1000 / 2 : nil
    }

    /// Every book is live.
    func ready(_ status: String) { notify("READY=1\nSTATUS=\(status)") }

    /// The daemon is ending.
    func stopping() { notify("STOPPING=1\nSTATUS=stopping") }

    /// One line for systemctl status.
    func status(_ text: String) { notify("STATUS=\(text)") }

    /// A sign of life, when one is due and the daemon is well. Half of the interval is left for trouble.
    mutating func sign(isWell: @autoclosure () -> Bool) {
        guard let watchdogNs else { return }
        let nowNs = pks_monotonic_ns()
        guard nowNs >= nextSignNs, isWell() else { return }
        nextSignNs = nowNs + watchdogNs
        notify("WATCHDOG=1")
    }

    private func notify(_ text: String) {
        // SAFETY: the text lives for the call.
        _ = unsafe sd_notify(0, text)
    }
}
