import TestSupport
import Testing

@testable import Accumulator

/// Where candidates are looked for. Nothing but speed depends on it, and so must not depend on who chooses
/// the ids.
@Suite struct IdentityHashTests {
    private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64)

    private func text(_ words: Words) -> PaddedText40 {
        var text = PaddedText40()
        text.words = words
        return text
    }

    /// Ids that differ in one word only, for every word; and ids that would cancel out if both were mixed
    /// in the same way.
    @Test(arguments: [UInt64(0), 1, 0x9e37_79b9_7f4a_7c15]) func hashesOfRelatedIdsDiffer(seed: UInt64) {
        let hash = IdentityHash(seed: seed)
        var seen: Set<UInt64> = []
        var count = 0
        for n in 1...2000 as ClosedRange<UInt64> {
            let ids: [Words] = [
                (n, 0, 0, 0, 0), (9, n, 0, 0, 0), (9, 9, n, 0, 0), (9, 9, 9, n, 0), (9, 9, 9, 9, n),
            ]
            for id in ids {
                seen.insert(hash(0, text(id), text((0, 0, 0, 0, 0))))
                seen.insert(hash(0, text((5, 5, 5, 5, 5)), text(id)))
                seen.insert(hash(1, text(id), text(id)))
                count += 3
            }
            seen.insert(hash(UInt32(n) + 1, text((7, 0, 0, 0, 0)), text((0, 0, 0, 0, 0))))
            count += 1
        }
        #expect(seen.count == count)
    }

    /// With multipliers that anyone can read, one word of an id can make a product zero, whatever the rest
    /// of the id is, and an order id can be the mirror of its trade id. Neither may help.
    @Test func idsCannotBeChosenToCollide() {
        let known: [UInt64] = [
            0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3,
            0x1d8e_4e27_c47d_124f, 0xeb44_acca_b455_d165, 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93,
            0xc2b2_ae3d_27d4_eb4f,
        ]
        let hash = IdentityHash(seed: 42)
        for constant in known {
            var zeroed: Set<UInt64> = []
            var mirrored: Set<UInt64> = []
            for n in 1...1000 as ClosedRange<UInt64> {
                zeroed.insert(hash(0, text((n, constant, 0, 0, 0)), text((0, 0, 0, 0, 0))))
                mirrored.insert(hash(0, text((n, 3, 0, 0, 0)), text((n ^ constant, 3 ^ constant, 0, 0, 0))))
            }
            #expect(zeroed.count == 1000 && mirrored.count == 1000)
        }
    }

    /// Sequential ids, as venues number them, fill buckets as evenly as chance would.
    @Test func bucketsFillEvenly() {
        let hash = IdentityHash(seed: 3)
        var buckets = [Int](repeating: 0, count: 4096)
        for n in 0..<16_384 {
            let record = Records.fill("\(3_735_683_259 + n)", buy: true, qty: 1, price: 1)
            let fill = NaiveFill(record)
            let value = hash(0, NaiveFill.padded(fill.tradeID), NaiveFill.padded(fill.orderID))
            buckets[Int(value & 4095)] += 1
        }
        // Chi-squared over 4,095 degrees of freedom: mean 4,095, standard deviation 90.
        let chiSquared = buckets.reduce(0) { $0 + ($1 - 4) * ($1 - 4) } / 4
        #expect((3700...4500).contains(chiSquared))
    }
}
