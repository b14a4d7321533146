import LotMatching
import TestSupport
import Testing

/// What a reduction takes out of a pool, against exact fractions.
@Suite struct AverageCostTests {
    @Test func theShareIsTheExactOneRoundedHalfEven() {
        var random = SeededRandom(seed: TestSeed.base)
        var ties = 0
        for _ in 0..<20_000 {
            let open = max(2, Self.edge(&random) & Int64.max)
            let closed = Int64.random(in: 1...open, using: &random)
            let cost = Self.wide(&random)
            let taken = averageCostTaken(cost: cost, closed: closed, open: open)
            let product = BigInteger(cost) * BigInteger(closed)
            let expected = product.dividedHalfEven(by: BigInteger(open))
            guard BigInteger(taken) == expected else {
                Issue.record("\(closed) of \(open) at \(cost) took \(taken), not \(expected)")
                return
            }
            let rest = product.quotientAndRemainder(dividingBy: BigInteger(open)).remainder.magnitude
            if rest + rest == BigInteger(open) { ties += 1 }
        }
        #expect(ties > 0)
    }

    @Test func aTieGoesToTheEvenUnit() {
        let taken = [-7, -5, -3, -1, 1, 3, 5, 7].map { averageCostTaken(cost: $0, closed: 1, open: 2) }
        #expect(taken == [-4, -2, -2, 0, 0, 2, 2, 4])
    }

    @Test(arguments: [Int128.min, Int128.min + 1, -1, 0, 1, Int128.max - 1, Int128.max])
    func theEdgesOfMoneyDoNotTrap(cost: Int128) {
        let quantities: [Int64] = [1, 2, 3, Int64.max / 2, Int64.max - 1, Int64.max]
        for open in quantities {
            for closed in quantities where closed <= open {
                let expected = (BigInteger(cost) * BigInteger(closed)).dividedHalfEven(by: BigInteger(open))
                #expect(BigInteger(averageCostTaken(cost: cost, closed: closed, open: open)) == expected)
            }
        }
    }

    /// However a pool is taken apart, what was paid comes out again, to the last unit.
    @Test func costIsConserved() {
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<300 {
            let cost = Self.wide(&random)
            var open = Int64.random(in: 1...1_000_000, using: &random)
            var left = cost
            var taken: BigInteger = 0
            while open > 0 {
                let closed = Int64.random(in: 1...open, using: &random)
                let share = averageCostTaken(cost: left, closed: closed, open: open)
                taken += BigInteger(share)
                left -= share
                open -= closed
            }
            #expect(left == 0 && taken == BigInteger(cost))
        }
    }

    private static func edge(_ random: inout SeededRandom) -> Int64 {
        Int64(bitPattern: random.next()) >> Int64.random(in: 0..<63, using: &random)
    }

    private static func wide(_ random: inout SeededRandom) -> Int128 {
        let bits = Int128(truncatingIfNeeded: UInt128(random.next()) << 64 | UInt128(random.next()))
        return bits >> Int128.random(in: 0..<128, using: &random)
    }
}
