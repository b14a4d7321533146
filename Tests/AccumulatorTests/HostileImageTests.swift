import Accumulator
import LotMatching
import TestSupport
import Testing

/// Bytes that were never an image, or are one no more, give an error or a book that works; never a crash.
@Suite struct HostileImageTests {
    private struct Story {
        let config: BookConfig
        let image: [UInt8]
        let next: [FillStream.Drawn]
    }

    /// The middle of a random stream, with the records that come next.
    private func story(_ profile: StreamProfile, seed: UInt64) -> Story {
        var stream = FillStream(profile, seed: seed)
        let keys = StreamKeys(&stream)
        let oracle = keys.planner(profile)
        let config = keys.config(profile, hashSeed: seed)
        var book = Book(config)
        for handle in 0..<oracle.positions.count { _ = book.handle(keys.key(handle)) }
        for _ in 0..<60 { _ = book.apply(stream.next(oracle)) }
        return Story(config: config, image: book.image, next: (0..<40).map { _ in stream.next(oracle) })
    }

    @Test(arguments: StreamProfile.all) func noBytesMakeABookThatStopsTheProgram(profile: StreamProfile) {
        var random = SeededRandom(seed: TestSeed.base)
        var (refused, restored) = (0, 0)
        for stream in 0..<3 {
            let story = story(profile, seed: TestSeed.base &+ UInt64(stream))
            for _ in 0..<120 {
                var bytes = story.image
                for _ in 0..<Int.random(in: 1...2, using: &random) { spoil(&bytes, &random) }
                do {
                    var book = try Book(story.config, bytes: bytes)
                    restored += 1
                    for drawn in story.next { _ = book.apply(drawn) }
                    _ = book.digest()
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 0)
        print("\(profile.name): \(refused) refused, \(restored) restored, seed \(TestSeed.base)")
    }

    private func spoil(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let inHead = Int.random(in: 0..<4, using: &random) == 0
        let place = Int.random(in: 0..<(inHead ? 160 : bytes.count), using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = random.pick([0, 1, 0x7f, 0x80, 0xff])
        default:
            // A whole word, as a clever enemy would.
            let word = random.edgeInt64()
            let start = place & ~7
            for index in 0..<min(8, bytes.count - start) {
                bytes[start + index] = UInt8(truncatingIfNeeded: word >> (8 * index))
            }
        }
    }

    @Test func everyOtherLengthIsRefused() {
        let story = story(StreamProfile.all[3], seed: TestSeed.base)
        for count in stride(from: 0, to: story.image.count, by: 13) {
            #expect(throws: BookImageError.self) {
                _ = try Book(story.config, bytes: Array(story.image.prefix(count)))
            }
        }
        #expect(throws: BookImageError.wrongLength(offset: story.image.count)) {
            _ = try Book(story.config, bytes: story.image + [0])
        }
        #expect(throws: BookImageError.notAnImage) {
            _ = try Book(story.config, bytes: Array(repeating: 7, count: 5000))
        }
        var newer = story.image
        newer[8] = 2
        #expect(throws: BookImageError.otherVersion(2)) { _ = try Book(story.config, bytes: newer) }
    }
}
