import Glibc
import TestSupport
import Testing

/// The soak of `./run soak` in its short form: three producers, two books, readers and the monitor.
@Suite struct SoakTests {
    private static var tool: String { Subprocess.product("pks-soak") }

    @Test func `What three producers send into two books under load is what a replay has`() throws {
        let scratch = try Scratch()
        let soak = try PksProcess(
            ["--pks", Pks.path, "--seconds", "3", "--rate", "6000", "--run-dir", scratch.file("soak")],
            in: scratch, program: Self.tool)
        let status = soak.wait()
        #expect(status == 0, "\(soak.outputSoFar())")
        let lines = soak.outputSoFar().split(separator: "\n")
        #expect(lines.last?.hasPrefix("soak: nothing lost, nothing doubled: ") == true)
        // Each of 3 producers sends 18,000; one in a hundred twice.
        #expect(lines.last?.contains("53460 fills, 540 duplicates, all 600 positions") == true)
        for line in lines where line.contains("SKIPPED") { print(line) }
    }
}
