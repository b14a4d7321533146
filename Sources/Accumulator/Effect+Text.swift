import FixedPoint
import LotMatching

// What an effect's fields mean as text, the same in files and on the bus: plain exact decimals, appended to bytes
// that are used again. Where a number does not exist, such as the price of an empty pool, nothing is appended. Any
// thread; allocates only when the array must grow.
extension Effect {
    /// The id of a match, which is the same in every replay: the records that opened and closed.
    public func appendMatchID(to text: inout [UInt8]) {
        appendDecimal(Int64(clamping: openSeq), decimals: 0, to: &text)
        text.append(UInt8(ascii: "-"))
        appendDecimal(Int64(clamping: seq), decimals: 0, to: &text)
    }

    /// The opening price of a match: the lot's, or the pool's average before the match.
    public func appendOpenPrice(_ scales: KeyScales, to text: inout [UInt8]) {
        guard scales.method == .average else {
            return appendDecimal(price, decimals: scales.priceDecimals, to: &text)
        }
        appendPoolPrice(qty: poolQty, scales, to: &text)
    }

    /// The price of a lot: of its opening, or the average of a pool, which an empty one does not have.
    public func appendLotPrice(_ scales: KeyScales, to text: inout [UInt8]) {
        guard scales.method == .average else {
            return appendDecimal(price, decimals: scales.priceDecimals, to: &text)
        }
        appendPoolPrice(qty: qty, scales, to: &text)
    }

    /// The average price of a rollup, which a flat position does not have.
    public func appendAveragePrice(_ scales: KeyScales, to text: inout [UInt8]) {
        FixedPoint.appendAveragePrice(
            openCost: Money(units: cost), netQty: Quantity(units: qty), multiplier: scales.multiplier,
            priceDecimals: scales.priceDecimals, to: &text)
    }

    /// The realized P&L of a key less its fees.
    public func appendNetPnl(_ scales: KeyScales, to text: inout [UInt8]) {
        FixedPoint.appendNetPnl(
            realized: Money(units: money), moneyDecimals: scales.moneyDecimals, fees: fee,
            feeDecimals: scales.feeDecimals, to: &text)
    }

    /// The opening fill's fee pro rata to what was matched; a pool has no opening fill.
    public func appendOpenFee(_ scales: KeyScales, to text: inout [UInt8]) {
        appendFee(fee, of: feeQty.open, scales, to: &text)
    }

    /// The closing fill's fee pro rata to what was matched.
    public func appendCloseFee(_ scales: KeyScales, to text: inout [UInt8]) {
        appendFee(closeFee, of: feeQty.close, scales, to: &text)
    }

    /// The net quantity after a position event; it may be outside 64 bits only when the fill was rejected.
    public var netQtyAfter: Int128 { Int128(qtyOpen) + (isLong ? Int128(qty) : -Int128(qty)) }

    /// The stable name of how a position moved.
    public var movementText: StaticString {
        switch movement {
        case .none: "NONE"
        case .open: "OPEN"
        case .increase: "INCREASE"
        case .decrease: "DECREASE"
        case .close: "CLOSE"
        case .flip: "FLIP"
        }
    }

    /// `cost` is signed as the position is.
    private func appendPoolPrice(qty: Int64, _ scales: KeyScales, to text: inout [UInt8]) {
        FixedPoint.appendAveragePrice(
            openCost: Money(units: cost), netQty: Quantity(units: isLong ? qty : -qty),
            multiplier: scales.multiplier, priceDecimals: scales.priceDecimals, to: &text)
    }

    private func appendFee(
        _ fee: Int64, of filled: Int64, _ scales: KeyScales, to text: inout [UInt8]
    ) {
        if filled == 0 { return }
        let decimals = max(scales.feeDecimals, averagePriceDecimals)
        let share = proRataFee(
            fee, feeDecimals: scales.feeDecimals, matched: Quantity(units: qty),
            filled: Quantity(units: filled), decimals: decimals)
        appendDecimal(share, decimals: decimals, to: &text)
    }
}
