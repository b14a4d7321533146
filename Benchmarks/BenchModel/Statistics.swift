import Foundation

/// What is said of a few figures.
package enum Statistics {
    /// The middle one, or the mean of the two in the middle. There must be one.
    package static func median(_ values: [Double]) -> Double {
        precondition(!values.isEmpty)
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The power of x with which y grows: the slope of a straight line through the points on two logarithmic scales,
    /// by least squares. 0 for what stays the same, 1 for what is proportional. There must be two different x; all
    /// are above 0.
    package static func growthExponent(_ points: [(x: Double, y: Double)]) -> Double {
        precondition(Set(points.map(\.x)).count > 1 && points.allSatisfy { $0.x > 0 && $0.y > 0 })
        let logs = points.map { (x: log($0.x), y: log($0.y)) }
        let meanX = logs.reduce(0) { $0 + $1.x } / Double(logs.count)
        let meanY = logs.reduce(0) { $0 + $1.y } / Double(logs.count)
        let product = logs.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) }
        let square = logs.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
        return product / square
    }

    /// The same between each point and the next larger one: the steepest of them. What one line through all points
    /// would smooth over shows here. There must be two points; x grows.
    package static func steepestStep(_ points: [(x: Double, y: Double)]) -> Double {
        precondition(points.count > 1)
        return zip(points, points.dropFirst()).map { growthExponent([$0, $1]) }.max() ?? 0
    }
}
