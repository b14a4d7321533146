import Accumulator
import LotMatching
import TestSupport
import Testing

/// Random streams, each record compared with what the oracle makes of it.
@Suite struct OracleTests {
    @Test(arguments: StreamProfile.all) func theBookAgreesWithTheOracle(profile: StreamProfile) {
        var coverage = Coverage()
        let streams = TestSeed.streams(profile.streams)
        for stream in 0..<streams {
            let seed = TestSeed.base &+ UInt64(stream)
            do {
                try run(profile, seed: seed, &coverage)
            } catch {
                Issue.record("\(profile.name), PKS_TEST_SEED=\(seed): \(error)")
                return
            }
        }
        // One stream alone, asked for by its seed, need not show everything.
        if streams < profile.streams { return }
        for reason in profile.mustRefuse { #expect(coverage.reasons[reason] ?? 0 > 0, "\(reason)") }
        for limit in profile.mustBreak { #expect(coverage.limits[limit] ?? 0 > 0, "\(limit)") }
        for limit in profile.mustBreakAlone { #expect(coverage.sole[limit] ?? 0 > 0, "\(limit) alone") }
        for movement in [Effect.Movement.open, .increase, .decrease, .close, .flip] {
            #expect(coverage.movements[movement] ?? 0 > 0, "\(movement)")
        }
        #expect(coverage.results[.applied] ?? 0 > 0)
        #expect(coverage.results[.duplicate] ?? 0 > 0)
        print("\(profile.name): \(streams) streams from seed \(TestSeed.base), \(coverage)")
    }

    @Test func everyReasonIsRefusedSomewhere() {
        let covered = StreamProfile.all.reduce(into: Set<RejectReason>()) { $0.formUnion($1.mustRefuse) }
        // An extension without its fill is seen by whoever takes records from a ring, not by the book.
        #expect(covered.union([.danglingExtension]) == Set(RejectReason.allCases))
    }

    struct Coverage: CustomStringConvertible {
        var records = 0
        var reasons: [RejectReason: Int] = [:]
        var limits: [Limit: Int] = [:]
        var sole: [Limit: Int] = [:]
        var movements: [Effect.Movement: Int] = [:]
        var results: [ApplyResult: Int] = [:]
        var late = 0

        var description: String {
            func list<K>(_ counts: [K: Int]) -> String {
                counts.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", ")
            }
            return """
                \(records) records; \(list(results)); late \(late); \(list(movements)); \
                refused: \(list(reasons)); limits: \(list(limits)); alone: \(list(sole))
                """
        }
    }

    private func run(
        _ profile: StreamProfile, seed: UInt64, _ coverage: inout Coverage
    ) throws(Disagreement) {
        var stream = FillStream(profile, seed: seed)
        let keys = StreamKeys(&stream)
        var duel = Duel(keys.config(profile, hashSeed: seed))
        var replay = Book(keys.config(profile, hashSeed: ~seed))
        try keys.define(&duel, &replay, isMalformed: profile.malformed > 0)
        for _ in 0..<profile.records {
            let drawn = stream.next(duel.oracle)
            let result = try duel.apply(drawn.fill, extension: drawn.extra)
            if replay.apply(drawn) != result {
                throw Disagreement(seq: duel.oracle.seq, "the replay without effects did not say \(result)")
            }
        }
        try duel.compareAll()
        if replay.digest() != duel.book.digest() {
            throw Disagreement(seq: duel.oracle.seq, "the replay without effects has another digest")
        }
        coverage.records += profile.records
        coverage.reasons.merge(duel.reasons, uniquingKeysWith: +)
        coverage.results.merge(duel.results, uniquingKeysWith: +)
        coverage.movements.merge(duel.movements, uniquingKeysWith: +)
        coverage.limits.merge(duel.oracle.refusals, uniquingKeysWith: +)
        coverage.sole.merge(duel.oracle.soleRefusals, uniquingKeysWith: +)
        coverage.late += duel.oracle.counters.late
    }
}
