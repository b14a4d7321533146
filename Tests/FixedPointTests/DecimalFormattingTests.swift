import FixedPoint
import TestSupport
import Testing

@Suite struct DecimalFormattingTests {
    @Test(arguments: [
        (Int128(0), 0, "0"), (0, 8, "0"), (0, 54, "0"), (5, 1, "0.5"), (-5, 1, "-0.5"), (50, 1, "5"),
        (-50, 2, "-0.5"), (2_000_000, 8, "0.02"), (6_183_763, 2, "61837.63"), (1, 18, "0.000000000000000001"),
        (100, 0, "100"), (-100, 2, "-1"), (Int128(Int64.min), 0, "-9223372036854775808"),
        (Int128(Int64.min), 18, "-9.223372036854775808"),
        (10_000_000_000_000_000_000, 0, "10000000000000000000"),
        (10_000_000_000_000_000_000, 19, "1"), (10_000_000_000_000_000_001, 19, "1.0000000000000000001"),
        (Int128.max, 0, "170141183460469231731687303715884105727"),
        (Int128.min, 0, "-170141183460469231731687303715884105728"),
        (Int128.min, 54, "-0.000000000000000170141183460469231731687303715884105728"),
        (1, 72, "0." + String(repeating: "0", count: 71) + "1"),
    ])
    func numbersAreWrittenPlainAndExact(units: Int128, decimals: Int, text: String) {
        #expect(decimalText(units, decimals: decimals) == text)
        var bytes: [UInt8] = [UInt8(ascii: "=")]
        appendDecimal(units, decimals: decimals, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "=" + text)
    }

    @Test(arguments: [UInt64(11), 12])
    func randomNumbersAgreeWithTheOracleAtEveryScale(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<5_000 {
            let decimals = Int.random(in: 0...54, using: &random)
            let narrow = random.int64()
            let wide = random.int128()
            #expect(
                decimalText(narrow, decimals: decimals)
                    == NaiveInteger(Int128(narrow)).decimalText(decimals: decimals), "seed \(seed)")
            var bytes: [UInt8] = []
            appendDecimal(narrow, decimals: decimals, to: &bytes)
            appendDecimal(wide, decimals: decimals, to: &bytes)
            #expect(
                String(decoding: bytes, as: UTF8.self)
                    == NaiveInteger(Int128(narrow)).decimalText(decimals: decimals)
                    + NaiveInteger(wide).decimalText(decimals: decimals), "seed \(seed)")
        }
    }

    @Test(arguments: [UInt64(13)])
    func whatIsWrittenIsReadBackAsTheSameUnits(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<5_000 {
            let decimals = Int.random(in: 0...18, using: &random)
            let units = random.int64()
            var bytes: [UInt8] = []
            appendDecimal(units, decimals: decimals, to: &bytes)
            #expect(try parseDecimal(bytes.span, decimals: decimals) == units, "seed \(seed)")
        }
    }
}
