/// How the cost of one operation changes with the size of something.
package struct ScalingCurve: Sendable {
    /// "keys", "lots_fifo": a name for files.
    package var name: String
    /// What it shows, for people.
    package var title: String
    /// What x counts.
    package var xUnit: String
    /// What y is in: "ns a fill".
    package var yUnit: String
    package var points: [Point]

    /// One size.
    package struct Point: Sendable {
        package var x: Double
        /// The median of the repetitions, and their extremes.
        package var y: Double
        package var low: Double
        package var high: Double
        /// Other figures of that size, in the units their names end with.
        package var detail: [(name: String, value: Double)]

        /// The point of these repetitions; there must be one.
        package init(x: Double, repetitions: [Double], detail: [(name: String, value: Double)] = []) {
            self.x = x
            self.detail = detail
            y = Statistics.median(repetitions)
            low = repetitions.min() ?? 0
            high = repetitions.max() ?? 0
        }
    }

    package init(name: String, title: String, xUnit: String, yUnit: String, points: [Point]) {
        (self.name, self.title, self.xUnit, self.yUnit, self.points) = (name, title, xUnit, yUnit, points)
    }

    /// The power of x with which y grows: 0 for what stays the same, 1 for what is proportional to the size.
    package var growthExponent: Double { Statistics.growthExponent(points.map { ($0.x, $0.y) }) }
}
