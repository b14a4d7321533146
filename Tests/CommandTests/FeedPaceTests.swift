import CSeqlock
import Testing

@testable import PksCommand

/// When fills are due, and how their lag is told.
@Suite struct FeedPaceTests {
    @Test func `Fill i of a rate is due i/N seconds after the first, to the nanosecond and for days`() {
        for rate in [1, 3, 7, 200_000, 100_000_000] {
            var pace = FeedPace(.rate(rate))
            guard let first = pace.dueNs(index: 0, eventNs: 9) else {
                Issue.record("a rate has due times")
                return
            }
            for index in [UInt64(1), 2, 199_999, 200_000, 7_000_000_000] {
                let exact = Int64(Int128(index) * 1_000_000_000 / Int128(rate))
                #expect(pace.dueNs(index: index, eventNs: 0) == first + exact)
            }
        }
        var unpaced = FeedPace(.unpaced)
        #expect(unpaced.dueNs(index: 5, eventNs: 5) == nil)
    }

    @Test func `Event times are due by their distance from the first, and never run back`() {
        var pace = FeedPace(.speed(2))
        guard let first = pace.dueNs(index: 0, eventNs: 1000) else {
            Issue.record("a speed has due times")
            return
        }
        #expect(pace.dueNs(index: 1, eventNs: 3000) == first + 1000)
        #expect(pace.dueNs(index: 2, eventNs: 2000) == first + 1000)
        #expect(pace.dueNs(index: 3, eventNs: Int64.min) == first + 1000)
        #expect(pace.dueNs(index: 4, eventNs: 5000) == first + 2000)
    }

    @Test func `A quantile of lags is at most a thirty-second too high, and never above the highest`() {
        var lags = LagHistogram()
        #expect(lags.quantileNs(0.99) == 0)
        for ns in 0..<100_000 { lags.add(Int64(ns) * 37) }
        for fraction in [0.01, 0.5, 0.99] {
            let exact = 3_700_000 * fraction
            let told = Double(lags.quantileNs(fraction))
            #expect(told >= exact - 37 && told <= exact * (1 + 1.0 / 32) + 37, "\(fraction): \(told)")
        }
        lags.add(-5)
        lags.add(Int64.max)
        #expect(lags.maxNs == Int64.max && lags.quantileNs(1) == Int64.max && lags.count == 100_002)
    }
}
