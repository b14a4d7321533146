import BenchModel

/// The points of a scaling curve as they are measured, and the goal that they make: how fast it grows.
struct CurveRuns {
    let name: String
    let title: String
    let xUnit: String
    let yUnit: String
    private var points: [(x: Double, ys: [Double], detail: [(name: String, value: Double)])] = []
    private var isNoisy = false
    private var repeated = 0.0

    /// Above this power of the size a curve is no longer called flat. What is proportional to its size has 1, its
    /// root 0.5; memory that leaves one cache after the other adds up to 0.2 over five decades.
    static var exponentMax: Double { 0.3 }

    /// The same between two neighbouring sizes, where one cache may end: what is flat and then proportional has close to 1.
    static var stepMax: Double { 0.5 }

    init(_ name: String, _ title: String, xUnit: String, yUnit: String) {
        (self.name, self.title, self.xUnit, self.yUnit) = (name, title, xUnit, yUnit)
    }

    /// Adds a size. `memoryNs` is what one access to as much memory costs, where that was measured.
    mutating func add<Sample>(
        _ x: Int, _ runs: GuardedRuns<Sample>, memoryNs: ((Sample) -> Double)? = nil,
        detail: [(name: String, value: Double)] = [], y: (Sample) -> Double
    ) {
        let ys = runs.samples.map(y)
        var detail = detail
        if let memoryNs {
            let access = runs.median(memoryNs)
            let first = points.first.map { Statistics.median($0.ys) } ?? Statistics.median(ys)
            detail.append(("memory_access_ns", access))
            detail.append(("more_than_first_in_accesses", (Statistics.median(ys) - first) / access))
        }
        points.append((Double(x), ys, detail))
        isNoisy = isNoisy || runs.isNoisy
        repeated += Double(runs.repeated)
    }

    var curve: ScalingCurve {
        ScalingCurve(
            name: name, title: title, xUnit: xUnit, yUnit: yUnit,
            points: points.map { ScalingCurve.Point(x: $0.x, repetitions: $0.ys, detail: $0.detail) })
    }

    /// The power between the two neighbouring sizes where it is steepest, of the fastest repetition of each: one burst of the
    /// host at one size is no step, and what really grows does so in the fastest as well.
    var steepestStep: Double { Statistics.steepestStep(curve.points.map { ($0.x, $0.low) }) }

    /// The bound of its growth: one exponent of each repetition of all sizes.
    var goal: Goal {
        let count = points.map(\.ys.count).min() ?? 0
        let exponents = (0..<count).map { number in
            Statistics.growthExponent(points.map { ($0.x, $0.ys[number]) })
        }
        let curve = curve
        var goal = Goal(
            id: "P8.\(name)", title: "\(title): power of the size with which \(yUnit) grows",
            repetitions: exponents, goal: Self.exponentMax, isNoisy: isNoisy,
            detail: [
                ("steepest_step", steepestStep), ("first_ns", curve.points.first?.y ?? 0),
                ("last_ns", curve.points.last?.y ?? 0),
                ("largest_size", curve.points.last?.x ?? 0), ("repeated", repeated),
            ])
        goal.curves = [curve]
        return goal
    }
}
