import Foundation

/// What changed between two reports of one machine beyond the noise of either.
///
/// A change is one where all repetitions of one report lie on one side of all of the other's and the medians differ
/// by more than 1 %. With five repetitions each, chance alone does that in two of 252 orders (the extreme of the
/// rank-sum test of Wilcoxon, Mann and Whitney), in either direction; with fewer it is weaker, and the line says so.
package struct ReportComparison: Sendable {
    package enum Verdict: String, Sendable {
        case worse = "WORSE"
        case better = "better"
        case same = "-"
        case onlyBefore = "not in the second"
        case onlyAfter = "not in the first"
        case unknown = "no number"
    }

    package struct Line: Sendable {
        package var id: String
        package var verdict: Verdict
        package var text: String
    }

    package var lines: [Line]
    /// What else differs between the runs: kernels, compilers, commits.
    package var notes: [String]

    package var isWorse: Bool { lines.contains { $0.verdict == .worse } }

    /// Compares two reports. Throws when they are of different machines.
    package init(_ before: StoredReport, _ after: StoredReport) throws(BenchModelError) {
        for what in ["cpu", "cores", "virtualisation"] {
            let (one, other) = (before.machine[what] ?? "not stated", after.machine[what] ?? "not stated")
            guard one == other else { throw .otherMachine(what: what, one: one, other: other) }
        }
        notes = [
            "commit", "swift", "kernel", "kernel_command_line", "memory", "governor", "clocksource",
            "isolated_cpus", "allowed_cpus", "huge_pages", "mitigations",
        ].compactMap { what in
            let (one, other) = (before.machine[what] ?? "not stated", after.machine[what] ?? "not stated")
            return one == other ? nil : "\(what): \(one) -> \(other)"
        }
        let added = after.parts.map(\.id).filter { id in !before.parts.contains { $0.id == id } }
        let ids = before.parts.map(\.id) + added
        lines = ids.map { id in
            Self.line(
                id, before.parts.first { $0.id == id }, after.parts.first { $0.id == id })
        }
    }

    private static func line(_ id: String, _ before: StoredReport.Part?, _ after: StoredReport.Part?) -> Line
    {
        guard let before else { return Line(id: id, verdict: .onlyAfter, text: after?.title ?? "") }
        guard let after else { return Line(id: id, verdict: .onlyBefore, text: before.title) }
        let verdict = verdict(before, after)
        let fewest = min(before.repetitions.count, after.repetitions.count)
        var text = "\(spread(before)) -> \(spread(after))"
        if before.value != 0, verdict != .unknown {
            text += String(format: " (%+.1f %%)", 100 * (after.value / before.value - 1))
        }
        text += "  " + after.title
        if fewest < 5 { text += " [few repetitions: \(fewest)]" }
        if before.isNoisy || after.isNoisy { text += " [noisy]" }
        return Line(id: id, verdict: verdict, text: text)
    }

    private static func spread(_ part: StoredReport.Part) -> String {
        let (low, high) = (part.repetitions.min() ?? part.value, part.repetitions.max() ?? part.value)
        return "\(ReportTable.figure(part.value)) (\(ReportTable.figure(low)) to \(ReportTable.figure(high)))"
    }

    static func verdict(_ before: StoredReport.Part, _ after: StoredReport.Part) -> Verdict {
        guard before.value.isFinite, after.value.isFinite else { return .unknown }
        let one = before.repetitions.isEmpty ? [before.value] : before.repetitions
        let other = after.repetitions.isEmpty ? [after.value] : after.repetitions
        let isUp = (one.max() ?? 0) < (other.min() ?? 0)
        let isDown = (other.max() ?? 0) < (one.min() ?? 0)
        guard isUp || isDown, abs(after.value - before.value) > 0.01 * abs(before.value) else { return .same }
        return isUp == after.isAtMost ? .worse : .better
    }

    /// For people: what got worse first, then what got better, then the rest.
    package var text: String {
        let order: [Verdict] = [.worse, .better, .unknown, .onlyBefore, .onlyAfter, .same]
        var texts = notes
        if !notes.isEmpty { texts.append("") }
        for verdict in order {
            texts += lines.filter { $0.verdict == verdict }.map { line in
                "\(pad(line.verdict.rawValue, 18))\(pad(line.id, 18))\(line.text)"
            }
        }
        let (worse, better) = (lines.count { $0.verdict == .worse }, lines.count { $0.verdict == .better })
        texts += ["", "\(worse) worse, \(better) better beyond noise, of \(lines.count) figures."]
        return texts.joined(separator: "\n") + "\n"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
