import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// Effects as text: the rows of matches.csv and the lines of effects.jsonl (docs/effects.md). Bytes are
/// appended; nothing is kept.
enum EffectText {
    /// One row of matches.csv, with its newline.
    static func appendMatch(_ effect: Effect, _ key: KeyInfo, to row: inout [UInt8]) {
        effect.appendMatchID(to: &row)
        row.append(UInt8(ascii: ","))
        row.append(contentsOf: key.csvNames)
        row.append(static: effect.isLong ? ",LONG," : ",SHORT,")
        row.append(csv: effect.tradeID)
        row.append(UInt8(ascii: ","))
        row.append(csv: effect.closeTradeID)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.qty, decimals: key.qtyDecimals, to: &row)
        row.append(UInt8(ascii: ","))
        effect.appendOpenPrice(key.scales, to: &row)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.closePrice, decimals: key.priceDecimals, to: &row)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.money, decimals: key.moneyDecimals, to: &row)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.openNs, decimals: 0, to: &row)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.closeNs, decimals: 0, to: &row)
        row.append(UInt8(ascii: "\n"))
    }

    /// A sequence number or a line.
    static func append(_ number: UInt64, to text: inout [UInt8]) {
        appendDecimal(Int64(clamping: number), decimals: 0, to: &text)
    }
}

// Ids as rows need them, without making strings of them.
extension [UInt8] {
    mutating func append(csv id: PaddedText40) {
        // SAFETY: the bytes are those of a copy that lives for the closure.
        unsafe Swift.withUnsafeBytes(of: id.words) { unsafe append(csv: $0.prefix { $0 != 0 }) }
    }

    mutating func append(json id: PaddedText40) {
        // SAFETY: the bytes are those of a copy that lives for the closure.
        unsafe Swift.withUnsafeBytes(of: id.words) { unsafe append(json: $0.prefix { $0 != 0 }) }
    }
}
