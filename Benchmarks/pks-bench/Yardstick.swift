import CLimits

/// How even this machine is right now: one cache line back and forth between two cores.
struct Yardstick {
    /// One way, ns.
    var p50Ns: Double
    var p99Ns: Double

    /// Above this ratio a run is repeated, and then reported as noisy.
    static var ratioMax: Double { 2 }

    var isEven: Bool { p99Ns / p50Ns <= Self.ratioMax }

    /// Nil when this process may use one core only.
    static func measure() -> Yardstick? {
        var result = limit_ping_pong_result()
        // SAFETY: the result lives for the call.
        guard unsafe limit_ping_pong(200_000, &result) == 0 else { return nil }
        return Yardstick(p50Ns: result.p50_ns, p99Ns: result.p99_ns)
    }
}

/// Runs a benchmark between two looks at the yardstick, up to three times, until the machine was even
/// before and after; the last run counts, marked noisy if it never was. With too few repetitions for a claim
/// it runs once and is marked noisy, because nobody looked.
func measuredOnEvenMachine(
    _ progress: Progress, repetitions: Int, _ run: () throws -> [Goal]
) rethrows -> [Goal] {
    var goals: [Goal] = []
    if repetitions < 5 {
        goals = try run()
        for index in goals.indices { goals[index].isNoisy = true }
        return goals
    }
    for attempt in 1...3 {
        let before = Yardstick.measure()
        goals = try run()
        let after = Yardstick.measure()
        let isEven = (before?.isEven ?? false) && (after?.isEven ?? false)
        for index in goals.indices {
            goals[index].isNoisy = !isEven
            if let before, let after {
                goals[index].detail.append(("ping_pong_p50_ns", (before.p50Ns + after.p50Ns) / 2))
                goals[index].detail.append(
                    ("ping_pong_p99_over_p50", max(before.p99Ns / before.p50Ns, after.p99Ns / after.p50Ns)))
            }
        }
        if isEven { break }
        progress.say("the machine is uneven (attempt \(attempt) of 3)")
    }
    return goals
}
