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
        Scratch.names(in: "/dev/shm").filter { $0.contains("bench-") && $0.contains("-\(pid)") }
    }

    private static var hasTwoCores: Bool { sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 }

    @Test func `Help names every benchmark and option`() throws {
        let result = try run(["--help"], in: Scratch())
        #expect(result.status == 0)
        for word in [
            "slot", "contended", "dead", "seen", "path", "backlog", "journal", "commit", "recovery", "--json",
            "--repetitions",
            "--keys",
            "--fills", "--reads", "--rounds", "--gap", "--fifo", "--quiet",
        ] {
            #expect(result.output.contains(word), "\(word)")
        }
    }

    @Test(arguments: [
        ["nonsense"], ["--nonsense"], ["--rounds"], ["--rounds", "0"], ["--reads", "many"], ["--gap", "-1"],
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
        #expect(ids == ["P3.mean", "P3.tail", "P3.torn", "P5.p50", "P5.p99", "P6", "P6.keys3"])
        #expect(goals[2]["value"] as? Double == 0)
        #expect(goals[2]["samples"] as? Int == 5000)
        for goal in goals {
            #expect(goal["noisy"] as? Bool == (goal["id"] as? String != "P3.torn"))
        }
        for goal in goals.suffix(4) {
            let detail = try #require(goal["detail"] as? [String: Any])
            #expect(detail["one_way_samples"] as? Int == 60)
            for name in ["min", "p50", "p99", "p999", "max"] {
                #expect(detail["one_way_\(name)_ns"] is Double && detail["ping_pong_\(name)_ns"] is Double)
            }
            #expect(detail["cpu_near"] as? Int != detail["cpu_far"] as? Int)
        }
        #expect(traces(of: process.pid).isEmpty)
        #expect(Scratch.names(in: scratch.runDirectory).isEmpty)
    }

    @Test(.enabled(if: hasTwoCores, "both processes need a core"))
    func `A signal ends both processes and leaves nothing`() throws {
        let scratch = try Scratch()
        let process = try PksProcess(
            ["contended", "--repetitions", "5", "--reads", "10000000000"], in: scratch, program: Self.path)
        let hasBegun = process.awaitCondition {
            Scratch.names(in: scratch.runDirectory).contains { $0.hasSuffix(".lock") }
        }
        #expect(hasBegun)
        process.signal(SIGTERM)
        #expect(process.wait() == 128 + SIGTERM)
        #expect(traces(of: process.pid).isEmpty)
    }
}
