import Foundation

/// The table for people. Its rows come as they are measured, so that a run that is ended leaves those it has.
package struct ReportTable {
    package init() {}

    /// The columns of numbers, each with its width.
    private static let columns = [
        ("p50", 9), ("p90", 9), ("p99", 9), ("p99.9", 9), ("p99.99", 9), ("max", 9), ("n", 11),
        ("retries", 8), ("measured", 10), ("goal", 10), ("pass", 5),
    ]

    /// What stands above the rows.
    package func header(_ machine: Machine) -> String {
        let names = Self.columns.map { Self.right($0.0, $0.1) }.joined()
        return machine.line + "\nTimes in ns where no unit is given.\n\n" + Self.left("goal", 18) + names
            + "  what\n"
    }

    /// A row for each bound.
    package func rows(_ goals: [Goal]) -> String {
        goals.map { row($0) + "\n" + dueRow($0) }.joined()
    }

    /// Under a bound whose load comes at a fixed rate: the same times from when each was due.
    private func dueRow(_ goal: Goal) -> String {
        guard let cells = Self.dueCells(goal) else { return "" }
        return Self.left("  from due", 18)
            + zip(cells, Self.columns).map { Self.right($0, $1.1) }.joined()
            + "  the same, from when it was due\n"
    }

    /// The percentiles, maximum and count of the times from when they were due; nil where nothing is due.
    package static func dueCells(_ goal: Goal) -> [String]? {
        goal.series.first { $0.name.hasSuffix("_from_due") }.map { percentileCells($0.histogram) }
    }

    private static func percentileCells(_ times: LatencyHistogram) -> [String] {
        BenchReport.percentiles.map { time(Double(times.reported($0.1))) }
            + [time(Double(times.maxNs)), String(times.count)]
    }

    private func row(_ goal: Goal) -> String {
        let text = zip(Self.cells(goal), Self.columns).map { Self.right($0, $1.1) }.joined()
        return Self.left(goal.id, 18) + text + "  " + goal.title + (goal.isNoisy ? " [noisy]" : "")
    }

    /// A bound's numbers, from p50 to pass.
    package static func cells(_ goal: Goal) -> [String] {
        var cells: [String] = []
        if let times = goal.series.first?.histogram, times.count > 0 {
            cells = percentileCells(times)
        } else {
            let middle = ["ns", "ns_per_fill", "one_way_p50_ns"].lazy.compactMap { goal.figure($0) }.first
            cells = [middle.map(time) ?? "-", "-", "-", "-", "-", "-", String(goal.samples)]
        }
        cells.append(goal.figure("retries").map { String(Int($0)) } ?? "-")
        cells.append(figure(goal.value))
        cells.append((goal.direction == .atMost ? "<=" : ">=") + " " + figure(goal.goal))
        cells.append(goal.passes ? "yes" : "NO")
        return cells
    }

    /// What stands below the rows: what misses its goal, or that nothing does, what is noisy, and whether something was
    /// not measured at all.
    package func footer(_ results: [GoalResult], isPartial: Bool = false) -> String {
        let missed = results.flatMap(\.parts).filter { !$0.passes }
        let noisy = results.flatMap(\.parts).filter(\.isNoisy)
        var lines = [""]
        if results.isEmpty {
            lines.append("Nothing was measured.")
        } else if missed.isEmpty {
            lines.append("All \(results.count) goals that were measured hold.")
        } else {
            lines.append("Missed:")
            lines += missed.map {
                "  \($0.id): \(Self.figure($0.value)), goal \($0.direction == .atMost ? "<=" : ">=") "
                    + "\(Self.figure($0.goal)): \($0.title)"
            }
        }
        if !noisy.isEmpty {
            lines.append(
                "Noisy (the machine was uneven, or there were fewer than 5 repetitions): "
                    + noisy.map(\.id).joined(separator: ", "))
        }
        if isPartial { lines.append("Not complete: a benchmark failed, or the run was ended.") }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: - Cells

    /// A time of ns, in at most eight characters.
    package static func time(_ ns: Double) -> String {
        switch ns {
        case ..<100: String(format: "%.1f", ns)
        case ..<100_000: String(format: "%.0f", ns)
        case ..<10_000_000: String(format: "%.0fus", ns / 1e3)
        case ..<10_000_000_000: String(format: "%.0fms", ns / 1e6)
        default: String(format: "%.0fs", ns / 1e9)
        }
    }

    /// A ratio or a rate, in at most eight characters.
    package static func figure(_ value: Double) -> String {
        switch abs(value) {
        case 0: "0"
        case ..<100: String(format: "%.3f", value)
        case ..<100_000: String(format: "%.0f", value)
        case ..<1e8: String(format: "%.2fM", value / 1e6)
        default: String(format: "%.3g", value)
        }
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
