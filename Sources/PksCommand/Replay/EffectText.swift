import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// Effects as text: the rows of matches.csv and the lines of effects.jsonl (docs/effects.md). Bytes are
/// appended; nothing is kept.
enum EffectText {
    /// One row of matches.csv, with its newline.
    static func appendMatch(_ effect: Effect, _ key: KeyInfo, to row: inout [UInt8]) {
        appendMatchID(effect, to: &row)
        row.append(UInt8(ascii: ","))
        row.append(contentsOf: key.csvNames)
        row.append(static: effect.isLong ? ",LONG," : ",SHORT,")
        row.append(csv: effect.tradeID)
        row.append(UInt8(ascii: ","))
        row.append(csv: effect.closeTradeID)
        row.append(UInt8(ascii: ","))
        appendDecimal(effect.qty, decimals: key.qtyDecimals, to: &row)
        row.append(UInt8(ascii: ","))
        appendOpenPrice(effect, key, to: &row)
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

    /// Derived from the pair, so that every replay gives the same: the records that opened and closed.
    static func appendMatchID(_ effect: Effect, to text: inout [UInt8]) {
        append(effect.openSeq, to: &text)
        text.append(UInt8(ascii: "-"))
        append(effect.seq, to: &text)
    }

    /// A sequence number or a line.
    static func append(_ number: UInt64, to text: inout [UInt8]) {
        appendDecimal(Int64(clamping: number), decimals: 0, to: &text)
    }

    /// The opening price of a match: the lot's, or the pool's average before the match.
    static func appendOpenPrice(_ effect: Effect, _ key: KeyInfo, to text: inout [UInt8]) {
        guard key.method == .average else {
            return appendDecimal(effect.price, decimals: key.priceDecimals, to: &text)
        }
        appendPoolPrice(cost: effect.cost, qty: effect.poolQty, isLong: effect.isLong, key, to: &text)
    }

    /// The average price of a pool from its signed cost and its quantity; nothing when it is empty.
    static func appendPoolPrice(
        cost: Int128, qty: Int64, isLong: Bool, _ key: KeyInfo, to text: inout [UInt8]
    ) {
        appendAveragePrice(
            openCost: Money(units: cost), netQty: Quantity(units: isLong ? qty : -qty),
            multiplier: key.multiplier, priceDecimals: key.priceDecimals, to: &text)
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
