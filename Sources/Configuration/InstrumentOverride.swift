import Accumulator
import FixedPoint
public import LotMatching

/// What a configuration says of one symbol, over its instruments file and its defaults.
public struct InstrumentOverride: Sendable {
    /// The symbol.
    public var symbol: String
    /// What was said, by key.
    public internal(set) var values: [InstrumentKey: Setting<InstrumentValue>]

    /// The instrument with this said of it.
    func applied(to instrument: Instrument) -> Instrument {
        var changed = instrument
        changed.symbol = symbol
        for (key, setting) in values {
            switch (key, setting.value) {
            case (.priceDecimals, .count(let decimals)): changed.priceDecimals = decimals
            case (.qtyDecimals, .count(let decimals)): changed.qtyDecimals = decimals
            case (.feeDecimals, .count(let decimals)): changed.feeDecimals = decimals
            case (.multiplier, .multiplier(let units, let decimals)):
                changed.multiplier = units
                changed.multiplierDecimals = decimals
            case (.currency, .text(let text)): changed.currency = text
            case (.instrumentClass, .text(let text)): changed.instrumentClass = text
            case (.method, .method(let method)): changed.method = method
            default: preconditionFailure("\(key) holds \(setting.value)")
            }
        }
        return changed
    }
}

/// A value of an instrument's table.
public enum InstrumentValue: Hashable, Sendable {
    /// Decimals.
    case count(Int)
    /// A multiplier in units of 10^-decimals.
    case multiplier(units: Int64, decimals: Int)
    /// A currency or a class.
    case text(String)
    /// A lot method.
    case method(LotMethod)
}

extension ValueDecoder {
    private static let symbolBytesMax = 48
    private static let currencyBytesMax = 8
    private static let classBytesMax = 48

    /// The tables of `instrument`, a symbol each.
    mutating func instruments(_ entry: TOMLEntry) -> [InstrumentOverride] {
        guard case .table(let symbols) = entry.value.content else {
            notTable(entry, "a table of symbols, such as ES = { price_decimals = 2 },")
            return []
        }
        return symbols.compactMap { instrument($0) }
    }

    private mutating func instrument(_ entry: TOMLEntry) -> InstrumentOverride? {
        if !isName(entry.key, bytesMax: Self.symbolBytesMax) {
            mistakes.add(
                .file(entry.place), "\(quoted(entry.key)) is no symbol",
                "1 to \(Self.symbolBytesMax) bytes without control characters were expected")
            return nil
        }
        guard case .table(let fields) = entry.value.content else {
            notTable(entry, "a table such as { price_decimals = 2, multiplier = \"50\" }")
            return nil
        }
        var override = InstrumentOverride(symbol: entry.key, values: [:])
        for field in fields {
            guard let key = InstrumentKey(rawValue: field.key) else {
                unknown(
                    field, known: InstrumentKey.allCases.map(\.rawValue),
                    in: "instrument \(shown(entry.key))")
                continue
            }
            if let value = instrumentValue(key, field) {
                override.values[key] = Setting(value, .file(field.value.place))
            }
        }
        return override
    }

    private mutating func instrumentValue(_ key: InstrumentKey, _ entry: TOMLEntry) -> InstrumentValue? {
        switch (key, entry.value.content) {
        case (.priceDecimals, .integer(let number)), (.qtyDecimals, .integer(let number)),
            (.feeDecimals, .integer(let number)):
            if (0...Int64(decimalsMax)).contains(number) { return .count(Int(number)) }
        case (.multiplier, .integer(let number)) where number > 0:
            return .multiplier(units: number, decimals: 0)
        case (.multiplier, .text(let text)):
            if let exact = Self.multiplier(text) { return exact }
        case (.currency, .text(let text)) where isName(text, bytesMax: Self.currencyBytesMax):
            return .text(text)
        case (.instrumentClass, .text(let text)) where isName(text, bytesMax: Self.classBytesMax):
            return .text(text)
        case (.method, _): return method(entry).map { .method($0.value) }
        default: break
        }
        _ = wrong(entry, Self.expectation(key))
        return nil
    }

    private static func expectation(_ key: InstrumentKey) -> String {
        switch key {
        case .priceDecimals, .qtyDecimals, .feeDecimals: "a whole number from 0 to \(decimalsMax)"
        case .multiplier:
            "a number above zero, in quotes when it has a point (\"0.1\"), so that it stays exact,"
        case .currency: "1 to \(currencyBytesMax) bytes of text in quotes"
        case .instrumentClass: "1 to \(classBytesMax) bytes of text in quotes"
        case .method: ValueKind.method.expectation
        }
    }

    /// At as few decimals as it needs.
    private static func multiplier(_ text: String) -> InstrumentValue? {
        let bytes = Array(text.utf8)
        for decimals in 0...decimalsMax {
            do throws(DecimalParseError) {
                let units = try parseDecimal(bytes.span, decimals: decimals)
                return units > 0 ? .multiplier(units: units, decimals: decimals) : nil
            } catch {
                guard case .tooManyDecimals = error else { return nil }
            }
        }
        return nil
    }

    private func isName(_ text: String, bytesMax: Int) -> Bool {
        (1...bytesMax).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
