/// How long reads of slots took, in buckets of an eighth of an octave: constant memory however long the monitor
/// runs, and a percentile that is at most a tenth off.
struct ReadLatency: Sendable {
    private static let perOctave = 8
    private var counts = [UInt64](repeating: 0, count: 64 * ReadLatency.perOctave)
    private(set) var total: UInt64 = 0
    private(set) var maxNs: Int64 = 0

    mutating func add(_ ns: Int64) {
        let ns = max(0, ns)
        counts[Self.bucket(ns)] += 1
        total += 1
        maxNs = max(maxNs, ns)
    }

    /// The upper bound of the bucket that has the read which `share` (0...1) of all reads are not slower than; nil
    /// before the first read.
    func percentile(_ share: Double) -> Int64? {
        if total == 0 { return nil }
        let wanted = max(1, UInt64((Double(total) * share).rounded(.up)))
        var seen: UInt64 = 0
        for bucket in counts.indices {
            seen += counts[bucket]
            if seen >= wanted { return min(maxNs, Self.upperBound(bucket)) }
        }
        return maxNs
    }

    /// Values below 8 have a bucket each; above, the octave and the next three bits.
    static func bucket(_ ns: Int64) -> Int {
        if ns < perOctave { return Int(ns) }
        let octave = 63 - ns.leadingZeroBitCount
        return (octave - 2) * perOctave + Int(ns >> (octave - 3)) & (perOctave - 1)
    }

    static func upperBound(_ bucket: Int) -> Int64 {
        if bucket < perOctave { return Int64(bucket) }
        let octave = bucket / perOctave + 2
        let step = Int64(1) << (octave - 3)
        return (Int64(1) << octave) + Int64(bucket % perOctave) * step + (step - 1)
    }
}
