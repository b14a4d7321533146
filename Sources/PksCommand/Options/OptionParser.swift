import Configuration
import FixedPoint

/// Reads the words after a verb. Options may stand anywhere, as `--name value` or `--name=value`; `--` ends
/// them; `-` by itself is an operand.
struct OptionParser {
    private let spec: VerbSpec
    private var values: [String: ParsedOptions.Value] = [:]
    private var operands: [String] = []

    private init(_ spec: VerbSpec) { self.spec = spec }

    /// Throws a usage error that names the word and what was expected.
    static func parse(_ words: [String], for spec: VerbSpec) throws(CommandError) -> ParsedOptions {
        var parser = OptionParser(spec)
        try parser.read(words)
        // Help is wanted whatever else is missing.
        if parser.values["help"] == nil { try parser.checkOperands() }
        return ParsedOptions(spec: spec, operands: parser.operands, values: parser.values)
    }

    private mutating func read(_ words: [String]) throws(CommandError) {
        var index = 0
        var isPastOptions = false
        while index < words.count {
            let word = words[index]
            index += 1
            if isPastOptions || word == "-" || !word.hasPrefix("-") {
                operands.append(word)
            } else if word == "--" {
                isPastOptions = true
            } else if word == "-h" {
                values["help"] = .flag
            } else {
                try readOption(word, words, &index)
            }
        }
    }

    private mutating func readOption(
        _ word: String, _ words: [String], _ index: inout Int
    ) throws(CommandError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0].drop { $0 == "-" })
        guard parts[0].hasPrefix("--"), let option = spec.option(named: name) else {
            let known = spec.allOptions.map { "--" + $0.name }
            throw usage(
                "unknown option \(shown(String(parts[0])))",
                Suggestion.nearest(to: "--" + name, in: known).map { "did you mean \($0)?" }
                    ?? "pks \(spec.name) --help lists the options")
        }
        if values[name] != nil, !option.isRepeatable {
            throw usage("--\(name) stands there twice", "state it once")
        }
        if case .flag = option.kind {
            if parts.count > 1 {
                throw usage("--\(name) takes no value", "leave out \(shown("=" + parts[1]))")
            }
            values[name] = .flag
            return
        }
        if parts.count > 1 {
            set(try value(String(parts[1]), of: option), of: option)
            return
        }
        guard index < words.count else {
            throw usage("--\(name) needs a value", "write \(option.usage)")
        }
        // A negative number is a value; a word that looks like an option is a forgotten value.
        if words[index].hasPrefix("--") {
            throw usage(
                "--\(name) needs a value, but \(shown(words[index])) follows",
                "write \(option.usage), or --\(name)=\(words[index]) if that is the value")
        }
        set(try value(words[index], of: option), of: option)
        index += 1
    }

    /// A further value of a repeatable option comes behind those before it.
    private mutating func set(_ value: ParsedOptions.Value, of option: OptionSpec) {
        if case .texts(let further) = value, case .texts(let earlier) = values[option.name] {
            values[option.name] = .texts(earlier + further)
        } else {
            values[option.name] = value
        }
    }

    private func value(_ text: String, of option: OptionSpec) throws(CommandError) -> ParsedOptions.Value {
        func wrong(_ why: String, _ advice: String) -> CommandError {
            usage("--\(option.name) \(shown(text)): \(why)", advice)
        }
        switch option.kind {
        case .flag: preconditionFailure("a flag has no value")
        case .text:
            if text.isEmpty { throw wrong("empty", "write \(option.usage)") }
            return .text(text)
        case .texts:
            if text.isEmpty { throw wrong("empty", "write \(option.usage)") }
            return .texts([text])
        case .choice(let words):
            if words.contains(text) { return .text(text) }
            let advice = Suggestion.nearest(to: text, in: words).map { "did you mean \($0)?" }
            throw wrong("no such choice", advice ?? "one of \(words.joined(separator: ", "))")
        case .count(let range):
            let digits = text.filter { $0 != "_" }
            guard let count = Int(digits), !digits.hasPrefix("+") else {
                throw wrong("not a whole number", "write \(option.usage), for example --\(option.name)=1000")
            }
            guard range.contains(count) else {
                throw wrong("out of range", "from \(range.lowerBound) to \(range.upperBound)")
            }
            return .count(count)
        case .duration:
            guard let ns = DurationText.parse(text) else {
                throw wrong("not a length of time", "a number and a unit: ns, us, ms, s, m, h or d, as in 5s")
            }
            return .durationNs(ns)
        case .fraction:
            guard let fraction = FractionText.parse(text) else {
                throw wrong("not a fraction", "a number from 0 to 1, or a percentage such as 2.5%")
            }
            return .fraction(fraction)
        }
    }

    private func checkOperands() throws(CommandError) {
        guard let operand = spec.operand else {
            if let first = operands.first {
                throw usage("unexpected \(shown(first))", "pks \(spec.name) takes options only")
            }
            return
        }
        if operands.count < operand.countMin {
            throw usage("no \(operand.name)", "usage: pks \(spec.name) \(spec.synopsis)")
        }
        if operands.count > operand.countMax {
            throw usage(
                "unexpected \(shown(operands[operand.countMax]))", "usage: pks \(spec.name) \(spec.synopsis)")
        }
    }

    private func usage(_ why: String, _ advice: String) -> CommandError {
        .failed(.usage, what: spec.name, why: why, advice: advice)
    }
}

/// A word of the user's as a message may show it: in quotes when it is empty or has blanks, control
/// characters by their code so that no message moves a cursor.
func shown(_ word: String) -> String {
    var text = ""
    for scalar in word.unicodeScalars {
        if scalar.properties.generalCategory == .control {
            text += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return text.isEmpty || text.contains(" ") ? "\"\(text)\"" : text
}

/// Fractions as options spell them.
enum FractionText {
    /// 0...1 from a plain decimal or a percentage, or nil.
    static func parse(_ text: String) -> Double? {
        let isPercentage = text.hasSuffix("%")
        let number = Array((isPercentage ? text.dropLast() : text[...]).utf8)
        guard let units = try? parseDecimal(number.span, decimals: 12) else { return nil }
        let fraction = Double(units) / (isPercentage ? 1e14 : 1e12)
        return (0...1).contains(fraction) ? fraction : nil
    }
}
