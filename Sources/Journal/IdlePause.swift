import CSeqlock
import Glibc

/// How a thread of the journal passes the time while there is nothing to do. One thread's own; allocates nothing.
struct IdlePause {
    /// Looking again at once, then offering the core, last so long after the last work.
    private static let spinNs: Int64 = 5_000
    private static let yieldNs: Int64 = 60_000
    /// Sleeps begin and end here, growing by half each time.
    private static let sleepMinNs: Int64 = 20_000
    private static let sleepMaxNs: Int64 = 1_000_000

    private var sinceNs: Int64 = 0
    private var sleepNs = Self.sleepMinNs

    /// There was something: the next wait begins from the start.
    mutating func reset() {
        sinceNs = 0
        sleepNs = Self.sleepMinNs
    }

    /// There was nothing at `nowNs`. Returns after a little while, one millisecond at most but for the kernel's own
    /// delays.
    mutating func wait(nowNs: Int64) {
        if sinceNs == 0 { sinceNs = nowNs }
        let idleNs = nowNs &- sinceNs
        if idleNs < Self.spinNs {
            pks_cpu_relax()
        } else if idleNs < Self.yieldNs {
            sched_yield()
        } else {
            Self.sleep(ns: sleepNs)
            sleepNs = min(Self.sleepMaxNs, sleepNs + sleepNs / 2)
        }
    }

    /// For how long there has been nothing at `nowNs`.
    func idleNs(nowNs: Int64) -> Int64 { sinceNs == 0 ? 0 : nowNs &- sinceNs }

    /// Sleeps for less than a second; a signal may shorten it.
    static func sleep(ns: Int64) {
        var time = timespec(tv_sec: 0, tv_nsec: Int(ns))
        // SAFETY: the time outlives the call.
        _ = unsafe nanosleep(&time, nil)
    }
}
