/// Times of one kind, sorted.
struct Distribution {
    private let sorted: [UInt64]

    init(_ samples: [UInt64]) {
        precondition(!samples.isEmpty)
        sorted = samples.sorted()
    }

    var count: Int { sorted.count }
    var min: Double { Double(sorted[0]) }
    var max: Double { Double(sorted[sorted.count - 1]) }
    var p50: Double { quantile(0.5) }
    var p90: Double { quantile(0.9) }
    var p99: Double { quantile(0.99) }
    var p999: Double { quantile(0.999) }

    /// The value below which `part` of the samples lie. Many clocks move in steps of ten ns or so; equal
    /// samples are therefore taken as spread evenly over the width of their step, as with any grouped data.
    func quantile(_ part: Double) -> Double {
        let rank = part * Double(sorted.count)
        let at = sorted[Swift.min(Int(rank), sorted.count - 1)]
        let (first, end) = (lowerBound(at), lowerBound(at + 1))
        let below = first > 0 ? Double(sorted[first - 1]) : Double(at)
        let above = end < sorted.count ? Double(sorted[end]) : Double(at)
        let (low, high) = ((below + Double(at)) / 2, (above + Double(at)) / 2)
        return low + (rank - Double(first)) / Double(end - first) * (high - low)
    }

    /// How many samples are less than `value`.
    private func lowerBound(_ value: UInt64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// As figures of a report, each divided by `share` (2 for the one way of a round trip) after `clockNs`,
    /// what reading the clock costs, is taken off.
    func figures(_ name: String, clockNs: Double, share: Double = 1) -> [(name: String, value: Double)] {
        func net(_ value: Double) -> Double { (value - clockNs) / share }
        return [
            ("\(name)_min_ns", net(min)), ("\(name)_p50_ns", net(p50)), ("\(name)_p99_ns", net(p99)),
            ("\(name)_p999_ns", net(p999)), ("\(name)_max_ns", net(max)), ("\(name)_samples", Double(count)),
        ]
    }
}
