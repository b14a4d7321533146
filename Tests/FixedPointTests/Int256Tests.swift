import FixedPoint
import TestSupport
import Testing

/// 2^256 as digits, the first magnitude that does not fit.
private let tooLarge = NaiveInteger(
    "115792089237316195423570985008687907853269984665640564039457584007913129639936")

extension SeededRandom {
    /// A number of up to 256 bits and the same one for the oracle.
    fileprivate mutating func int256() -> (Int256, NaiveInteger) {
        let base = int128()
        let exponent = Int.random(in: 0...40, using: &self)
        let tail = int128()
        let wide = Int256(base).multiplied(byPowerOfTen: exponent)?.adding(Int256(tail))
        guard let wide else { return (Int256(base), NaiveInteger(base)) }
        return (wide, NaiveInteger(base) * .powerOfTen(exponent) + NaiveInteger(tail))
    }
}

private func text(_ value: Int256) -> String { decimalText(value, decimals: 0) }

@Suite struct Int256Tests {
    @Test(arguments: [UInt64(21), 22])
    func sumsDifferencesAndOrderAgreeWithTheOracle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<4_000 {
            let (a, naiveA) = random.int256()
            let (b, naiveB) = random.int256()
            #expect(text(a) == naiveA.text, "seed \(seed)")
            expect(a.adding(b), equals: naiveA + naiveB, seed)
            expect(a.subtracting(b), equals: naiveA - naiveB, seed)
            let difference = naiveA - naiveB
            #expect((a < b) == difference.isNegative, "seed \(seed)")
            #expect((a == b) == difference.digits.isEmpty, "seed \(seed)")
            #expect(text(a.negated) == naiveA.negated.text, "seed \(seed)")
        }
    }

    @Test(arguments: [UInt64(23), 24])
    func productsWithPowersOfTenAgreeWithTheOracle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<4_000 {
            let (a, naive) = random.int256()
            let exponent = Int.random(in: 0...77, using: &random)
            expect(a.multiplied(byPowerOfTen: exponent), equals: naive * .powerOfTen(exponent), seed)
        }
    }

    @Test(arguments: [UInt64(25), 26, 27])
    func quotientsAreRoundedHalfEvenAsTheOracleDoes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var wideDivisors = 0
        for round in 0..<2_000 {
            let (a, naiveA) = random.int256()
            var (b, naiveB) = random.int256()
            if round % 2 == 0 {
                b = Int256(random.int128())
                naiveB = NaiveInteger(text(b))
            }
            if b == .zero { continue }
            if Int128(exactly: b) == nil { wideDivisors += 1 }
            #expect(text(a.dividedHalfEven(by: b)) == naiveA.dividedHalfEven(by: naiveB).text, "seed \(seed)")
        }
        #expect(wideDivisors > 200)
    }

    @Test(arguments: [
        (5, 2, "2"), (7, 2, "4"), (-5, 2, "-2"), (-7, 2, "-4"), (5, -2, "-2"), (1, 3, "0"),
        (2, 3, "1"), (-1, 2, "0"), (3, 2, "2"), (0, 7, "0"),
    ])
    func halvesGoToTheEvenNeighbour(dividend: Int, divisor: Int, quotient: String) {
        #expect(text(Int256(Int128(dividend)).dividedHalfEven(by: Int256(Int128(divisor)))) == quotient)
    }

    /// The top bit of a magnitude of 256 bits, on both sides of the division.
    @Test func theLargestMagnitudesDivideExactly() throws {
        let half = try #require(powerOfTwo(255))
        let almost = try #require(half.subtracting(Int256(1)))
        let all = try #require(half.adding(almost))
        #expect(text(all) == (tooLarge - NaiveInteger("1")).text)
        #expect(all.adding(Int256(1)) == nil)
        #expect(all.negated.subtracting(Int256(1)) == nil)
        #expect(all.dividedHalfEven(by: half) == Int256(2))
        #expect(half.dividedHalfEven(by: all) == Int256(1))
        #expect(almost.dividedHalfEven(by: all) == Int256(0))
        #expect(all.dividedHalfEven(by: all.negated) == Int256(-1))
        #expect(all.dividedHalfEven(by: Int256(1)) == all)
        let odd = try #require(half.adding(Int256(1)))
        #expect(text(all.dividedHalfEven(by: odd)) == "2")
    }

    @Test func onlyWhatFitsBecomes128Bits() throws {
        #expect(Int128(exactly: Int256(Int128.min)) == Int128.min)
        #expect(Int128(exactly: Int256(Int128.max)) == Int128.max)
        let above = try #require(Int256(Int128.max).adding(Int256(1)))
        #expect(Int128(exactly: above) == nil)
        #expect(Int128(exactly: above.negated) == Int128.min)
        #expect(Int128(exactly: try #require(above.negated.subtracting(Int256(1)))) == nil)
        #expect(Int128(exactly: try #require(Int256(1).multiplied(byPowerOfTen: 70))) == nil)
    }

    @Test func zeroHasOneFormOnly() {
        let zero = Int256(5).subtracting(Int256(5))
        #expect(zero == .zero)
        #expect(Int256.zero.negated == .zero)
        #expect(!Int256.zero.negated.isNegative)
        #expect(Int256(-1).dividedHalfEven(by: Int256(3)) == .zero)
    }

    private func powerOfTwo(_ exponent: Int) -> Int256? {
        var result: Int256? = Int256(1)
        for _ in 0..<exponent { result = result.flatMap { $0.adding($0) } }
        return result
    }

    private func expect(_ value: Int256?, equals naive: NaiveInteger, _ seed: UInt64) {
        let fits = NaiveInteger.compareMagnitudes(naive.digits, tooLarge.digits) < 0
        #expect(value.map(text) == (fits ? naive.text : nil), "seed \(seed)")
    }
}
