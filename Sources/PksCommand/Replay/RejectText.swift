import Accumulator
import FixedPoint

/// What to tell a person about a fill that a book has rejected.
enum RejectText {
    /// Both versions of a fill whose identity came twice with different economics, each with its place.
    static func conflict(_ effect: Effect, _ key: KeyInfo?, _ sources: SourceFiles) -> String {
        guard let key else { return RejectReason.conflict.detail }
        func version(_ isBuy: Bool, _ qty: Int64, _ price: Int64, _ reference: UInt64) -> String {
            let place = sources.place(of: reference)
            return "\(isBuy ? "BUY" : "SELL") \(decimalText(qty, decimals: key.qtyDecimals)) at "
                + "\(decimalText(price, decimals: key.priceDecimals)) (\(place.file):\(place.line))"
        }
        let this = version(effect.isLong, effect.qty, effect.price, effect.sourceRef)
        let first = version(effect.firstIsBuy, effect.qtyOpen, effect.closePrice, effect.firstSourceRef)
        let order = effect.orderID.isEmpty ? "" : " of order \(effect.orderID.text)"
        return "trade \(effect.tradeID.text)\(order) is \(this), but came first as \(first)"
    }
}
