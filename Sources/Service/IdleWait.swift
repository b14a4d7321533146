import CSeqlock
import Glibc

/// How a writer passes the time between two looks at its rings. One thread's own; allocates nothing.
struct IdleWait {
    /// Spinning and then yielding last so long after the last record, with `adaptive`.
    static let spinNs: Int64 = 20_000
    static let yieldNs: Int64 = 200_000
    /// Sleeps begin and end here, growing by half each time.
    static let sleepMinNs = 20_000
    static let sleepMaxNs = 2_000_000

    private let strategy: WaitStrategy
    private var idleSinceNs: Int64 = 0
    private var sleepNs = Self.sleepMinNs
    private var isFresh = true

    init(_ strategy: WaitStrategy) { self.strategy = strategy }

    /// There was something: the next wait begins from the start.
    @inline(__always)
    mutating func reset() {
        idleSinceNs = 0
        isFresh = true
        sleepNs = Self.sleepMinNs
    }

    /// Whether the next look comes at once, so that the clock need not be asked before each.
    @inline(__always)
    var isSpinning: Bool { strategy == .spin || (strategy == .adaptive && isFresh) }

    /// There was nothing at `nowNs`. Returns after a little while, two milliseconds at most but for the
    /// kernel's own delays.
    mutating func wait(nowNs: Int64) {
        if idleSinceNs == 0 { idleSinceNs = nowNs }
        switch strategy {
        case .spin: pks_cpu_relax()
        case .yield: sched_yield()
        case .park: sleep()
        case .adaptive:
            let idleNs = nowNs &- idleSinceNs
            isFresh = idleNs < Self.spinNs
            if isFresh {
                pks_cpu_relax()
            } else if idleNs < Self.yieldNs {
                sched_yield()
            } else {
                sleep()
            }
        }
    }

    private mutating func sleep() {
        var time = timespec(tv_sec: 0, tv_nsec: sleepNs)
        // SAFETY: the time outlives the call; a signal only shortens the sleep.
        _ = unsafe nanosleep(&time, nil)
        sleepNs = min(Self.sleepMaxNs, sleepNs + sleepNs / 2)
    }
}
