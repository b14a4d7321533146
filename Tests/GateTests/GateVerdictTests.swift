import Foundation
import GateModel
import Testing

/// What gates make of counts: which of them hold, and which files they believe.
@Suite struct GateVerdictTests {
    private func outcomes(_ now: [String: Double], _ before: [String: Double]) -> [GateVerdict.Outcome] {
        GateVerdict.all(now, against: before, tolerance: 0.02).map(\.outcome)
    }

    @Test func threePercentMoreIsARegressionAndThreeLessAsksForANewBaseline() {
        #expect(outcomes(["a": 103], ["a": 100]) == [.regressed])
        #expect(outcomes(["a": 102], ["a": 100]) == [.holds])
        #expect(outcomes(["a": 98], ["a": 100]) == [.holds])
        #expect(outcomes(["a": 97], ["a": 100]) == [.improved])
        let verdicts = GateVerdict.all(["a": 103, "b": 97], against: ["a": 100, "b": 100], tolerance: 0.02)
        #expect(verdicts.map(\.isFailure) == [true, false])
        #expect(verdicts[0].line.contains("+3.00 %  REGRESSED"))
        #expect(verdicts[1].line.contains("-3.00 %  better"))
    }

    @Test func aGateThatIsNewOrGoneDoesNotPassInSilence() {
        let verdicts = GateVerdict.all(["new": 5], against: ["gone": 5], tolerance: 0.02)
        #expect(verdicts.map(\.outcome) == [.missing, .unknown])
        #expect(verdicts.map(\.isFailure) == [true, true])
    }

    @Test func theDifferenceOfTwoLengthsIsWhatCounts() throws {
        let counts = try GateCounts.perOperation([("a@10", 1500), ("b@20", 90), ("a@30", 3500), ("b@10", 50)])
        #expect(counts == ["a": 100, "b": 4])
    }

    @Test func aGateThatWasNotCountedTwiceIsRefused() {
        #expect(throws: GateError.self) { try GateCounts.perOperation([("a@10", 1500)]) }
        #expect(throws: GateError.self) { try GateCounts.perOperation([("a@10", 0), ("a@30", 0)]) }
        #expect(throws: GateError.self) { try GateCounts.perOperation([("a", 10), ("a@30", 20)]) }
    }

    @Test func callgrindsFilesAreReadAndItsLastOneHasNoName() throws {
        let marked =
            "version: 1\ndesc: Trigger: Client Request: fill@10\nevents: Ir\nfn=(1) f\n0 7\n\ntotals: 4711\n"
        let total = try GateCounts.total(marked)
        #expect(total?.name == "fill@10" && total?.count == 4711)
        #expect(try GateCounts.total("desc: Trigger: Program termination\ntotals: 0\n") == nil)
        #expect(throws: GateError.self) {
            try GateCounts.total("desc: Trigger: Client Request: fill@10\ntotals: many\n")
        }
    }
}

/// What counts at several sizes must not do.
@Suite struct GateGrowthTests {
    private func growth(_ name: String, _ counts: [Double]) -> GateGrowth? {
        var named: [String: Double] = ["fill.single.fifo": 1000]
        for (size, count) in zip([10, 1000, 100_000], counts) { named["scaling.\(name).\(size)"] = count }
        let all = GateGrowth.all(named)
        return all.count == 1 ? all[0] : nil
    }

    @Test func whatIsConstantMayNotGrow() {
        #expect(growth("fifo", [800, 801, 839])?.holds == true)
        #expect(growth("fifo", [800, 801, 841])?.holds == false)
        #expect(growth("fifo", [841, 801, 800])?.holds == false)
        #expect(growth("keys", [800, 830, 860])?.line.hasSuffix("GROWS FASTER THAN THAT") == true)
    }

    @Test func whatIsLogarithmicGrowsByAsMuchForEachFactor() {
        #expect(growth("hifo", [1000, 1200, 1400])?.holds == true)
        #expect(growth("lofo", [1000, 1200, 1499])?.holds == true)
        // The root of the size; and what is proportional to it.
        #expect(growth("hifo", [1010, 1100, 2000])?.holds == false)
        #expect(growth("lofo", [1000, 2000, 101_000])?.holds == false)
        #expect(growth("hifo", [1000, 1000, 1100])?.holds == false)
    }

    @Test func twoSizesShowNothing() {
        #expect(growth("fifo", [800, 800])?.holds == false)
        #expect(growth("fifo", [800, 800])?.line.hasSuffix("TOO FEW SIZES") == true)
        #expect(GateGrowth.all(["fill.single.fifo": 1000]).isEmpty)
    }
}

/// The committed file of counts.
@Suite struct GateBaselineTests {
    private let here = GateKey(compiler: "Swift version 6.3.1", processor: "x86-64 avx2", libc: "glibc 2.36")

    @Test func anotherCompilerHasNoBaseline() {
        var baseline = GateBaseline()
        baseline.set(here, ["a": 1])
        var other = here
        other.compiler = "Swift version 6.4"
        #expect(baseline.counts(here) == ["a": 1])
        #expect(baseline.counts(other) == nil)
        baseline.set(other, ["a": 2])
        baseline.set(here, ["a": 3])
        #expect(baseline.baselines.count == 2)
        #expect(baseline.counts(here) == ["a": 3])
    }

    @Test func itIsReadAsItWasWritten() throws {
        var baseline = GateBaseline()
        baseline.set(here, ["a": 1.25])
        let data = Data(try baseline.json().utf8)
        #expect(try GateBaseline(data, file: "f") == baseline)
        #expect(throws: GateError.self) { try GateBaseline(Data("{}".utf8), file: "f") }
        let newer = try baseline.json().replacingOccurrences(of: "\"version\" : 1", with: "\"version\" : 2")
        #expect(throws: GateError.self) { try GateBaseline(Data(newer.utf8), file: "f") }
    }
}
