import TestSupport
import Testing

/// The arithmetic that judges the book: against the standard library where that reaches, and by the laws of
/// whole numbers beyond.
@Suite struct BigIntegerTests {
    private static let edges: [Int128] = [
        0, 1, -1, 2, -2, 10, -10, 1 << 31, 1 << 32, (1 << 32) - 1, -(1 << 32), 1 << 63, (1 << 63) - 1,
        -(1 << 63),
        1 << 64, (1 << 64) - 1, 1 << 96, Int128.max, Int128.min, Int128.max - 1, Int128.min + 1,
    ]

    private func any(_ random: inout SeededRandom) -> Int128 {
        if random.chance(30) { return random.pick(Self.edges) }
        let bits = Int128(truncatingIfNeeded: UInt128(random.next()) << 64 | UInt128(random.next()))
        return bits >> Int128.random(in: 0..<128, using: &random)
    }

    @Test func smallResultsAreThoseOfTheStandardLibrary() {
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<4000 {
            let (a, b) = (any(&random), any(&random))
            let (x, y) = (BigInteger(a), BigInteger(b))
            let sum = a.addingReportingOverflow(b)
            if !sum.overflow { #expect(x + y == BigInteger(sum.partialValue)) }
            #expect((x + y).fits(bits: 128) == !sum.overflow)
            let difference = a.subtractingReportingOverflow(b)
            if !difference.overflow { #expect(x - y == BigInteger(difference.partialValue)) }
            let product = a.multipliedReportingOverflow(by: b)
            if !product.overflow { #expect(x * y == BigInteger(product.partialValue)) }
            #expect((x * y).fits(bits: 128) == !product.overflow)
            #expect((x < y) == (a < b) && (x == y) == (a == b))
            #expect(Int128(exactly: x) == a && Int64(exactly: x) == Int64(exactly: a))
            #expect(x.description == a.description && BigInteger(a.description) == x)
            if b != 0 && !(a == Int128.min && b == -1) {
                let (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
                #expect(quotient == BigInteger(a / b) && remainder == BigInteger(a % b))
            }
        }
    }

    @Test func largeResultsObeyTheLaws() {
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<300 {
            let a = BigInteger(any(&random)) * BigInteger(any(&random)) + BigInteger(any(&random))
            let b = BigInteger(any(&random)) * BigInteger(any(&random)) - BigInteger(any(&random))
            let c = BigInteger(any(&random))
            #expect((a + b) * c == a * c + b * c)
            #expect(a - b == -(b - a) && (a - b) + b == a)
            for divisor in [b, c] where divisor != 0 {
                let (quotient, remainder) = a.quotientAndRemainder(dividingBy: divisor)
                #expect(quotient * divisor + remainder == a)
                #expect(remainder.magnitude < divisor.magnitude)
                #expect(remainder == 0 || remainder.isNegative == a.isNegative)
                // The rounded quotient is no further than half a divisor away, and even when exactly that.
                let rounded = a.dividedHalfEven(by: divisor)
                let twice = (a - rounded * divisor).magnitude * 2
                #expect(twice <= divisor.magnitude)
                #expect(twice < divisor.magnitude || rounded.isEven)
            }
        }
    }

    @Test func textAndBoundsAreExact() {
        #expect(BigInteger.powerOfTen(30).description == "1" + String(repeating: "0", count: 30))
        #expect(BigInteger.powerOfTwo(200) == BigInteger.powerOfTwo(100) * BigInteger.powerOfTwo(100))
        #expect(
            BigInteger.powerOfTwo(63).fits(bits: 64) == false && (-BigInteger.powerOfTwo(63)).fits(bits: 64))
        for wrong in ["", "-", "+", "1a", " 1", "1 "] { #expect(BigInteger(wrong) == nil, "\(wrong)") }
        #expect(BigInteger("-000") == 0 && BigInteger("+7") == 7)
    }

    @Test func fractionsAreExact() throws {
        func number(_ text: String) throws -> Rational { try #require(Rational(decimal: text)) }
        #expect(try number("0.1") + number("0.2") == number("0.3"))
        #expect(try number("1") / number("3") * number("3") == number("1"))
        #expect(try number("-2.50") == number("-25e-1") && number("1e3") == number("1000"))
        #expect(try number("1e-27") < number("0.000001") && number("-1").magnitude == number("1"))
        for wrong in ["", ".", "1.2.3", "x", "1e", "1e1e1"] {
            #expect(Rational(decimal: wrong) == nil, "\(wrong)")
        }
    }
}
