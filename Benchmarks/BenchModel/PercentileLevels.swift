import Foundation

/// One line of a percentile distribution.
package struct PercentileLevel: Equatable, Sendable {
    /// 0...1.
    package var share: Double
    /// This many times are at most `timeNs`.
    package var count: UInt64
    package var timeNs: Int64
}

extension LatencyHistogram {
    /// The distribution in steps that halve with the distance to 100 %, five a half; the last is 100 %. Empty without
    /// times.
    package var levels: [PercentileLevel] {
        guard count > 0 else { return [] }
        var levels: [PercentileLevel] = []
        var (percent, seen, longest) = (0.0, UInt64(0), Int64(0))
        for place in places {
            seen += place.count
            longest = place.times.upperBound
            while 100 * Double(seen) / Double(count) >= percent {
                levels.append(PercentileLevel(share: percent / 100, count: seen, timeNs: longest))
                let halves = (log(100 / (100 - percent)) / log(2)) + 1
                percent += 100 / (5 * pow(2, halves))
                if seen == count { break }
            }
        }
        levels.append(PercentileLevel(share: 1, count: seen, timeNs: longest))
        return levels
    }

    /// The text that HdrHistogram's plotters read (.hgrm), in ns.
    package var text: String {
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        for level in levels {
            text += String(format: "%12.3f %2.12f %10llu", Double(level.timeNs), level.share, level.count)
            text += level.share < 1 ? String(format: " %14.2f\n", 1 / (1 - level.share)) : "\n"
        }
        let longest = count == 0 ? 0 : Self.range(of: Self.place(of: maxNs)).upperBound
        text += String(format: "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", meanNs, deviationNs)
        text += String(
            format: "#[Max     = %12.3f, TotalCount     = %12.3f]\n", Double(longest), Double(count))
        text += String(
            format: "#[Buckets = %12d, SubBuckets     = %12d]\n", Self.bucketCount, Self.placeCount)
        return text
    }
}
