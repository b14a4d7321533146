import Feeds
import FillRecords
import TestSupport
import Testing

@Suite struct ByteTableTests {
    @Test(arguments: [UInt64(81), 82])
    func stringsAreNumberedInTheirOrder(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var table = ByteTable(seed: seed)
        var numbers: [[UInt8]: Int] = [:]
        for _ in 0..<5_000 {
            let length = Int.random(in: 0...20, using: &random)
            let key = (0..<length).map { _ in UInt8.random(in: 0...2, using: &random) }
            #expect(table.find(key.span) == numbers[key], "seed \(seed)")
            if numbers[key] == nil {
                numbers[key] = table.count
                table.add(key.span)
            }
        }
        #expect(table.count == numbers.count)
        #expect(numbers.allSatisfy { table.find($0.key.span) == $0.value }, "seed \(seed)")
    }

    /// Strings made so that all have the same hash: the bytes decide.
    @Test func collidingStringsAreToldApart() {
        let seed: UInt64 = 12_345
        var table = ByteTable(seed: seed)
        let keys = (0..<500).map { number -> [UInt8] in
            // The second word equals the state after the first, so that their exclusive or is zero.
            let first = UInt64(number)
            let product = (seed ^ 16 ^ first).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
            return bigEndian(first) + bigEndian(product.low ^ product.high)
        }
        for key in keys {
            #expect(table.find(key.span) == nil)
            table.add(key.span)
        }
        #expect(keys.enumerated().allSatisfy { table.find($0.element.span) == $0.offset })
    }

    private func bigEndian(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
}
