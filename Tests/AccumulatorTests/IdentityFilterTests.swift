import TestSupport
import Testing

@testable import Accumulator

/// The filter before the identity table: wrong in one direction only.
@Suite struct IdentityFilterTests {
    @Test(arguments: [4, 16, 64, 4096, 1 << 22])
    func whatWasAddedIsNeverCalledNew(entriesMax: Int) {
        var random = SeededRandom(seed: TestSeed.base)
        var filter = IdentityFilter(entriesMax: entriesMax)
        // Also hashes that a good hash would never give: few words, few bits.
        let masks: [UInt64] = [.max, 0xffff, 0xffff << 40, 0]
        var added: [UInt64] = []
        for step in 0..<4000 {
            let hash = random.next() & random.pick(masks)
            filter.add(hash)
            added.append(hash)
            if step % 7 == 0 { filter.keepWarm() }
            if filter.isCertainlyNew(random.pick(added)) {
                Issue.record("PKS_TEST_SEED=\(TestSeed.base), step \(step): an added hash is called new")
                return
            }
        }
        #expect(!added.contains { filter.isCertainlyNew($0) })
    }

    @Test func anEmptyFilterCallsEverythingNew() {
        var random = SeededRandom(seed: TestSeed.base)
        let filter = IdentityFilter(entriesMax: 64)
        #expect((0..<1000).allSatisfy { _ in filter.isCertainlyNew(random.next()) })
    }

    /// Of a filter with four bits an entry that holds as many as it is made for, one in seven to one in five.
    @Test func aFullFilterStillCallsMostOfWhatIsUnknownNew() {
        var random = SeededRandom(seed: 7)
        let filter = IdentityFilter(entriesMax: 1 << 14)
        for _ in 0..<(1 << 14) { filter.add(random.next()) }
        let new = (0..<10_000).count { _ in filter.isCertainlyNew(random.next()) }
        #expect(new > 7_500)
    }
}
