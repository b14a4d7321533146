import CSeqlock
import Glibc

/// When each fill is due. An open loop: the times are fixed by the first fill, so that a stall shows as lag and
/// does not stretch the run.
struct FeedPace {
    enum Kind: Equatable {
        /// As fast as the ring takes them.
        case unpaced
        /// So many a second.
        case rate(Int)
        /// By event times, so many times as fast.
        case speed(Double)
    }

    let kind: Kind
    private var startNs: Int64 = 0
    private var firstEventNs: Int64?
    private var lastDueNs: Int64 = 0

    init(_ kind: Kind) { self.kind = kind }

    /// When fill number `index`, with this event time, is due, CLOCK_MONOTONIC ns; nil: at once. Never before the fill
    /// that came before it.
    mutating func dueNs(index: UInt64, eventNs: Int64) -> Int64? {
        if kind == .unpaced { return nil }
        if firstEventNs == nil {
            firstEventNs = eventNs
            startNs = pks_monotonic_ns()
            lastDueNs = startNs
        }
        switch kind {
        case .unpaced: return nil
        case .rate(let perSecond):
            let rate = UInt64(perSecond)
            let ns = index / rate * 1_000_000_000 + index % rate * 1_000_000_000 / rate
            lastDueNs = startNs &+ Int64(truncatingIfNeeded: ns)
        case .speed(let factor):
            // Event times of 64 bits can be further apart than 64 bits.
            let elapsed = (Double(eventNs) - Double(firstEventNs ?? eventNs)) / factor
            let due = startNs &+ Int64(min(max(0, elapsed), 4e18))
            lastDueNs = max(lastDueNs, due)
        }
        return lastDueNs
    }

    /// Whether fills are so close that waking up late matters: then the last stretch is spun.
    var isDense: Bool {
        if case .rate(let perSecond) = kind { return perSecond >= 5_000 }
        return false
    }
}

/// Waiting on CLOCK_MONOTONIC.
enum Waiting {
    /// A thread wakes up about this much late.
    private static let slackNs: Int64 = 70_000

    /// Sleeps until a time, and no longer than `sliceNs`; with `spins`, the last stretch is spun to be on time.
    static func sleep(until dueNs: Int64, nowNs: Int64, sliceNs: Int64, spins: Bool) {
        let restNs = dueNs - nowNs
        if spins && restNs <= slackNs {
            while pks_monotonic_ns() < dueNs { pks_cpu_relax() }
            return
        }
        let wakeNs = min(spins ? dueNs - slackNs : dueNs, nowNs + sliceNs)
        var time = timespec(tv_sec: Int(wakeNs / 1_000_000_000), tv_nsec: Int(wakeNs % 1_000_000_000))
        // SAFETY: the time outlives the call. A signal may end it early: the caller looks at the clock again.
        _ = unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
}

/// Waiting for another process, which gives no sign but a word in memory: a short while at full attention, then
/// in sleeps that grow to 2 ms.
struct Backoff {
    private var rounds = 0

    mutating func wait() {
        rounds += 1
        if rounds <= 64 { return pks_cpu_relax() }
        if rounds <= 128 {
            sched_yield()
            return
        }
        let sleepNs = min(2_000_000, Int64(20_000) << Int64(min(10, (rounds - 128) / 16)))
        let nowNs = pks_monotonic_ns()
        Waiting.sleep(until: nowNs + sleepNs, nowNs: nowNs, sliceNs: sleepNs, spins: false)
    }
}
