import Accumulator
import FillRecords
import FixedPoint
import LotMatching

/// The columns of an instruments file.
enum InstrumentField: String {
    case symbol
    case priceDecimals = "price_decimals"
    case qtyDecimals = "qty_decimals"
    case feeDecimals = "fee_decimals"
    case multiplier
    case currency
    case instrumentClass = "class"
    case method
}

/// Which column of an instruments file holds what.
struct InstrumentHeader {
    private(set) var columns: [(column: Int, field: InstrumentField)] = []
    private(set) var columnCount = 0
    private(set) var unknownNames: [String] = []

    mutating func read(_ fields: [FieldSlice], in row: Span<UInt8>) throws(RowProblem) {
        var found: [(column: Int, field: InstrumentField)] = []
        for (column, slice) in fields.enumerated() where slice.isPresent {
            let name = row.extracting(slice.range)
            guard let field = InstrumentField(rawValue: shownText(name, bytesMax: 64)) else {
                if unknownNames.count < 32 { unknownNames.append(quoted(name)) }
                continue
            }
            if found.contains(where: { $0.field == field }) {
                throw RowProblem(
                    reason: .duplicateColumn, offset: slice.start,
                    detail: "column \(field.rawValue) is there twice")
            }
            found.append((column, field))
        }
        if !found.contains(where: { $0.field == .symbol }) {
            throw RowProblem(reason: .missingColumn, offset: 0, detail: "the header has no column symbol")
        }
        columns = found
        columnCount = fields.count
    }
}

/// One row of an instruments file as an instrument.
struct InstrumentRow {
    private(set) var instrument: Instrument
    private(set) var symbolOffset = 0

    private static let symbolBytesMax = 48
    private static let currencyBytesMax = 8
    private static let classBytesMax = 48

    init(
        _ fields: [FieldSlice], of header: InstrumentHeader, in row: Span<UInt8>, defaults: Instrument
    ) throws(RowProblem) {
        instrument = defaults
        for (column, field) in header.columns where fields[column].isPresent {
            try take(field, fields[column], row.extracting(fields[column].range))
        }
        if instrument.symbol.isEmpty {
            throw RowProblem(reason: .missingField, offset: row.count, detail: "symbol is missing or empty")
        }
    }

    private mutating func take(
        _ field: InstrumentField, _ slice: FieldSlice, _ text: Span<UInt8>
    ) throws(RowProblem) {
        switch field {
        case .symbol:
            instrument.symbol = try name(text, slice, field, bytesMax: InstrumentRow.symbolBytesMax)
            symbolOffset = slice.start
        case .priceDecimals: instrument.priceDecimals = try decimals(text, slice, field)
        case .qtyDecimals: instrument.qtyDecimals = try decimals(text, slice, field)
        case .feeDecimals: instrument.feeDecimals = try decimals(text, slice, field)
        case .multiplier: try takeMultiplier(text, slice)
        case .currency:
            instrument.currency = try name(text, slice, field, bytesMax: InstrumentRow.currencyBytesMax)
        case .instrumentClass:
            instrument.instrumentClass = try name(text, slice, field, bytesMax: InstrumentRow.classBytesMax)
        case .method: instrument.method = try method(text, slice)
        }
    }

    private func method(_ text: Span<UInt8>, _ slice: FieldSlice) throws(RowProblem) -> LotMethod {
        if let method = LotMethod(name: shownText(text, bytesMax: 16)) { return method }
        throw RowProblem(
            reason: .badInstrument, offset: slice.start,
            detail: "method is \(quoted(text)); one of"
                + " \(LotMethod.allCases.map(\.name).joined(separator: ", ")) is expected")
    }

    private func decimals(
        _ text: Span<UInt8>, _ slice: FieldSlice, _ field: InstrumentField
    ) throws(RowProblem) -> Int {
        if let number = wholeNumber(text), number <= decimalsMax { return number }
        throw RowProblem(
            reason: .badInstrument, offset: slice.start,
            detail: "\(field.rawValue) is \(quoted(text)); 0 to \(decimalsMax) is expected")
    }

    /// At as few decimals as it needs.
    private mutating func takeMultiplier(_ text: Span<UInt8>, _ slice: FieldSlice) throws(RowProblem) {
        var decimals = 0
        while true {
            do throws(DecimalParseError) {
                instrument.multiplier = try parseDecimal(text, decimals: decimals)
                instrument.multiplierDecimals = decimals
                break
            } catch {
                if case .tooManyDecimals(let stated, _) = error, stated <= decimalsMax, decimals == 0 {
                    decimals = stated
                    continue
                }
                throw RowProblem(
                    reason: .badInstrument, offset: slice.start + error.offset,
                    detail: "multiplier \(quoted(text)): \(error)")
            }
        }
        if instrument.multiplier <= 0 {
            throw RowProblem(
                reason: .badInstrument, offset: slice.start,
                detail: "multiplier is \(quoted(text)); more than zero is expected")
        }
    }

    private func name(
        _ text: Span<UInt8>, _ slice: FieldSlice, _ field: InstrumentField, bytesMax: Int
    ) throws(RowProblem) -> String {
        if text.count > bytesMax {
            throw RowProblem(
                reason: .nameTooLong, offset: slice.start,
                detail: "\(field.rawValue) has \(text.count) bytes; \(bytesMax) is the most")
        }
        if let offset = firstControl(in: text) {
            throw RowProblem(
                reason: .binaryData, offset: slice.start + offset,
                detail: "\(field.rawValue) has \(spelled(text[offset])), a control character")
        }
        return string(text)
    }
}
