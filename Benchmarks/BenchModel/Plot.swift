import Foundation

/// One plot of a report: what it shows, and what gnuplot is told.
struct Plot {
    /// For files.
    var name: String
    var title: String
    /// The goal under which it stands.
    var group: String
    /// Below the plot, for people.
    var caption: String
    /// Columns of numbers, a file each.
    var data: [(file: String, text: String)]
    /// Axes, and the `plot` command.
    var commands: [String]

    /// All plots of these goals, in their order.
    static func all(_ goals: [Goal]) -> [Plot] {
        goals.flatMap { goal in goal.series.isEmpty ? [] : [percentiles(goal), moments(goal)] }
            + curves(goals)
    }

    // MARK: - Times one by one

    /// Percentiles from 0 to as near to 100 as there are times for, each nine as wide as the one before.
    private static func percentiles(_ goal: Goal) -> Plot {
        var data: [(file: String, text: String)] = []
        var lines: [String] = []
        for (number, series) in goal.series.enumerated() {
            let levels = series.histogram.levels.filter { $0.share < 1 }
            let rows = levels.map {
                "\(1 / (1 - $0.share)) \(max(1, min($0.timeNs, series.histogram.maxNs)))"
            }
            let file = "\(file(goal.id))-percentiles-\(number).dat"
            data.append((file, rows.joined(separator: "\n") + "\n"))
            lines.append(
                "'data/\(file)' using 1:2 with lines lw 2 lc \(number + 1) title '\(label(series.name))'")
        }
        let most = goal.series.map { Double($0.histogram.count) }.max() ?? 1
        var ticks = ["'0 %' 1", "'50 %' 2"]
        var (nines, name) = (10.0, "90 %")
        while nines <= max(most, 10) {
            ticks.append("'\(name)' \(Int(nines))")
            name = nines == 10 ? "99 %" : nines == 100 ? "99.9 %" : name.replacing(" %", with: "9 %")
            nines *= 10
        }
        return Plot(
            name: "\(file(goal.id))-percentiles", title: "\(goal.id): percentiles", group: goal.group,
            caption: "\(goal.id): how long the given share of all took at most.", data: data,
            commands: [
                "set logscale xy", "set xlabel 'share of the times'", "set ylabel 'ns'",
                "set xtics (\(ticks.joined(separator: ", ").replacing("%", with: "%%")))", "set xrange [1:*]",
                "set key outside right top",
                "plot \(lines.joined(separator: ", \\\n     "))",
            ])
    }

    /// How the first two kinds of times went over the run: the median of each piece, and its longest.
    private static func moments(_ goal: Goal) -> Plot {
        var data: [(file: String, text: String)] = []
        var lines: [String] = []
        for (number, series) in goal.series.prefix(2).enumerated() {
            let rows = series.moments.map { "\($0.seconds) \(max(1, $0.p50Ns)) \(max(1, $0.maxNs))" }
            let file = "\(file(goal.id))-moments-\(number).dat"
            data.append((file, rows.joined(separator: "\n") + "\n"))
            let name = label(series.name)
            lines.append("'data/\(file)' using 1:2 with lines lw 2 lc \(number + 1) title '\(name), median'")
            lines.append(
                "'data/\(file)' using 1:3 with points pt 7 ps 0.4 lc \(number + 1) title '\(name), longest'")
        }
        return Plot(
            name: "\(file(goal.id))-moments", title: "\(goal.id): over the run", group: goal.group,
            caption: "\(goal.id): the median and the longest of each piece of the run.", data: data,
            commands: [
                "set logscale y", "set xlabel 'seconds of the run'", "set ylabel 'ns'",
                "set key outside right top", "plot \(lines.joined(separator: ", \\\n     "))",
            ])
    }

    // MARK: - Scaling

    /// Curves over the same kind of size share a plot.
    private static func curves(_ goals: [Goal]) -> [Plot] {
        let curves = goals.flatMap { goal in goal.curves.map { (group: goal.group, curve: $0) } }
        var units: [String] = []
        for (_, curve) in curves where !units.contains(curve.xUnit) { units.append(curve.xUnit) }
        return units.map { unit in
            let shared = curves.filter { $0.curve.xUnit == unit }
            let name = "scaling-" + file(unit.replacing(" ", with: "-"))
            var data: [(file: String, text: String)] = []
            var lines: [String] = []
            for (number, (_, curve)) in shared.enumerated() {
                let rows = curve.points.map { "\($0.x) \($0.y) \($0.low) \($0.high)" }
                let file = "\(name)-\(number).dat"
                data.append((file, rows.joined(separator: "\n") + "\n"))
                lines.append(
                    "'data/\(file)' using 1:2:3:4 with yerrorlines lw 2 pt 7 ps 0.5 lc \(number + 1) "
                        + "title '\(label(curve.name))'")
            }
            return Plot(
                name: name, title: "by \(unit)", group: shared[0].group,
                caption: "Medians of the repetitions with the lowest and the highest, by \(unit).",
                data: data,
                commands: [
                    "set logscale x", "set yrange [0:*]", "set xlabel '\(unit)'",
                    "set ylabel '\(shared[0].curve.yUnit)'",
                    "set key outside right top", "set offsets graph 0.05, graph 0.05, graph 0.1, 0",
                    "plot \(lines.joined(separator: ", \\\n     "))",
                ])
        }
    }

    // MARK: - Words

    /// Letters, digits and dashes only.
    private static func file(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" })
    }

    private static func label(_ text: String) -> String {
        text.replacing("_", with: " ").replacing("'", with: "")
    }

    /// What gnuplot is told, for both forms. Paths are relative to the report's folder.
    var script: String {
        let common = """
            set grid lt 1 lw 1 lc rgb '#dddddd'
            set border 3 lc rgb '#666666'
            set tics nomirror textcolor rgb '#333333'
            set format y '%.0s%c'
            set linetype 1 lc rgb '#1b6ca8'
            set linetype 2 lc rgb '#d1495b'
            set linetype 3 lc rgb '#66a182'
            set linetype 4 lc rgb '#edae49'
            set linetype 5 lc rgb '#5e548e'
            set title '\(Self.label(title))'
            \(commands.joined(separator: "\n"))
            """
        return """
            set terminal svg size 900,400 dynamic font 'sans-serif,13' name '\(name.replacing("-", with: "_"))' background rgb 'white'
            set output 'plots/\(name).svg'
            \(common)
            set output
            set terminal pngcairo size 1350,600 font 'sans,13'
            set output 'plots/\(name).png'
            replot
            set output

            """
    }
}
