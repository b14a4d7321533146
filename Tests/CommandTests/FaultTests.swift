import Glibc
import TestSupport
import Testing

/// The short form of the fault harness: each row with a few of its faults. `./run faults` is the long one.
@Suite struct FaultTests {
    /// Runs rows of the harness that the build put next to the tests.
    private func run(_ rows: String) throws {
        let scratch = try Scratch()
        let program = Subprocess.product("pks-faults")
        let process = try PksProcess(
            ["--quick", "--only", rows, "--seed", "\(TestSeed.base)"], in: scratch, program: program)
        let status = process.wait()
        #expect(status == 0, "\(process.errorsSoFar())\(process.outputSoFar())")
        print(process.outputSoFar())
    }

    @Test func `A daemon that is killed anywhere loses and doubles nothing`() throws { try run("kill") }

    @Test func `Damaged, stale and foreign files are named, or change nothing`() throws {
        try run("bitflip,stale")
    }

    @Test func `A disk that fails, is full or is slow loses nothing that was promised`() throws {
        try run("errors,slow")
    }

    @Test func `What goes from under a daemon ends it, and the next one restores everything`() throws {
        try run("seccomp,lost")
    }
}
