import Testing
import TestSupport

@Test func theSameSeedGivesTheSameNumbers() {
    var a = SeededRandom(seed: 7)
    var b = SeededRandom(seed: 7)
    #expect(a.next() == b.next())
}
