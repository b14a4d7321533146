/// One goal of the performance table: what was measured against which limit, and whether it holds.
struct Goal {
    /// "P1" ... of the design's table; parts of one goal have a suffix ("P1.read").
    var id: String
    /// What is compared, for people.
    var title: String
    /// The measured ratio, the median of the repetitions.
    var value: Double
    /// The bound that `value` must not exceed.
    var goal: Double
    /// How many repetitions were taken.
    var samples: Int
    /// The machine was uneven during the run, so that the figure says little.
    var isNoisy: Bool
    /// Other figures of the same run, in the units their names end with.
    var detail: [(name: String, value: Double)]
    /// Bounds of other kinds that must hold as well.
    var alsoHolds = true

    var passes: Bool { value <= goal && alsoHolds }
}

enum Statistics {
    static func median(_ values: [Double]) -> Double {
        precondition(!values.isEmpty)
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
