import Accumulator
import LotMatching

/// One fill of a position, and what it did.
struct ExplainRow {
    /// What became of the fill.
    enum Outcome: Equatable {
        case applied
        case duplicate
        case rejected(String)
    }

    let seq: UInt64
    let isBuy: Bool
    let qty: Int64
    let price: Int64
    let fee: Int64
    /// The currency that the fee states; empty when it states none.
    let feeCurrency: String
    let tradeID: String
    let orderID: String
    let eventNs: Int64
    var outcome = Outcome.duplicate
    var matches: [ExplainMatch] = []
    /// What all fills up to it come to.
    var totals = ExplainTotals()
}

/// What fills come to.
struct ExplainTotals: Equatable {
    var fillCount: UInt64 = 0
    var boughtQty: Int128 = 0
    var soldQty: Int128 = 0
    var realizedPnl: Int128 = 0
    /// In the instrument's currency.
    var fees: Int128 = 0
    /// In others, by currency; none is zero.
    var otherFees: [String: Int128] = [:]

    var netQty: Int128 { boughtQty - soldQty }
}

/// What a fill closed of one lot, or of the pool.
struct ExplainMatch {
    let openSeq: UInt64
    let isLong: Bool
    let qty: Int64
    /// Of the lot; a pool has none.
    let openPrice: Int64
    let closePrice: Int64
    let openTradeID: String
    /// Realised P&L of the match.
    let money: Int128
    /// Under `average`: the pool before the match.
    let poolCost: Int128
    let poolQty: Int64
    /// Realised P&L with it.
    var realizedSum: Int128 = 0
}
