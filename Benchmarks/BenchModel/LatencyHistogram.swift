/// Counts of times in ns, from 1 ns to an hour, each kept to three significant digits.
///
/// The buckets are those of Gil Tene's HdrHistogram (hdrhistogram.org): below 2,048 ns each value has a place of its
/// own; above, each doubling has 1,024 places. So recording costs a shift and an addition, the memory is fixed
/// (264 KiB), and histograms of many runs add up without loss. What is in this room: counting and percentiles. What
/// stays out: clocks, and what the times are of.
///
/// A value type of one thread at a time. Recording allocates nothing after the first record.
package struct LatencyHistogram: Equatable, Sendable {
    /// The largest time that is told apart, an hour. Longer ones count as this, and in `saturatedCount`.
    package static let highestNs: Int64 = 3_600_000_000_000
    /// Three significant digits need two thousand places; the next power of two.
    static let placesLog2 = 11
    static let placeCount = 1 << placesLog2
    static let halfCount = placeCount / 2
    /// So many doublings of 2,048 reach past the highest.
    package static let bucketCount = 32

    /// How many times were recorded.
    package private(set) var count: UInt64 = 0
    /// The shortest and the longest as they were, not rounded; 0 when there are none.
    package private(set) var minNs: Int64 = 0
    package private(set) var maxNs: Int64 = 0
    /// How many were longer than `highestNs`.
    package private(set) var saturatedCount: UInt64 = 0
    private var counts = [UInt64](repeating: 0, count: (bucketCount + 1) * halfCount)

    /// Without any times.
    package init() {}

    /// Of these times, ns.
    package init(_ timesNs: some Sequence<Int64>) {
        for time in timesNs { record(time) }
    }

    /// Counts one time, `times` times. Less than nothing counts as nothing.
    package mutating func record(_ timeNs: Int64, times: UInt64 = 1) {
        guard times > 0 else { return }
        if timeNs > Self.highestNs { saturatedCount += times }
        let value = min(max(timeNs, 0), Self.highestNs)
        minNs = count == 0 ? value : min(minNs, value)
        maxNs = max(maxNs, value)
        counts[Self.place(of: value)] += times
        count += times
    }

    /// Counts one time of a loop that meant to take one every `intervalNs` and could not while it waited: the ones
    /// that it left out count as well, each shorter by one interval (correction of coordinated omission).
    package mutating func record(_ timeNs: Int64, expectedEveryNs intervalNs: Int64) {
        record(timeNs)
        guard intervalNs > 0 else { return }
        var missing = min(timeNs, Self.highestNs) - intervalNs
        while missing >= intervalNs {
            record(missing)
            missing -= intervalNs
        }
    }

    /// Adds the times of another.
    package mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        minNs = count == 0 ? other.minNs : min(minNs, other.minNs)
        maxNs = max(maxNs, other.maxNs)
        count += other.count
        saturatedCount += other.saturatedCount
        for place in counts.indices { counts[place] += other.counts[place] }
    }

    // MARK: - Places

    /// Where a time of 0...highestNs is counted.
    static func place(of value: Int64) -> Int {
        let bucket = 64 - (value | Int64(placeCount - 1)).leadingZeroBitCount - placesLog2
        return (bucket + 1) * halfCount + Int(value >> Int64(bucket)) - halfCount
    }

    /// The times that are counted at a place: they are told apart by nothing.
    static func range(of place: Int) -> ClosedRange<Int64> {
        let bucket = max(0, place / halfCount - 1)
        let within = place < placeCount ? place : place % halfCount + halfCount
        let low = Int64(within) << Int64(bucket)
        return low...low + (1 << Int64(bucket)) - 1
    }

    // MARK: - What they say

    /// The time below or at which `percent` (0...100) of the times lie: the longest that is told apart from no
    /// other there; at 0 % the shortest that is told apart from no other. 0 without times.
    package func percentile(_ percent: Double) -> Int64 {
        let share = min(max(percent, 0), 100) * Double(count) / 100
        let wanted = max(UInt64(share + 0.5), 1)
        var seen: UInt64 = 0
        for place in counts.indices where counts[place] > 0 {
            seen += counts[place]
            guard seen >= wanted else { continue }
            return percent > 0 ? Self.range(of: place).upperBound : Self.range(of: place).lowerBound
        }
        return 0
    }

    /// The same for people, who wonder about percentiles above the longest time.
    package func reported(_ percent: Double) -> Int64 { min(percentile(percent), maxNs) }

    /// The mean, each time taken as the middle of its place. 0 without times.
    package var meanNs: Double {
        guard count > 0 else { return 0 }
        return places.reduce(0) { $0 + Double($1.count) * Self.middle($1.times) } / Double(count)
    }

    /// The standard deviation, likewise.
    package var deviationNs: Double {
        guard count > 0 else { return 0 }
        let mean = meanNs
        let sum = places.reduce(0) { sum, place in
            let distance = Self.middle(place.times) - mean
            return sum + distance * distance * Double(place.count)
        }
        return (sum / Double(count)).squareRoot()
    }

    private static func middle(_ times: ClosedRange<Int64>) -> Double {
        Double(times.lowerBound + (times.upperBound - times.lowerBound + 1) / 2)
    }

    /// The places with times, from the shortest.
    package var places: some Sequence<(times: ClosedRange<Int64>, count: UInt64)> {
        counts.indices.lazy.filter { counts[$0] > 0 }.map { (Self.range(of: $0), counts[$0]) }
    }
}
