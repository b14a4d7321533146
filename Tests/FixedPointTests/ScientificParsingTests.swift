import FixedPoint
import TestSupport
import Testing

private func parse(_ text: String, decimals: Int = 8) throws(DecimalParseError) -> Int64 {
    let bytes = Array(text.utf8)
    return try parseScientific(bytes.span, decimals: decimals)
}

private func error(_ text: String, decimals: Int = 8) -> DecimalParseError? {
    do {
        _ = try parse(text, decimals: decimals)
        return nil
    } catch {
        return error
    }
}

@Suite struct ScientificParsingTests {
    @Test(arguments: [
        ("1e-05", 8, 1_000), ("5E-8", 8, 5), ("2.5e3", 1, 25_000), ("-1.20e+1", 0, -12),
        ("0e999999999", 8, 0),
        ("0.000e-30", 0, 0), ("1000e-3", 0, 1), ("12.5", 8, 1_250_000_000), ("100e-10", 8, 1),
        ("9.223372036854775807e18", 0, Int64.max), ("-9.223372036854775808e18", 0, Int64.min),
        ("0.00000000000000000000000000001e29", 0, 1),
        ("-9223372036854775808000000000000000000e-18", 0, Int64.min),
    ])
    func exponentsMoveThePointExactly(text: String, decimals: Int, units: Int64) throws {
        #expect(try parse(text, decimals: decimals) == units)
    }

    @Test(arguments: [
        ("1e-9", DecimalParseError.tooManyDecimals(stated: 9, allowed: 8)),
        ("1.5e-8", .tooManyDecimals(stated: 9, allowed: 8)), ("1e11", .overflow(decimals: 8)),
        ("1e999999999999999999999", .overflow(decimals: 8)),
        ("1e-999999999999999999999", .tooManyDecimals(stated: 1_000_000, allowed: 8)),
        ("e5", .noDigits(offset: 0)), ("1e", .noDigits(offset: 2)), ("1e-", .noDigits(offset: 3)),
        ("1e5.0", .badByte(UInt8(ascii: "."), offset: 3)), ("1x2e5", .badByte(UInt8(ascii: "x"), offset: 1)),
        ("1.2.3e4", .badByte(UInt8(ascii: "."), offset: 3)), ("", .empty),
        ("nine", .badByte(0x6e, offset: 0)),
    ])
    func whatDoesNotFitOrIsNoNumberIsRefused(text: String, expected: DecimalParseError) {
        #expect(error(text) == expected)
    }

    /// The same number written without its exponent must read the same, or fail the same way.
    @Test(arguments: [UInt64(41), 42])
    func anExponentIsAsGoodAsThePlainSpelling(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<20_000 {
            let digits = String(Int.random(in: 1...999_999, using: &random))
            let exponent = Int.random(in: -20...20, using: &random)
            let decimals = Int.random(in: 0...18, using: &random)
            let plain: String
            if exponent >= 0 {
                plain = digits + String(repeating: "0", count: exponent)
            } else {
                let padded = String(repeating: "0", count: max(0, -exponent - digits.count + 1)) + digits
                plain = padded.dropLast(-exponent) + "." + padded.suffix(-exponent)
            }
            let expected = Result { () throws(DecimalParseError) in
                try parseDecimal(Array(plain.utf8).span, decimals: decimals)
            }
            let actual = Result { () throws(DecimalParseError) in
                try parse("\(digits)e\(exponent)", decimals: decimals)
            }
            #expect(actual == expected, "seed \(seed): \(digits)e\(exponent) at \(decimals)")
            if case .success = actual { accepted += 1 }
        }
        #expect(accepted > 1_000)
    }
}
