import Foundation

/// The page of a report: one file that needs no other.
struct ReportPage {
    let report: BenchReport
    let plots: [Plot]
    /// The drawings by the names of their plots.
    let drawn: [String: String]
    /// Why drawings are missing.
    let trouble: String?

    var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>pks: latency report</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <h1>pks: latency report</h1>
        \(verdict)
        \(table)
        \(report.results.map(section).joined(separator: "\n"))
        \(machine)
        </body>
        </html>

        """
    }

    private static let style = """
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem;
               color: #222; background: #fff }
        h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
        table { border-collapse: collapse; margin: 1rem 0; font-size: 13px }
        th, td { padding: .25rem .6rem; border-bottom: 1px solid #e2e2e2; text-align: right; white-space: nowrap }
        th { background: #f4f4f4 } td.text, th.text { text-align: left; white-space: normal }
        tr.missed { background: #fdecec } .noisy { color: #96610a } .wide { overflow-x: auto }
        figure { margin: 1rem 0 } figcaption { color: #555; font-size: 13px } svg { max-width: 100%; height: auto }
        """

    // MARK: - Above

    private var verdict: String {
        let missed = report.goals.filter { !$0.passes }
        var texts: [String] = []
        if report.isPartial {
            texts.append("<p><b>This run was ended before all of it was measured.</b></p>")
        }
        if missed.isEmpty {
            texts.append("<p>All \(report.results.count) goals that were measured hold.</p>")
        } else {
            let items = missed.map { goal in
                "<li><b>\(escaped(goal.id))</b>: \(ReportTable.figure(goal.value)), goal "
                    + "\(bound(goal)): \(escaped(goal.title))</li>"
            }
            texts.append("<p>Missed:</p><ul>\(items.joined())</ul>")
        }
        if report.goals.contains(where: \.isNoisy) {
            texts.append(
                "<p class=\"noisy\">Figures marked as noisy were taken on an uneven machine, or with fewer than five "
                    + "repetitions: they say little.</p>")
        }
        if let trouble { texts.append("<p><b>Plots are missing:</b> \(escaped(trouble)).</p>") }
        return texts.joined(separator: "\n")
    }

    private func dueRow(_ goal: Goal) -> String {
        guard let cells = ReportTable.dueCells(goal) else { return "" }
        let texts = cells.map { "<td>\(escaped($0))</td>" }.joined()
        return "<tr><td class=\"text\">from due</td>\(texts)<td colspan=\"4\"></td>"
            + "<td class=\"text\">the same, from when it was due</td></tr>"
    }

    private var table: String {
        let names = [
            "p50", "p90", "p99", "p99.9", "p99.99", "max", "n", "retries", "measured", "goal", "pass",
        ]
        let rows = report.goals.map { goal -> String in
            let cells = ReportTable.cells(goal).map { "<td>\(escaped($0))</td>" }.joined()
            let note = goal.isNoisy ? " <span class=\"noisy\">noisy</span>" : ""
            return
                "<tr\(goal.passes ? "" : " class=\"missed\"")><td class=\"text\">\(escaped(goal.id))</td>\(cells)"
                + "<td class=\"text\">\(escaped(goal.title))\(note)</td></tr>"
                + dueRow(goal)
        }
        return """
            <p>Times in ns where no unit is given. A goal is of the column "measured": a ratio to the limit that was
            measured in the same run, unless its title says otherwise.</p>
            <div class="wide"><table><tr><th class="text">goal</th>\(names.map { "<th>\($0)</th>" }.joined())
            <th class="text">what</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }

    private func bound(_ goal: Goal) -> String {
        (goal.direction == .atMost ? "at most " : "at least ") + ReportTable.figure(goal.goal)
    }

    // MARK: - A goal

    private func section(_ result: GoalResult) -> String {
        let figures = plots.filter { $0.group == result.id }.compactMap { plot in
            drawn[plot.name].map {
                "<figure>\($0)<figcaption>\(escaped(plot.caption)) <a href=\"plots/\(plot.name).png\">PNG</a>"
                    + "</figcaption></figure>"
            }
        }
        return """
            <h2 id="\(escaped(result.id))">\(escaped(result.id))</h2>
            \(result.parts.map(details).joined(separator: "\n"))
            \(figures.joined(separator: "\n"))
            """
    }

    private func details(_ goal: Goal) -> String {
        let spread = goal.repetitions.map(ReportTable.figure).joined(separator: ", ")
        let rows = goal.detail.map { name, value in
            "<tr><td class=\"text\">\(escaped(name))</td><td>\(String(format: "%.6g", value))</td></tr>"
        }
        return """
            <p><b>\(escaped(goal.id))</b>: \(escaped(goal.title)). Measured \(ReportTable.figure(goal.value)), goal
            \(bound(goal)): \(goal.passes ? "holds" : "missed"). Repetitions: \(spread).</p>
            <details><summary>Figures</summary><table>\(rows.joined())</table></details>
            """
    }

    private var machine: String {
        let rows = report.machine.lines.map { name, text in
            let name = name.replacing("_", with: " ")
            return "<tr><td class=\"text\">\(escaped(name))</td><td class=\"text\">\(escaped(text))</td></tr>"
        }
        return "<h2>Machine</h2>\n<table>\(rows.joined(separator: "\n"))</table>"
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
