/// One bound of the performance table: what was measured against which limit, and whether it holds.
package struct Goal: Sendable {
    /// Which side of the bound is good.
    package enum Direction: String, Sendable {
        case atMost = "at_most"
        case atLeast = "at_least"
    }

    /// "P1" ... of the design's table; further bounds of one goal have a suffix ("P7.single").
    package var id: String
    /// What is compared, for people.
    package var title: String
    /// The measured figure, the median of the repetitions.
    package var value: Double
    /// The bound of `value`.
    package var goal: Double
    package var direction = Direction.atMost
    /// The figure of each repetition: how far they lie apart is the noise of `value`.
    package var repetitions: [Double]
    /// How many repetitions were taken, or single looks where it says so.
    package var samples: Int
    /// The machine was uneven during the run, so that the figure says little.
    package var isNoisy: Bool
    /// Other figures of the same run, in the units their names end with.
    package var detail: [(name: String, value: Double)]
    /// Times one by one, where there are such.
    package var series: [LatencySeries] = []
    /// How it scales, where that was looked at.
    package var curves: [ScalingCurve] = []

    /// A goal whose value is the median of its repetitions.
    package init(
        id: String, title: String, repetitions: [Double], goal: Double, direction: Direction = .atMost,
        isNoisy: Bool, detail: [(name: String, value: Double)]
    ) {
        self.init(
            id: id, title: title, value: Statistics.median(repetitions), repetitions: repetitions, goal: goal,
            direction: direction, samples: repetitions.count, isNoisy: isNoisy, detail: detail)
    }

    /// A goal with a value of its own.
    package init(
        id: String, title: String, value: Double, repetitions: [Double], goal: Double,
        direction: Direction = .atMost, samples: Int, isNoisy: Bool,
        detail: [(name: String, value: Double)]
    ) {
        (self.id, self.title, self.value, self.repetitions) = (id, title, value, repetitions)
        (self.goal, self.direction, self.samples) = (goal, direction, samples)
        (self.isNoisy, self.detail) = (isNoisy, detail)
    }

    /// The same, of a run that is too short to say anything.
    package var asNoisy: Goal {
        var goal = self
        goal.isNoisy = true
        return goal
    }

    package var passes: Bool { direction == .atMost ? value <= goal : value >= goal }

    /// "P7" of "P7.single".
    package var group: String { String(id.prefix { $0 != "." }) }
    /// "single" of "P7.single"; nil for the first bound of a goal, which has no suffix.
    package var variant: String? { id.contains(".") ? String(id.drop { $0 != "." }.dropFirst()) : nil }

    /// A figure of `detail` by its name.
    package func figure(_ name: String) -> Double? { detail.first { $0.name == name }?.value }
}

/// All bounds of one goal of the table: the first is the headline, and it passes when all of them hold.
package struct GoalResult: Sendable {
    package var id: String
    /// At least one.
    package var parts: [Goal]

    package var headline: Goal { parts[0] }
    package var passes: Bool { parts.allSatisfy(\.passes) }
    package var isNoisy: Bool { parts.contains(where: \.isNoisy) }

    /// Groups bounds by their goal, in the order in which they come; the one without a suffix leads.
    package static func grouped(_ goals: [Goal]) -> [GoalResult] {
        var results: [GoalResult] = []
        for goal in goals {
            if let index = results.firstIndex(where: { $0.id == goal.group }) {
                let at = goal.variant == nil ? 0 : results[index].parts.count
                results[index].parts.insert(goal, at: at)
            } else {
                results.append(GoalResult(id: goal.group, parts: [goal]))
            }
        }
        return results
    }
}
