import PositionText

/// One book as the model knows it.
struct BookState: Sendable {
    let name: String
    var health: BookHealth
    /// By slot; nil for slots whose key is not known.
    var rows: [RowState?] = []
    /// When a new writer took over, CLOCK_MONOTONIC ns; nil when none has since the monitor began.
    var restartedNs: Int64?
    private var samples: [(ns: Int64, fills: UInt64)] = []

    init(name: String, health: BookHealth) {
        self.name = name
        self.health = health
    }

    /// Fills a second over the last second or a little more; nil before two looks.
    var fillsPerSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.ns > first.ns else { return nil }
        return Double(last.fills - first.fills) * 1e9 / Double(last.ns - first.ns)
    }

    /// Takes the count of fills at a look into the rate.
    mutating func sample(_ fills: UInt64, nowNs: Int64) {
        // A count that went back is another life's.
        if let last = samples.last, fills < last.fills { samples.removeAll() }
        samples.append((nowNs, fills))
        while samples.count > 2, samples[1].ns <= nowNs - 1_000_000_000 { samples.removeFirst() }
        if samples.count > 64 { samples.removeFirst(samples.count - 64) }
    }

    mutating func forgetRate() { samples.removeAll() }
}
