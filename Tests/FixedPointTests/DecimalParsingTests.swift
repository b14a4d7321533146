import FixedPoint
import TestSupport
import Testing

private func parse(_ text: String, decimals: Int = 8) throws(DecimalParseError) -> Int64 {
    let bytes = Array(text.utf8)
    return try parseDecimal(bytes.span, decimals: decimals)
}

private func error(_ text: String, decimals: Int = 8) -> DecimalParseError? {
    do {
        _ = try parse(text, decimals: decimals)
        return nil
    } catch {
        return error
    }
}

@Suite struct DecimalParsingTests {
    @Test(arguments: [
        ("0", 8, 0), ("-0", 8, 0), ("+1", 0, 1), ("0.02000000", 8, 2_000_000), ("0.0200000000", 8, 2_000_000),
        ("61837.63", 2, 6_183_763), ("-12.5", 1, -125), (".5", 1, 5), ("5.", 1, 50), ("007", 0, 7),
        ("000000000000000000000000000001", 0, 1), ("0.000000000000000000", 0, 0),
        ("9223372036854775807", 0, Int64.max), ("-9223372036854775808", 0, Int64.min),
        ("92233720368.54775807", 8, Int64.max), ("-92233720368.54775808", 8, Int64.min),
        ("9.223372036854775807", 18, Int64.max), ("-9.223372036854775808", 18, Int64.min),
        ("-9.22337203685477580800000", 18, Int64.min),
    ])
    func plainDecimalsAreReadExactly(text: String, decimals: Int, units: Int64) throws {
        #expect(try parse(text, decimals: decimals) == units)
    }

    @Test(arguments: [
        ("", DecimalParseError.empty), ("-", .noDigits(offset: 1)), ("+", .noDigits(offset: 1)),
        (".", .noDigits(offset: 0)), ("-.", .noDigits(offset: 1)),
        ("1e5", .badByte(UInt8(ascii: "e"), offset: 1)), ("NaN", .badByte(UInt8(ascii: "N"), offset: 0)),
        ("1.2.3", .badByte(UInt8(ascii: "."), offset: 3)), (" 1", .badByte(0x20, offset: 0)),
        ("1 ", .badByte(0x20, offset: 1)), ("1,000", .badByte(UInt8(ascii: ","), offset: 1)),
        ("--1", .badByte(UInt8(ascii: "-"), offset: 1)), ("1\0", .badByte(0, offset: 1)),
        ("99999999999999999999x", .badByte(UInt8(ascii: "x"), offset: 20)),
        ("0.123456789x", .badByte(UInt8(ascii: "x"), offset: 11)),
        ("inf", .badByte(UInt8(ascii: "i"), offset: 0)),
        ("٣", .badByte(0xd9, offset: 0)), ("0x10", .badByte(UInt8(ascii: "x"), offset: 1)),
    ])
    func whatIsNotAPlainDecimalIsRefusedAtItsFirstBadByte(text: String, expected: DecimalParseError) {
        #expect(error(text) == expected)
    }

    @Test func decimalsThatAreNotZerosAreNeverRoundedAway() {
        #expect(error("0.123456789") == .tooManyDecimals(stated: 9, allowed: 8))
        #expect(error("0.12345678900") == .tooManyDecimals(stated: 9, allowed: 8))
        #expect(error("1.5", decimals: 0) == .tooManyDecimals(stated: 1, allowed: 0))
        #expect(error("1.00000000000000000000001", decimals: 18) == .tooManyDecimals(stated: 23, allowed: 18))
    }

    @Test(arguments: [
        ("9223372036854775808", 0), ("-9223372036854775809", 0), ("92233720368.54775808", 8),
        ("-92233720368.54775809", 8), ("10", 18), ("-10", 18), ("18446744073709551616", 0),
        ("99999999999999999999999999999999999999999", 0), ("1844674407370955162", 1),
    ])
    func overflowIsAnErrorAndNeverWraps(text: String, decimals: Int) {
        #expect(error(text, decimals: decimals) == .overflow(decimals: decimals))
    }

    @Test func theOffsetIsWhereTheTroubleIs() {
        #expect(error("12a4")?.offset == 2)
        #expect(error("-")?.offset == 1)
        #expect(error("")?.offset == 0)
        #expect(error("0.123456789")?.offset == 0)
    }

    @Test func descriptionsSayWhatWasFoundAndExpected() {
        #expect(
            error("1e5")?.description
                == "unexpected 'e' in a number (a plain decimal such as -12.5 is expected)")
        #expect(error("1\u{1b}")?.description.contains("byte 0x1B") == true)
        #expect(error("1.23", decimals: 1)?.description == "2 decimals where the instrument has 1")
        #expect(
            error("10", decimals: 18)?.description
                == "outside the range of 64 bits at 18 decimals (-9.223372036854775808 to 9.223372036854775807)"
        )
    }

    /// Against arithmetic on digit lists: value, range and decimals of random well-spelled texts.
    @Test(arguments: [UInt64(1), 2, 3])
    func randomTextsAgreeWithTheOracle(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for _ in 0..<20_000 {
            let decimals = Int.random(in: 0...18, using: &random)
            let whole = randomDigits(upTo: 20, using: &random)
            let fraction = randomDigits(upTo: decimals + 2, using: &random)
            if whole.isEmpty && fraction.isEmpty { continue }
            let sign = ["", "-", "+"].randomElement(using: &random) ?? ""
            let text = sign + whole + (fraction.isEmpty ? "" : "." + fraction)

            let excess = fraction.dropFirst(decimals)
            let padded =
                fraction.prefix(decimals)
                + String(repeating: "0", count: max(0, decimals - fraction.count))
            let exact = NaiveInteger(sign + whole + padded)
            if let units = try? parse(text, decimals: decimals) {
                accepted += 1
                #expect(NaiveInteger(Int128(units)) == exact, "seed \(seed): \(text) at \(decimals)")
                #expect(excess.allSatisfy { $0 == "0" }, "seed \(seed): \(text) at \(decimals)")
            } else {
                let fits =
                    exact.isNegative
                    ? NaiveInteger.compareMagnitudes(exact.digits, NaiveInteger(Int128(Int64.min)).digits)
                        <= 0
                    : NaiveInteger.compareMagnitudes(exact.digits, NaiveInteger(Int128(Int64.max)).digits)
                        <= 0
                #expect(!fits || excess.contains { $0 != "0" }, "seed \(seed): \(text) at \(decimals)")
            }
        }
        #expect(accepted > 1_000)
    }

    @Test(arguments: [UInt64(4), 5])
    func randomBytesNeverTrap(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("0123456789.+-eE ,\0\u{7f}é".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<30, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let decimals = Int.random(in: 0...18, using: &random)
            do {
                _ = try parseDecimal(bytes.span, decimals: decimals)
            } catch {
                #expect(error.offset <= bytes.count, "seed \(seed)")
                if case .badByte(let byte, let offset) = error {
                    #expect(bytes[offset] == byte, "seed \(seed)")
                }
            }
        }
    }

    private func randomDigits(upTo count: Int, using random: inout SeededRandom) -> String {
        let zeros = Int.random(in: 0..<3, using: &random) == 0
        return String(
            (0..<Int.random(in: 0...count, using: &random)).map { _ in
                zeros ? "0" : Character(String(Int.random(in: 0...9, using: &random)))
            })
    }
}
