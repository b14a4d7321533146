import BenchModel
import Foundation
import Testing

@Suite struct ReportTests {
    private func goal(
        _ id: String, _ repetitions: [Double], goal: Double = 1.25, _ direction: Goal.Direction = .atMost
    ) -> Goal {
        Goal(
            id: id, title: "title of \(id)", repetitions: repetitions, goal: goal, direction: direction,
            isNoisy: false, detail: [("ns_per_fill", 60), ("limit_ns_per_fill", 50)])
    }

    private let machine = Machine(fields: [
        "cpu": "one", "cores": "2", "commit": "abc", "virtualisation": "none",
    ])

    private func stored(_ goals: [Goal], _ machine: Machine? = nil) throws -> StoredReport {
        let text = try BenchReport(machine: machine ?? self.machine, goals: goals).json()
        return try StoredReport(Data(text.utf8), file: "x.json")
    }

    @Test func theJSONHasOneGoalOfEachIdWithItsFurtherBoundsInside() throws {
        var first = goal("P7", [1.2, 1.1, 1.3])
        first.series = [LatencySeries("path")]
        let report = BenchReport(
            machine: machine,
            goals: [first, goal("P7.single", [1.5]), goal("P9", [0.9], goal: 0.8, .atLeast)])
        let top = try #require(
            try JSONSerialization.jsonObject(with: Data(try report.json().utf8)) as? [String: Any])
        #expect(top["version"] as? Int == 1)
        #expect((top["machine"] as? [String: String])?["cpu"] == "one")
        let goals = try #require(top["goals"] as? [[String: Any]])
        #expect(goals.map { $0["id"] as? String } == ["P7", "P9"])
        #expect(goals[0]["value"] as? Double == 1.2 && goals[0]["goal"] as? Double == 1.25)
        #expect(goals[0]["samples"] as? Int == 3 && goals[0]["noisy"] as? Bool == false)
        #expect(goals[0]["pass"] as? Bool == false, "its second bound does not hold")
        #expect(goals[1]["pass"] as? Bool == true, "a rate above its bound")
        let detail = try #require(goals[0]["detail"] as? [String: Any])
        #expect(detail["ns_per_fill"] as? Double == 60 && detail["limit_ns_per_fill"] as? Double == 50)
        #expect(detail["headline_pass"] as? Bool == true)
        let single = try #require((detail["variants"] as? [String: [String: Any]])?["single"])
        #expect(single["value"] as? Double == 1.5 && single["pass"] as? Bool == false)
    }

    @Test func whatIsNoNumberIsNullAndReadAgain() throws {
        let read = try stored([goal("P1", [.infinity])])
        #expect(
            read.parts.map(\.id) == ["P1"] && read.parts[0].value.isNaN && read.parts[0].repetitions.isEmpty)
    }

    @Test func theTableNamesWhatMissesItsGoal() {
        let goals = [goal("P1", [1]), goal("P7", [2])]
        let rows = ReportTable().rows(goals).split(separator: "\n")
        #expect(rows.count == 2 && rows[0].contains(" yes ") && rows[1].contains(" NO "))
        let footer = ReportTable().footer(GoalResult.grouped(goals))
        #expect(footer.contains("P7: 2.000, goal <= 1.250") && !footer.contains("P1:"))
    }
}

@Suite struct StatisticsTests {
    @Test func theGrowthExponentIsThePowerOfTheSize() {
        let sizes = [1.0, 10, 100, 1000]
        #expect(Statistics.growthExponent(sizes.map { ($0, 70) }) == 0)
        #expect(abs(Statistics.growthExponent(sizes.map { ($0, 3 * $0) }) - 1) < 1e-12)
        #expect(abs(Statistics.growthExponent(sizes.map { ($0, 5 / $0.squareRoot()) }) + 0.5) < 1e-12)
    }

    @Test func aLongRunKeepsItsExtremesInFewMoments() {
        var series = LatencySeries("x")
        for block in 0..<5_000 { series.add([10, 20, block == 4_321 ? 900 : 30], at: Double(block)) }
        #expect(series.moments.count < LatencySeries.momentsMax)
        #expect(series.histogram.count == 15_000)
        #expect(series.moments.map(\.maxNs).max() == 900)
        #expect(series.moments.allSatisfy { $0.p50Ns == 20 })
        #expect(zip(series.moments, series.moments.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
    }
}
