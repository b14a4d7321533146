import BenchModel
import Foundation
import TestSupport
import Testing

@Suite struct LatencyHistogramTests {
    @Test func itAgreesWithHdrHistogramOnEveryCase() throws {
        let oracle = try Oracle.read()
        #expect(oracle.cases.count == 7)
        for one in oracle.cases {
            let histogram = one.histogram
            #expect(histogram.count == one.count, "\(one.name)")
            for pair in one.percentiles {
                #expect(histogram.percentile(pair[0]) == Int64(pair[1]), "\(one.name), \(pair[0]) %")
            }
            #expect(abs(histogram.meanNs - one.mean) <= 1e-9 * one.mean, "\(one.name)")
            #expect(abs(histogram.deviationNs - one.deviation) <= 1e-9 * (1 + one.deviation), "\(one.name)")
        }
    }

    @Test func itsTextIsThatOfHdrHistogram() throws {
        for one in try Oracle.read().cases {
            #expect(one.histogram.text == one.hgrm, "\(one.name)")
        }
    }

    /// Times that are counted at one place differ by less than one in a thousand, and each time has its place.
    @Test(arguments: [UInt64(1), 2, 3])
    func threeDigitsOfEveryTimeAreKept(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            let doublings = Int64.random(in: 0...41, using: &random)
            let time = min(Int64.random(in: 0...(1 << doublings), using: &random), LatencyHistogram.highestNs)
            var histogram = LatencyHistogram()
            histogram.record(time)
            let read = histogram.percentile(50)
            #expect(read >= time && Double(read - time) <= Double(time) / 1000, "seed \(seed), time \(time)")
            #expect(histogram.minNs == time && histogram.maxNs == time, "seed \(seed)")
        }
    }

    /// A percentile is the time at that rank of the sorted times, to three digits.
    @Test(arguments: [UInt64(4), 5])
    func percentilesAreRanks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let times = (0..<5_001).map { _ in Int64.random(in: 0...10_000_000, using: &random) }
        let histogram = LatencyHistogram(times)
        let sorted = times.sorted()
        for percent in [0.1, 5, 50, 90, 99, 99.9, 100] {
            let rank = max(1, Int(percent * Double(times.count) / 100 + 0.5))
            let (exact, read) = (sorted[rank - 1], histogram.percentile(percent))
            #expect(
                read >= exact && Double(read - exact) <= Double(exact) / 1000, "seed \(seed), \(percent) %")
        }
    }

    @Test(arguments: [UInt64(6), 7])
    func addingHistogramsIsCountingAllTimesInOne(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let times = (0..<4_000).map { _ in Int64.random(in: 0...100_000_000, using: &random) }
        var sum = LatencyHistogram(times[..<1000])
        sum.add(LatencyHistogram(times[1000...]))
        sum.add(LatencyHistogram())
        let isSame = sum == LatencyHistogram(times)
        #expect(isSame, "seed \(seed)")
    }

    @Test func aStallCountsForAllThatItKeptFromBeingAsked() {
        var histogram = LatencyHistogram()
        // Asked every 100; one answer took 1,000: those that would have been asked meanwhile had 900, 800, ... 100.
        histogram.record(1000, expectedEveryNs: 100)
        #expect(histogram.count == 10)
        #expect(histogram.minNs == 100 && histogram.maxNs == 1000)
        #expect(histogram.percentile(50) == 500)
        histogram.record(99, expectedEveryNs: 100)
        #expect(histogram.count == 11)
    }

    @Test func timesBeyondAnHourAndBelowNothingAreCountedAndSaid() {
        var histogram = LatencyHistogram()
        histogram.record(LatencyHistogram.highestNs + 1)
        histogram.record(-5)
        #expect(histogram.count == 2 && histogram.saturatedCount == 1)
        #expect(histogram.minNs == 0 && histogram.maxNs == LatencyHistogram.highestNs)
    }

    @Test func nothingIsSaidOfNoTimes() {
        let histogram = LatencyHistogram()
        #expect(histogram.percentile(99) == 0 && histogram.meanNs == 0 && histogram.deviationNs == 0)
        #expect(histogram.levels.isEmpty && histogram.count == 0)
    }

    @Test func aReportedPercentileIsNeverAboveTheLongestTime() {
        let histogram = LatencyHistogram([100, 21_180])
        #expect(histogram.percentile(99.99) == 21_183)
        #expect(histogram.reported(99.99) == 21_180)
    }
}

/// What hdrhistogram says of values that are made by a rule (scripts/bench-oracle.sh).
private struct Oracle: Decodable {
    struct Case: Decodable {
        let kind: String
        let seed: UInt64
        let values: Int
        let expectedEvery: Int64
        let count: UInt64
        let percentiles: [[Double]]
        let mean: Double
        let deviation: Double
        let hgrm: String

        var name: String { "\(kind), seed \(seed), \(values) values" }

        var histogram: LatencyHistogram {
            var random = SplitMix(state: seed)
            var histogram = LatencyHistogram()
            for _ in 0..<values {
                histogram.record(value(random.next()), expectedEveryNs: expectedEvery)
            }
            return histogram
        }

        private func value(_ bits: UInt64) -> Int64 {
            switch kind {
            case "small": Int64(bits % 3000)
            case "wide": min(Int64((bits >> 8) % (1 << (1 + bits % 42))), LatencyHistogram.highestNs)
            case "tail":
                (bits >> 32) & 1023 != 0 ? Int64(60 + bits % 30) : Int64(1_000_000 + bits % 50_000_000)
            default: Int64(1_000_000 * (1 + bits % 3))
            }
        }
    }

    let cases: [Case]

    static func read() throws -> Oracle {
        let url = try #require(
            Bundle.module.url(forResource: "hdrhistogram", withExtension: "json", subdirectory: "Fixtures"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Oracle.self, from: Data(contentsOf: url))
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
