import TestSupport
import Testing

/// The full form, 10^8 reads and more, is scripts/torn.sh; the thread sanitizer's is scripts/tsan.sh.
@Suite(.serialized) struct TornReadTests {
    private func torn(reads: Int, variant: String, seed: UInt64) throws -> [String: UInt64] {
        let scratch = try Scratch()
        let tool = try Subprocess.tool("torn", scratch.path, "\(reads)", variant, "\(seed)")
        let line = try required(tool.line())
        print("torn reads, \(variant), seed \(seed): \(line)")
        return figures(line)
    }

    /// Seed 0 is a writer that never pauses; the other seed spaces its publishes differently each run.
    @Test(
        .enabled(if: processorCount() > 1, "needs two processors"),
        arguments: [0, UInt64.random(in: 1...UInt64.max)])
    func noReadIsTornWhileAnotherProcessPublishes(seed: UInt64) throws {
        let seen = try torn(reads: 2_000_000, variant: "correct", seed: seed)
        #expect(seen["torn"] == 0)
        #expect(seen["backwards"] == 0)
        #expect(seen["reads", default: 0] >= 2_000_000)
        #expect(seen["changed", default: 0] > 0)
    }

    @Test(
        .enabled(if: processorCount() > 1, "needs two processors"), arguments: ["unchecked", "other-cell"])
    func theSameCheckFindsTornReadsOfABrokenSlot(variant: String) throws {
        let seen = try torn(reads: 50_000_000, variant: variant, seed: 0)
        #expect(seen["torn", default: 0] > 0)
    }
}
