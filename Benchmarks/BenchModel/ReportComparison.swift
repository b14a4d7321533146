import Foundation

/// What changed between two reports of one machine beyond the noise of either.
///
/// A change is one where all repetitions of one report lie on one side of all of the other's and the medians differ
/// by more than 1 %. With five repetitions each, chance alone does that in two of 252 orders (the extreme of the
/// rank-sum test of Wilcoxon, Mann and Whitney), in either direction; with three in two of 20, and the line says so.
/// With fewer, or where either figure is noisy, what lies apart is not called a change. Counts that have no noise
/// need no repetitions.
package struct ReportComparison: Sendable {
    package enum Verdict: String, Sendable {
        case worse = "WORSE"
        case better = "better"
        case same = "within noise"
        /// They lie apart, and the runs were too short or too noisy to say why.
        case cannotTell = "cannot be told"
        case onlyBefore = "not in the second"
        case onlyAfter = "not in the first"
        case unknown = "no number"
    }

    package struct Line: Sendable {
        package var id: String
        package var verdict: Verdict
        /// It passed in the first report and does not in the second.
        package var failsNow = false
        package var text: String
    }

    /// Fewer repetitions than this say nothing about noise.
    package static let repetitionsMin = 3

    package var lines: [Line]
    /// What else differs between the runs: kernels, compilers, commits, options.
    package var notes: [String]

    package var isWorse: Bool { lines.contains { $0.verdict == .worse } }

    /// Compares two reports. Throws when they are of different machines, when they have nothing in common, and when
    /// the second is partial and has nothing that is worse: that nothing is worse would then be a guess.
    package init(_ before: StoredReport, _ after: StoredReport) throws(BenchModelError) {
        for what in ["cpu", "cores", "virtualisation"] {
            let (one, other) = (before.machine[what] ?? "not stated", after.machine[what] ?? "not stated")
            guard one == other else { throw .otherMachine(what: what, one: one, other: other) }
        }
        let ids = (before.parts.map(\.id), after.parts.map(\.id))
        guard !Set(ids.0).isDisjoint(with: ids.1) else {
            throw .nothingToCompare(before: ids.0, after: ids.1)
        }
        notes = Self.noted.compactMap { what in
            let (one, other) = (before.machine[what] ?? "not stated", after.machine[what] ?? "not stated")
            return one == other ? nil : "\(what): \(one) -> \(other)"
        }
        for (name, report) in [("first", before), ("second", after)] where report.isPartial {
            notes.append("the \(name) report is partial: its run was ended before all was measured")
        }
        let added = ids.1.filter { !ids.0.contains($0) }
        lines = (ids.0 + added).map { id in
            Self.line(
                id, before.parts.first { $0.id == id }, after.parts.first { $0.id == id })
        }
        if after.isPartial && !isWorse { throw .partial(text: text) }
    }

    /// What may differ between two runs that are compared all the same, and is told.
    private static let noted = [
        "options", "commit", "swift", "kernel", "kernel_command_line", "memory", "governor", "turbo",
        "clocksource", "isolated_cpus", "allowed_cpus", "huge_pages", "shared_huge_pages", "real_time_limit",
        "mitigations",
        "processor", "libc",
    ]

    private static func line(_ id: String, _ before: StoredReport.Part?, _ after: StoredReport.Part?) -> Line
    {
        guard let before else { return Line(id: id, verdict: .onlyAfter, text: after?.title ?? "") }
        guard let after else { return Line(id: id, verdict: .onlyBefore, text: before.title) }
        let verdict = verdict(before, after)
        let isExact = before.isExact && after.isExact
        let fewest = min(before.repetitions.count, after.repetitions.count)
        var text = "\(spread(before)) -> \(spread(after))"
        if before.value != 0, verdict != .unknown {
            text += String(format: " (%+.1f %%)", 100 * (after.value / before.value - 1))
        }
        text += "  " + after.title
        if fewest < 5, !isExact { text += " [few repetitions: \(fewest)]" }
        if before.isNoisy || after.isNoisy { text += " [noisy]" }
        let failsNow = before.passes && !after.passes
        if failsNow { text += " [held its goal before, does not now]" }
        if !before.passes && after.passes { text += " [holds its goal now]" }
        return Line(id: id, verdict: verdict, failsNow: failsNow, text: text)
    }

    private static func spread(_ part: StoredReport.Part) -> String {
        guard part.value.isFinite else { return "no number" }
        guard let low = part.repetitions.min(), let high = part.repetitions.max(), low < high else {
            return ReportTable.figure(part.value)
        }
        return "\(ReportTable.figure(part.value)) (\(ReportTable.figure(low)) to \(ReportTable.figure(high)))"
    }

    static func verdict(_ before: StoredReport.Part, _ after: StoredReport.Part) -> Verdict {
        guard before.value.isFinite, after.value.isFinite else { return .unknown }
        let isExact = before.isExact && after.isExact
        let one = isExact || before.repetitions.isEmpty ? [before.value] : before.repetitions
        let other = isExact || after.repetitions.isEmpty ? [after.value] : after.repetitions
        let isUp = (one.max() ?? 0) < (other.min() ?? 0)
        let isDown = (other.max() ?? 0) < (one.min() ?? 0)
        guard isUp || isDown, abs(after.value - before.value) > 0.01 * abs(before.value) else { return .same }
        let fewest = min(before.repetitions.count, after.repetitions.count)
        if !isExact, before.isNoisy || after.isNoisy || fewest < repetitionsMin { return .cannotTell }
        return isUp == after.isAtMost ? .worse : .better
    }

    /// For people: what got worse first, then what holds its goal no more, then what got better, then the rest.
    package var text: String {
        let order: [Verdict] = [.worse, .better, .cannotTell, .unknown, .onlyBefore, .onlyAfter, .same]
        var texts = notes
        if !notes.isEmpty { texts.append("") }
        let width = max(18, (lines.map(\.id.count).max() ?? 0) + 2)
        for verdict in order {
            let own = lines.filter { $0.verdict == verdict }
            texts += (own.filter(\.failsNow) + own.filter { !$0.failsNow }).map { line in
                "\(pad(line.verdict.rawValue, 18))\(pad(line.id, width))\(line.text)"
            }
        }
        return (texts + [""] + summary).joined(separator: "\n") + "\n"
    }

    /// What the lines come to, and what was not compared at all.
    private var summary: [String] {
        func ids(_ verdict: Verdict) -> [String] { lines.filter { $0.verdict == verdict }.map(\.id) }
        let (worse, better) = (ids(.worse).count, ids(.better).count)
        let compared = lines.count { ![.onlyBefore, .onlyAfter, .unknown].contains($0.verdict) }
        var texts = ["\(worse) worse, \(better) better beyond noise, of \(compared) figures that both have."]
        let rest: [(what: String, ids: [String])] = [
            ("Held their goals before and do not now", lines.filter(\.failsNow).map(\.id)),
            ("Apart, but noisy or of fewer than \(Self.repetitionsMin) repetitions", ids(.cannotTell)),
            ("Without a number in one of the two", ids(.unknown)),
            ("Not compared, because the second does not have them", ids(.onlyBefore)),
            ("Not compared, because the first does not have them", ids(.onlyAfter)),
        ]
        texts += rest.filter { !$0.ids.isEmpty }.map { "\($0.what): \($0.ids.joined(separator: ", "))." }
        return texts
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
