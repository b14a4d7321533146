import BenchModel
import CSeqlock

/// What this host does to a thread that only looks at the clock: how long it is away, in the manner of
/// intrinsic-latency tests. No program on this core can have a tail below it.
struct HostJitter {
    /// Between two looks, ns.
    private(set) var gaps = LatencyHistogram()
    /// What a server that takes no time would answer in when it is asked every microsecond: each absence hits all
    /// the questions that fall into it.
    private(set) var answers = LatencyHistogram()
    /// Time in gaps longer than a microsecond, and all of it.
    private var awayNs: Int64 = 0
    private var watchedNs: Int64 = 0

    static var questionEveryNs: Int64 { 1000 }
    /// For how long one look lasts.
    static var lookNs: Int64 { 20_000_000 }

    /// Looks at the clock for `lookNs` on the core that this thread is on.
    mutating func look() {
        let start = pks_monotonic_ns()
        var last = start
        while last - start < Self.lookNs {
            let now = pks_monotonic_ns()
            let gap = now - last
            gaps.record(gap)
            if gap > Self.questionEveryNs {
                answers.record(gap, expectedEveryNs: Self.questionEveryNs)
                awayNs += gap
            }
            last = now
        }
        watchedNs += last - start
    }

    mutating func add(_ other: HostJitter) {
        gaps.add(other.gaps)
        answers.add(other.answers)
        awayNs += other.awayNs
        watchedNs += other.watchedNs
    }

    /// For a goal's detail.
    var figures: [(name: String, value: Double)] {
        guard watchedNs > 0 else { return [] }
        // The questions that came while the host was there were answered at once.
        var asked = answers
        let all = UInt64(watchedNs / Self.questionEveryNs)
        asked.record(0, times: all > asked.count ? all - asked.count : 0)
        return [
            ("host_jitter_p50_ns", Double(gaps.percentile(50))),
            ("host_jitter_p99_ns", Double(gaps.percentile(99))),
            ("host_jitter_p999_ns", Double(gaps.percentile(99.9))),
            ("host_jitter_p9999_ns", Double(gaps.percentile(99.99))),
            ("host_jitter_max_ns", Double(gaps.maxNs)),
            ("host_answer_p999_ns", Double(asked.percentile(99.9))),
            ("host_away_share", Double(awayNs) / Double(watchedNs)),
        ]
    }
}
