import CLimits

/// How even this machine is right now: one cache line back and forth between two cores.
struct Yardstick {
    /// One way, ns.
    var p50Ns: Double
    var p99Ns: Double

    /// Above this ratio a repetition is done again, and in the end reported as noisy.
    static var ratioMax: Double { 2 }

    var unevenness: Double { p99Ns / p50Ns }
    var isEven: Bool { unevenness <= Self.ratioMax }

    /// Nil when this process may use one core only.
    static func measure() -> Yardstick? {
        var result = limit_ping_pong_result()
        // SAFETY: the result lives for the call.
        guard unsafe limit_ping_pong(50_000, &result) == 0 else { return nil }
        return Yardstick(p50Ns: result.p50_ns, p99Ns: result.p99_ns)
    }

    /// The one that says worse of the machine; nil when there is none of one.
    static func worse(_ one: Yardstick?, _ other: Yardstick?) -> Yardstick? {
        guard let one, let other else { return nil }
        return one.unevenness > other.unevenness ? one : other
    }
}
