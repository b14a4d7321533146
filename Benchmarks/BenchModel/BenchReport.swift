import Foundation

/// What a run measured, and on which machine; for programs as JSON.
package struct BenchReport: Sendable {
    /// The version of the JSON.
    package static let version = 1

    package var machine: Machine
    package var goals: [Goal]
    /// The run was ended before all of it was measured.
    package var isPartial = false

    package init(machine: Machine, goals: [Goal]) { (self.machine, self.goals) = (machine, goals) }

    package var results: [GoalResult] { GoalResult.grouped(goals) }

    /// `{"version", "machine", "goals": [{"id", "value", "goal", "pass", "noisy", "samples", "detail"}]}`, one goal
    /// for each of the table. `detail` has the figures of its headline by their names, `title`, `direction`
    /// ("at_most" or "at_least"), `repetitions`, `latency_ns`, `curves`, and under `variants` the same of its further
    /// bounds. A figure that is no number (a ratio to nothing) is null.
    package func json() throws -> String {
        let top: [String: Any] = [
            "version": Self.version, "machine": machine.fields, "partial": isPartial,
            "goals": results.map(Self.fields),
        ]
        let options: JSONSerialization.WritingOptions = [
            .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
        ]
        let data = try JSONSerialization.data(withJSONObject: top, options: options)
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private static func fields(_ result: GoalResult) -> [String: Any] {
        var detail = detail(result.headline)
        var variants: [String: Any] = [:]
        for part in result.parts.dropFirst() {
            var fields: [String: Any] = [
                "value": number(part.value), "goal": part.goal, "pass": part.passes, "noisy": part.isNoisy,
                "samples": part.samples,
            ]
            fields.merge(Self.detail(part)) { own, _ in own }
            variants[part.variant ?? part.id] = fields
        }
        detail["variants"] = variants
        detail["headline_pass"] = result.headline.passes
        detail["headline_noisy"] = result.headline.isNoisy
        return [
            "id": result.id, "value": number(result.headline.value), "goal": result.headline.goal,
            "pass": result.passes, "noisy": result.isNoisy, "samples": result.headline.samples,
            "detail": detail,
        ]
    }

    private static func detail(_ goal: Goal) -> [String: Any] {
        var fields: [String: Any] = [
            "title": goal.title, "direction": goal.direction.rawValue,
            "repetitions": goal.repetitions.map(number),
        ]
        for (name, value) in goal.detail { fields[name] = number(value) }
        if !goal.series.isEmpty {
            let series = goal.series.map { ($0.name, latency($0.histogram)) }
            fields["latency_ns"] = Dictionary(series) { first, _ in first }
        }
        if !goal.curves.isEmpty {
            fields["curves"] = Dictionary(goal.curves.map { ($0.name, curve($0)) }) { first, _ in first }
        }
        return fields
    }

    private static func latency(_ histogram: LatencyHistogram) -> [String: Any] {
        var fields: [String: Any] = [
            "n": histogram.count, "min": histogram.minNs, "max": histogram.maxNs, "mean": histogram.meanNs,
        ]
        for (name, percent) in percentiles { fields[name] = histogram.reported(percent) }
        return fields
    }

    /// The percentiles that are reported.
    package static let percentiles = [
        ("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99),
    ]

    private static func curve(_ curve: ScalingCurve) -> [String: Any] {
        let points: [[String: Any]] = curve.points.map { point in
            var fields: [String: Any] = [
                "x": point.x, "y": number(point.y), "low": number(point.low), "high": number(point.high),
            ]
            for (name, value) in point.detail { fields[name] = number(value) }
            return fields
        }
        return ["title": curve.title, "x_unit": curve.xUnit, "y_unit": curve.yUnit, "points": points]
    }

    private static func number(_ value: Double) -> Any { value.isFinite ? value : NSNull() }
}
