import Configuration
import Testing

@testable import PksCommand

/// The parser of options by itself.
@Suite struct OptionTests {
    private static let spec = VerbSpec(
        name: "verb", summary: "", synopsis: "", description: [],
        operand: OperandSpec(name: "FILE", countMin: 0, countMax: 2, help: ""),
        options: [
            OptionSpec("flag", .flag, ""), OptionSpec("text", .text(form: "T"), ""),
            OptionSpec("count", .count(-5...1000), ""), OptionSpec("time", .duration, ""),
            OptionSpec("many", .texts(form: "M"), ""),
            OptionSpec("part", .fraction, ""), OptionSpec("choice", .choice(["one", "two"]), ""),
        ], examples: [], exits: [])

    private func parse(_ words: String...) throws -> ParsedOptions {
        try OptionParser.parse(words, for: Self.spec)
    }

    @Test func `Options stand anywhere, with a blank or an equals sign`() throws {
        let parsed = try parse("a", "--text=x=y", "--flag", "-", "--count", "1_000", "--time", "5s")
        #expect(parsed.operands == ["a", "-"])
        #expect(parsed.text("text") == "x=y")
        #expect(parsed.flag("flag"))
        #expect(parsed.count("count") == 1000)
        #expect(parsed.durationNs("time") == 5_000_000_000)
        #expect(parsed.fraction("part") == nil)
    }

    @Test func `An option that may be repeated keeps its values in order`() throws {
        #expect(
            try parse("--many", "a", "--flag", "--many=b=c", "--many", "a").texts("many") == [
                "a", "b=c", "a",
            ])
        #expect(try parse("--flag").texts("many") == [])
        #expect(throws: CommandError.self) { try parse("--text", "a", "--text", "b") }
        #expect(throws: CommandError.self) { try parse("--many=") }
    }

    @Test func `Two dashes end the options`() throws {
        #expect(try parse("--flag", "--", "--text").operands == ["--text"])
    }

    @Test func `A negative number is a value`() throws {
        #expect(try parse("--count", "-5").count("count") == -5)
    }

    @Test func `Help is wanted whatever else is missing`() throws {
        #expect(try parse("--help", "a", "b", "c").flag("help"))
    }

    @Test(
        arguments: [
            ("0", 0), ("1ns", 1), ("2us", 2_000), ("3ms", 3_000_000), ("4s", 4_000_000_000),
            ("5m", 300_000_000_000),
            ("6h", 21_600_000_000_000), ("7d", 604_800_000_000_000), ("106751d", 9_223_286_400_000_000_000),
            ("106752d", nil), ("5", nil), ("s", nil), ("-1s", nil), ("1.5s", nil), ("1 s", nil), ("", nil),
        ] as [(String, Int64?)])
    func `Lengths of time have a unit and fit 64 bits`(text: String, ns: Int64?) {
        #expect(DurationText.parse(text) == ns)
    }

    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("0.25", 0.25), ("25%", 0.25), ("100%", 1), ("0.1%", 0.001), ("1.1", nil),
            ("101%", nil), ("-0.1", nil), ("x", nil), ("", nil), ("%", nil),
        ] as [(String, Double?)])
    func `Fractions are from 0 to 1, or percentages`(text: String, fraction: Double?) {
        #expect(FractionText.parse(text) == fraction)
    }

    @Test(
        arguments: [
            ("--methd", "--method"), ("--mehtod", "--method"), ("--METHOD", nil), ("--boook", "--book"),
            ("--qqqqqqq", nil),
        ] as [(String, String?)])
    func `The nearest name is suggested when it is near`(word: String, suggestion: String?) {
        #expect(Suggestion.nearest(to: word, in: ["--book", "--method", "--out"]) == suggestion)
    }

    @Test func `Edit distance counts insertions, deletions, replacements and swaps`() {
        func distance(_ left: String, _ right: String) -> Int {
            Suggestion.editDistance(Array(left.utf8), Array(right.utf8))
        }
        #expect(distance("", "") == 0)
        #expect(distance("", "abc") == 3)
        #expect(distance("abc", "abc") == 0)
        #expect(distance("kitten", "sitting") == 3)
        #expect(distance("abcd", "abdc") == 1)
    }
}
