import TestSupport
import Testing

@testable import Accumulator

/// Forty bytes of text against what their bytes say one by one.
@Suite struct PaddedTextTests {
    @Test func textIsWhatItsBytesSay() {
        var random = SeededRandom(seed: TestSeed.base)
        var padded = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...40, using: &random)
            var bytes = (0..<40).map { _ in UInt8.random(in: 1...255, using: &random) }
            for index in length..<40 { bytes[index] = 0 }
            // One NUL more, one NUL less, or nothing.
            let place = Int.random(in: 0..<40, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = 0
            case 1: bytes[place] = random.pick([1, 0x7f, 0x80, 0xff])
            default: break
            }
            let text = NaiveFill.padded(bytes)
            let isPadded = NaiveFill.text(bytes) != nil
            guard text.isPadded == isPadded && text.isEmpty == (bytes[0] == 0) else {
                Issue.record("\(bytes): padded \(text.isPadded), empty \(text.isEmpty)")
                return
            }
            padded += isPadded ? 1 : 0
        }
        #expect((5000...19_000).contains(padded))
    }

    @Test func equalMeansEveryByte() {
        let bytes = [UInt8](repeating: 65, count: 40)
        for place in 0..<40 {
            var other = bytes
            other[place] = 66
            #expect(NaiveFill.padded(bytes) != NaiveFill.padded(other))
        }
        #expect(NaiveFill.padded(bytes) == NaiveFill.padded(bytes))
        #expect(NaiveFill.padded(bytes).text == String(repeating: "A", count: 40))
    }
}
