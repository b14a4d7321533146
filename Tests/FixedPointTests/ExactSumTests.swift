import FixedPoint
import TestSupport
import Testing

/// Sums of numbers of different scales.
@Suite struct ExactSumTests {
    private func sum(_ parts: [(Int128, Int)]) -> ExactSum {
        var sum = ExactSum()
        for (units, decimals) in parts { sum.add(units, decimals: decimals) }
        return sum
    }

    @Test(
        arguments: [
            ([(0, 0)], "0"), ([], "0"), ([(15, 1), (25, 2)], "1.75"), ([(-15, 1), (25, 2)], "-1.25"),
            ([(-1, 0), (3, 1)], "-0.7"), ([(1, 0), (-3, 1)], "0.7"), ([(-2, 0), (20, 1)], "0"),
            ([(1, 54), (-1, 0)], "-0.999999999999999999999999999999999999999999999999999999"),
            ([(999, 3), (1, 3)], "1"), ([(-999, 3), (-1, 3), (-5, 1)], "-1.5"),
        ] as [([(Int128, Int)], String)])
    func `Numbers of different scales add up to the last digit`(parts: [(Int128, Int)], text: String) {
        #expect(sum(parts).text == text)
    }

    @Test func `The largest numbers of the largest and the smallest scale add up`() {
        let both = sum([(.max, 0), (.max, 54)])
        let digits = "170141183460469231731687303715884105727"
        #expect(both.text == digits + ".000000000000000" + digits)
        #expect(sum([(.min, 0), (.min, 0)]).text == "-340282366920938463463374607431768211456")
    }

    @Test func `Random sums agree with whole numbers of one scale, and what is taken out is gone`() {
        for stream in 0..<TestSeed.streams(40) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            var total = ExactSum()
            var scaled: Int128 = 0
            var parts: [(Int128, Int)] = []
            for _ in 0..<30 {
                let decimals = Int.random(in: 0...12, using: &random)
                let units = Int128(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random))
                total.add(units, decimals: decimals)
                parts.append((units, decimals))
                scaled += (decimals..<12).reduce(units) { value, _ in value * 10 }
            }
            #expect(total.text == decimalText(scaled, decimals: 12), "seed \(seed)")
            let dropped = parts.removeLast()
            total.subtract(dropped.0, decimals: dropped.1)
            #expect(total.compared(to: sum(parts)) == 0, "seed \(seed)")
            #expect(total.text == sum(parts).text, "seed \(seed)")
            total.add(1, decimals: 54)
            #expect(total.compared(to: sum(parts)) == 1, "seed \(seed)")
            #expect(sum(parts).compared(to: total) == -1, "seed \(seed)")
        }
    }
}
