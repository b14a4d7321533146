/// How late fills were sent, counted in buckets whose width is at most 1/32 of their value, so that a day of fills
/// takes as much memory as a second of them.
struct LagHistogram {
    private static let stepsBits = 5
    private var counts = [UInt64](repeating: 0, count: 64 << Self.stepsBits)
    private(set) var count: UInt64 = 0
    private(set) var maxNs: Int64 = 0

    /// Takes one lag; one below zero counts as none.
    mutating func add(_ lagNs: Int64) {
        let ns = max(0, lagNs)
        counts[Self.bucket(UInt64(ns))] += 1
        count += 1
        maxNs = max(maxNs, ns)
    }

    /// The lag that `fraction` of all fills did not exceed, to the upper end of its bucket and never above the
    /// highest; 0 when there are none.
    func quantileNs(_ fraction: Double) -> Int64 {
        let wanted = UInt64((Double(count) * fraction).rounded(.up))
        var seen: UInt64 = 0
        for bucket in counts.indices {
            seen += counts[bucket]
            if seen >= max(1, wanted) { return min(maxNs, Int64(clamping: Self.upperEnd(bucket))) }
        }
        return maxNs
    }

    /// Below 2^stepsBits each value has a bucket of its own; above, each power of two has 2^stepsBits of them.
    private static func bucket(_ ns: UInt64) -> Int {
        let shift = max(0, 63 - ns.leadingZeroBitCount - stepsBits)
        return shift << stepsBits + Int(ns >> UInt64(shift))
    }

    private static func upperEnd(_ bucket: Int) -> UInt64 {
        let shift = max(0, bucket >> stepsBits - 1)
        let step = UInt64(bucket - shift << stepsBits)
        return (step + 1) << UInt64(shift) - 1
    }
}
