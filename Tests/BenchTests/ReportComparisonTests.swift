import BenchModel
import Foundation
import GateModel
import Testing

/// What two reports may be said to differ by, and what not.
@Suite struct ReportComparisonTests {
    private func goal(
        _ id: String, _ repetitions: [Double], goal: Double = 1.25, _ direction: Goal.Direction = .atMost,
        isNoisy: Bool = false
    ) -> Goal {
        Goal(
            id: id, title: "title of \(id)", repetitions: repetitions, goal: goal, direction: direction,
            isNoisy: isNoisy, detail: [])
    }

    private let machine = Machine(fields: [
        "cpu": "one", "cores": "2", "commit": "abc", "virtualisation": "none", "options": "--rounds 20000",
    ])

    private func stored(
        _ goals: [Goal], _ machine: Machine? = nil, isPartial: Bool = false
    ) throws -> StoredReport {
        var report = BenchReport(machine: machine ?? self.machine, goals: goals)
        report.isPartial = isPartial
        return try StoredReport(Data(try report.json().utf8), file: "x.json")
    }

    private func verdict(_ before: Goal, _ after: Goal) throws -> ReportComparison.Verdict {
        try ReportComparison(stored([before]), stored([after])).lines[0].verdict
    }

    // MARK: - Beyond noise

    @Test(arguments: [
        ([1.0, 1.1, 1.2, 1.1, 1.0], [1.05, 1.2, 1.3, 1.25, 1.2], ReportComparison.Verdict.same),
        ([1.0, 1.1, 1.2, 1.1, 1.0], [1.3, 1.4, 1.35, 1.3, 1.5], .worse),
        ([1.3, 1.4, 1.35, 1.3, 1.5], [1.0, 1.1, 1.2, 1.1, 1.0], .better),
        ([1.0, 1.0, 1.0, 1.0, 1.0], [1.005, 1.005, 1.006, 1.007, 1.006], .same),
        ([1.0, 1.1, 1.2], [1.3, 1.4, 1.35], .worse),
        ([0, 0, 0], [0, 0, 0], .same), ([0, 0, 0], [3, 3, 3], .worse),
    ])
    func onlyWhatLiesBeyondAllRepetitionsIsAChange(
        before: [Double], after: [Double], verdict: ReportComparison.Verdict
    ) throws {
        let comparison = try ReportComparison(stored([goal("P7", before)]), stored([goal("P7", after)]))
        #expect(comparison.lines.map(\.verdict) == [verdict])
        #expect(comparison.isWorse == (verdict == .worse))
    }

    @Test(arguments: [([1.0], [1.37]), ([1.0, 1.1], [1.4, 1.5]), ([1, 1, 1, 1, 1], [1.4, 1.5])])
    func fewerThanThreeRepetitionsNeverMakeAChange(before: [Double], after: [Double]) throws {
        for (one, other) in [(before, after), (after, before)] {
            let comparison = try ReportComparison(stored([goal("P7", one)]), stored([goal("P7", other)]))
            #expect(comparison.lines[0].verdict == .cannotTell)
            #expect(comparison.text.contains("Apart, but noisy or of fewer than 3 repetitions: P7."))
            #expect(!comparison.isWorse)
        }
    }

    @Test func aNoisyFigureOnEitherSideNeverMakesAChange() throws {
        let (low, high) = ([1.0, 1.1, 1.2, 1.1, 1.0], [1.3, 1.4, 1.35, 1.3, 1.5])
        #expect(try verdict(goal("P5", low, isNoisy: true), goal("P5", high)) == .cannotTell)
        #expect(try verdict(goal("P5", low), goal("P5", high, isNoisy: true)) == .cannotTell)
        #expect(try verdict(goal("P5", low), goal("P5", high)) == .worse)
    }

    @Test func aNoisyBoundDoesNotMakeTheOthersOfItsGoalNoisy() throws {
        let before = try stored([goal("P3", [1, 1, 1]), goal("P3.p999", [2, 2, 2], isNoisy: true)])
        let after = try stored([goal("P3", [2, 2, 2]), goal("P3.p999", [3, 3, 3], isNoisy: true)])
        #expect(try ReportComparison(before, after).lines.map(\.verdict) == [.worse, .cannotTell])
    }

    @Test func whatMayNotHappenAtAllNeedsNoRepetitions() throws {
        let torn = try ReportComparison(
            stored([goal("P3.torn", [0], goal: 0)]), stored([goal("P3.torn", [1], goal: 0, isNoisy: true)]))
        #expect(torn.isWorse && torn.lines[0].failsNow)
    }

    @Test func aRateThatFallsIsWorse() throws {
        let fast = goal("P11", [9e6, 9e6, 9e6], goal: 8e6, .atLeast)
        let slow = goal("P11", [8e6, 8e6, 8e6], goal: 8e6, .atLeast)
        #expect(try verdict(fast, slow) == .worse && verdict(slow, fast) == .better)
    }

    @Test func aGoalThatHeldAndDoesNotNowIsNamedThoughItIsWithinNoise() throws {
        let before = try stored([goal("P7", [1.2, 1.24, 1.3])])
        let after = try stored([goal("P7", [1.21, 1.26, 1.3])])
        let comparison = try ReportComparison(before, after)
        #expect(comparison.lines[0].verdict == .same && comparison.lines[0].failsNow)
        #expect(comparison.text.contains("[held its goal before, does not now]"))
        #expect(comparison.text.contains("Held their goals before and do not now: P7."))
        let back = try ReportComparison(after, before)
        #expect(!back.lines[0].failsNow && back.text.contains("[holds its goal now]"))
    }

    // MARK: - What is not there

    @Test func figuresOfOneReportOnlyAreNamedAtTheEnd() throws {
        let comparison = try ReportComparison(
            stored([goal("P1", [1]), goal("P1.single", [1])]), stored([goal("P1", [1]), goal("P8", [1])]))
        #expect(comparison.lines.map(\.verdict) == [.same, .onlyBefore, .onlyAfter])
        #expect(comparison.text.contains("0 worse, 0 better beyond noise, of 1 figures that both have."))
        #expect(comparison.text.contains("because the second does not have them: P1.single."))
        #expect(comparison.text.contains("because the first does not have them: P8."))
    }

    @Test func reportsWithNothingInCommonAreRefused() throws {
        let error = #expect(throws: BenchModelError.self) {
            try ReportComparison(stored([goal("P1", [1])]), stored([]))
        }
        #expect(error == .nothingToCompare(before: ["P1"], after: []) && error?.exitStatus == 65)
        #expect(error?.description.contains("the first has P1, the second nothing") == true)
    }

    @Test func aSecondReportThatIsPartialIsNoGoodNews() throws {
        let (whole, part) = (try stored([goal("P1", [1, 1, 1]), goal("P7", [1])]), [goal("P1", [1, 1, 1])])
        let error = #expect(throws: BenchModelError.self) {
            try ReportComparison(whole, stored(part, isPartial: true))
        }
        #expect(error?.exitStatus == 65)
        #expect(error?.description.contains("because the second does not have them: P7.") == true)
        let worse = try ReportComparison(whole, stored([goal("P1", [2, 2, 2])], isPartial: true))
        #expect(worse.isWorse && worse.notes.contains { $0.hasPrefix("the second report is partial") })
        let late = try ReportComparison(stored(part, isPartial: true), whole)
        #expect(!late.isWorse && late.notes.contains { $0.hasPrefix("the first report is partial") })
    }

    @Test func whatIsNoNumberIsSaidToBeNone() throws {
        let comparison = try ReportComparison(
            stored([goal("P7", [1.2, 1.2, 1.2])]), stored([goal("P7", [.infinity, .infinity, .infinity])]))
        #expect(comparison.lines[0].verdict == .unknown && comparison.lines[0].failsNow)
        #expect(comparison.text.contains("1.200 -> no number") && !comparison.text.contains("nan"))
        #expect(comparison.text.contains("Without a number in one of the two: P7."))
    }

    // MARK: - Of what

    @Test func anotherMachineIsRefusedAndOtherOptionsAndCommitsAreNoted() throws {
        let other = Machine(fields: machine.fields.merging(["cpu": "two"]) { $1 })
        let first = try stored([goal("P1", [1])])
        #expect(throws: BenchModelError.otherMachine(what: "cpu", one: "one", other: "two")) {
            try ReportComparison(first, stored([goal("P1", [1])], other))
        }
        let later = Machine(fields: machine.fields.merging(["commit": "def", "options": "--fifo"]) { $1 })
        let comparison = try ReportComparison(first, stored([goal("P1", [1])], later))
        #expect(comparison.notes == ["options: --rounds 20000 -> --fifo", "commit: abc -> def"])
    }

    @Test func countsOfTheGatesAreComparedLikeAReport() throws {
        func report(_ count: Double) throws -> StoredReport {
            let verdicts = GateVerdict.all(
                ["a": count, "new": 5], against: ["a": 100, "gone": 7], tolerance: 0.02)
            let top: [String: Any] = [
                "version": 1, "machine": ["swift": "6"], "partial": false,
                "goals": verdicts.map { $0.goal(tolerance: 0.02, operations: 30_000) },
            ]
            return try StoredReport(JSONSerialization.data(withJSONObject: top), file: "gates.json")
        }
        let comparison = try ReportComparison(report(100), report(103))
        #expect(comparison.lines.map(\.id) == ["instructions.a", "instructions.gone", "instructions.new"])
        #expect(comparison.lines.map(\.verdict) == [.worse, .unknown, .same])
        #expect(comparison.lines[0].failsNow && !comparison.text.contains("few repetitions"))
        #expect(try !ReportComparison(report(103), report(100)).isWorse)
    }

    // MARK: - What is no report

    @Test(arguments: [
        ("", "it is empty"), ("no report", "it is cut short, or no JSON at all"),
        ("[]", "it has no version"), (#"{"version": "one"}"#, "it has no version"),
        (#"{"version": 1, "machine": {}}"#, "there is no 'goals'"),
        (#"{"version": 1, "machine": 3, "goals": []}"#, "'machine' is of another kind than in a report"),
        (
            #"{"version":1,"machine":{},"goals":[{"id":"P1","pass":true,"noisy":false,"detail":{}}]}"#,
            "there is no 'goals[0].detail.title'"
        ),
    ])
    func whatIsNoReportIsRefusedWithTheReason(text: String, why: String) {
        #expect(throws: BenchModelError.notAReport(file: "b", why: why)) {
            try StoredReport(Data(text.utf8), file: "b")
        }
    }

    @Test func aReportThatIsCutShortAnywhereIsSaidToBe() throws {
        let text = try BenchReport(machine: machine, goals: [goal("P1", [1])]).json()
        let whole = text.trimmingCharacters(in: .whitespacesAndNewlines)
        for count in stride(from: 1, to: whole.utf8.count, by: 7) {
            #expect(throws: BenchModelError.notAReport(file: "b", why: "it is cut short, or no JSON at all"))
            {
                try StoredReport(Data(whole.utf8.prefix(count)), file: "b")
            }
        }
    }

    @Test func anotherVersionIsRefused() {
        #expect(throws: BenchModelError.otherVersion(file: "a", version: 9)) {
            try StoredReport(Data(#"{"version": 9}"#.utf8), file: "a")
        }
    }

    @Test func whatATerminalWouldObeyIsTakenOutOfTexts() throws {
        var hostile = goal("P1", [1, 1, 1])
        hostile.title = "a\u{1b}[2Jb"
        let fields = machine.fields.merging(["commit": "x\u{9b}31m"]) { $1 }
        let comparison = try ReportComparison(
            stored([hostile]), stored([hostile], Machine(fields: fields)))
        #expect(comparison.text.contains("a?[2Jb") && comparison.text.contains("commit: abc -> x?31m"))
        let controls = comparison.text.unicodeScalars.filter { $0.properties.generalCategory == .control }
        #expect(controls.allSatisfy { $0 == "\n" })
    }
}
