import Foundation
import Glibc
import TestSupport
import Testing

/// The latency suite as a program: what it takes, and that each of its benchmarks of two processes comes to
/// an end with figures. What the figures say is not a test's business.
@Suite struct BenchTests {
    private static let path = Subprocess.product("pks-bench")

    private func run(_ arguments: [String], in scratch: borrowing Scratch) throws -> PksResult {
        let process = try PksProcess(arguments, in: scratch, program: Self.path)
        let status = process.wait()
        return PksResult(status: status, output: process.outputSoFar(), errors: process.errorsSoFar())
    }

    /// What processes of the suite have in shared memory, by the pid in the name.
    private func traces(of pid: pid_t) -> [String] {
        Files.names(in: "/dev/shm").filter { $0.contains("bench-") && $0.contains("-\(pid)") }
    }

    private static var hasTwoCores: Bool { sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 }

    @Test func `Help names every benchmark and option`() throws {
        let result = try run(["--help"], in: Scratch())
        #expect(result.status == 0)
        for word in [
            "slot", "contended", "dead", "seen", "path", "backlog", "journal", "commit", "recovery",
            "scaling",
            "memory", "hot-code", "--json", "--report",
            "--hgrm",
            "--compare", "--quick", "--repetitions", "--keys", "--fills", "--reads", "--rounds", "--gap",
            "--fifo", "--quiet",
        ] {
            #expect(result.output.contains(word), "\(word)")
        }
    }

    @Test(arguments: [
        ["nonsense"], ["--nonsense"], ["--rounds"], ["--rounds", "0"], ["--reads", "many"], ["--gap", "-1"],
        ["--hgrm"], ["P99"],
        ["--repetitions", "1001"], ["path", "--keys", "10001"], ["--fills", "2000001"],
    ])
    func `A wrong argument is named, with the status for usage`(arguments: [String]) throws {
        let result = try run(arguments, in: Scratch())
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("pks-bench: "))
        #expect(result.errors.contains(arguments.first { $0.hasPrefix("-") } ?? arguments[0]))
    }

    @Test(.enabled(if: hasTwoCores, "both processes need a core"))
    func `Each benchmark of two processes measures, checks and leaves nothing`() throws {
        let scratch = try Scratch()
        let process = try PksProcess(
            [
                "contended", "seen", "path", "--repetitions", "1", "--rounds", "60", "--reads", "5000",
                "--keys", "3", "--json", "--quiet",
            ], in: scratch, program: Self.path)
        let status = process.wait()
        #expect(status == 0 || status == 1, "\(process.errorsSoFar())")
        let data = Data(process.outputSoFar().utf8)
        let report = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let goals = try #require(report["goals"] as? [[String: Any]])
        let ids = goals.compactMap { $0["id"] as? String }
        #expect(ids == ["P3", "P5", "P6"])
        #expect(goals.allSatisfy { $0["noisy"] as? Bool == true }, "one repetition is no claim")
        let contended = try variants(goals[0])
        #expect(contended.keys.sorted() == ["tail", "torn"])
        #expect(contended["torn"]?["value"] as? Double == 0)
        #expect(contended["torn"]?["samples"] as? Int == 5000)
        #expect(try variants(goals[1]).keys.sorted() == ["p99"])
        #expect(try variants(goals[2]).keys.sorted() == ["keys3"])
        for detail in try goals.suffix(2).map(detail) {
            let latency = try #require(detail["latency_ns"] as? [String: [String: Any]])
            #expect(latency.keys.contains("cache_line_one_way") && latency.count == 3)
            #expect(latency.values.allSatisfy { $0["p99.99"] is Double })
            // From due, what a stall delayed after a block counts too.
            for (name, times) in latency {
                let count = try #require(times["n"] as? Int)
                #expect(name.hasSuffix("_from_due") ? count >= 60 : count == 60)
            }
            #expect(detail["one_way_samples"] as? Int == 60)
            for name in ["min", "p50", "p99", "p999", "max"] {
                #expect(detail["one_way_\(name)_ns"] is Double && detail["ping_pong_\(name)_ns"] is Double)
            }
            #expect(detail["cpu_near"] as? Int != detail["cpu_far"] as? Int)
        }
        #expect(traces(of: process.pid).isEmpty)
        #expect(Files.names(in: scratch.runDirectory).isEmpty)
    }

    private func detail(_ goal: [String: Any]) throws -> [String: Any] {
        try #require(goal["detail"] as? [String: Any])
    }

    private func variants(_ goal: [String: Any]) throws -> [String: [String: Any]] {
        try #require(detail(goal)["variants"] as? [String: [String: Any]])
    }

    @Test(.enabled(if: hasTwoCores, "both processes need a core"))
    func `A signal leaves what was measured so far`() throws {
        let scratch = try Scratch()
        let file = scratch.path + "/figures.json"
        let process = try PksProcess(
            [
                "dead", "contended", "--repetitions", "1", "--rounds", "60", "--reads", "10000000000",
                "--json",
                file,
            ], in: scratch, program: Self.path)
        func goals() -> [[String: Any]] {
            guard let data = FileManager.default.contents(atPath: file),
                let report = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { return [] }
            #expect(report["partial"] as? Bool == true)
            return report["goals"] as? [[String: Any]] ?? []
        }
        #expect(process.awaitCondition { goals().count == 1 })
        process.signal(SIGINT)
        #expect(process.wait() == 128 + SIGINT)
        #expect(goals().map { $0["id"] as? String } == ["P4"])
        #expect(process.outputSoFar().contains("P4.killed"))
        #expect(process.errorsSoFar().contains("ended by signal 2"))
        #expect(traces(of: process.pid).isEmpty)
    }

    @Test func `Two reports of one run differ in nothing, and what is no report is refused`() throws {
        let scratch = try Scratch()
        let file = scratch.path + "/figures.json"
        let measured = try run(["dead", "--repetitions", "1", "--json", file, "--quiet"], in: scratch)
        #expect(measured.status == 0 || measured.status == 1, "\(measured.errors)")
        let same = try run(["--compare", file, file], in: scratch)
        #expect(same.status == 0)
        #expect(same.output.contains("0 worse, 0 better beyond noise, of 2 figures that both have."))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(
            text.contains(#""options" : "--repetitions 1 --keys 100 "#), "what was asked for stands beside it"
        )
        #expect(try run(["--compare", file, scratch.path + "/none"], in: scratch).status == 66)
        let cut = scratch.path + "/cut.json"
        try Data(text.utf8.prefix(text.utf8.count / 2)).write(to: URL(fileURLWithPath: cut))
        let short = try run(["--compare", file, cut], in: scratch)
        #expect(short.status == 65 && short.errors.contains("cut short"))
        let other = scratch.path + "/other.json"
        try Data(#"{"version": 7}"#.utf8).write(to: URL(fileURLWithPath: other))
        let refused = try run(["--compare", file, other], in: scratch)
        #expect(refused.status == 65 && refused.errors.contains("version 7"))
        #expect(try run(["--compare", file], in: scratch).status == 64)
    }

    @Test(.enabled(if: hasTwoCores, "both processes need a core"))
    func `A signal ends both processes and leaves nothing`() throws {
        let scratch = try Scratch()
        let process = try PksProcess(
            ["contended", "--repetitions", "5", "--reads", "10000000000"], in: scratch, program: Self.path)
        let hasBegun = process.awaitCondition {
            Files.names(in: scratch.runDirectory).contains { $0.hasSuffix(".lock") }
        }
        #expect(hasBegun)
        process.signal(SIGTERM)
        #expect(process.wait() == 128 + SIGTERM)
        #expect(traces(of: process.pid).isEmpty)
    }
}
