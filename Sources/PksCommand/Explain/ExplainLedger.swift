import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// Adds up the rows of an explanation, by itself: quantities, fees and P&L from the fills and matches, open lots from
/// what fills opened and matches closed. The book's own numbers are what it is held against in the end.
struct ExplainLedger {
    /// A lot, as the rows say it.
    struct OpenLot {
        let openSeq: UInt64
        let isLong: Bool
        let qtyOpen: Int64
        var remaining: Int64
        let price: Int64
        let tradeID: String
        let openNs: Int64
    }

    let key: KeyInfo
    let currency: String
    private(set) var totals: ExplainTotals
    /// By the record that opened them; empty under `average`.
    private(set) var lots: [UInt64: OpenLot] = [:]
    /// Under `average`: signed.
    private(set) var poolQty: Int128 = 0
    private(set) var poolCost: Int128 = 0
    /// What does not follow from what came before; empty when everything does.
    private(set) var faults: [String] = []

    /// A ledger that begins with what a position is at the start.
    init(_ key: KeyInfo, currency: String, opening: ExplainOpening) {
        self.key = key
        self.currency = currency
        totals = opening.totals
        if key.method == .average {
            poolQty = Int128(opening.slot.net_qty)
            poolCost = opening.openCost
        } else {
            for lot in opening.lots { lots[lot.openSeq] = lot }
        }
    }

    /// The lots in the order in which they were opened.
    var openLots: [OpenLot] { lots.values.sorted { $0.openSeq < $1.openSeq } }

    /// Signed cost of what is open.
    var openCost: Int128 {
        if key.method == .average { return poolCost }
        return lots.values.reduce(0) { $0 &+ signedCost($1) }
    }

    /// Cost of a lot, negative for a short.
    func signedCost(_ lot: OpenLot) -> Int128 {
        let value = product(lot.price, lot.remaining)
        return lot.isLong ? value : 0 &- value
    }

    /// Takes an applied fill with its matches, and writes the running sums into it.
    mutating func apply(_ row: inout ExplainRow) {
        totals.fillCount += 1
        if row.isBuy { totals.boughtQty += Int128(row.qty) } else { totals.soldQty += Int128(row.qty) }
        if row.feeCurrency.isEmpty || row.feeCurrency == currency {
            totals.fees += Int128(row.fee)
        } else {
            let sum = totals.otherFees[row.feeCurrency, default: 0] + Int128(row.fee)
            totals.otherFees[row.feeCurrency] = sum == 0 ? nil : sum
        }
        var closed: Int64 = 0
        for index in row.matches.indices {
            let match = row.matches[index]
            closed += match.qty
            totals.realizedPnl = totals.realizedPnl &+ match.money
            row.matches[index].realizedSum = totals.realizedPnl
            if match.isLong == row.isBuy { fault(row, "closes what it should add to") }
            if key.method == .average { closePool(match, row) } else { closeLot(match, row) }
        }
        let opened = row.qty - closed
        if opened < 0 { fault(row, "closes more than it has") }
        if opened > 0 { open(row, opened) }
        row.totals = totals
    }

    private mutating func closeLot(_ match: ExplainMatch, _ row: ExplainRow) {
        guard var lot = lots[match.openSeq], lot.isLong == match.isLong, lot.price == match.openPrice,
            lot.remaining >= match.qty
        else { return fault(row, "closes a lot that is not open like that: record \(match.openSeq)") }
        let gain = product(match.closePrice, match.qty) &- product(match.openPrice, match.qty)
        if match.money != (match.isLong ? gain : 0 &- gain) {
            fault(row, "realises another amount than its prices give")
        }
        lot.remaining -= match.qty
        lots[match.openSeq] = lot.remaining == 0 ? nil : lot
    }

    private mutating func closePool(_ match: ExplainMatch, _ row: ExplainRow) {
        let open = poolQty.magnitude
        guard match.poolCost == poolCost, UInt128(match.poolQty) == open, match.qty <= match.poolQty,
            match.isLong == (poolQty > 0)
        else { return fault(row, "closes another pool than there is") }
        let cost = averageCostTaken(cost: poolCost, closed: match.qty, open: match.poolQty)
        let proceeds = product(match.closePrice, match.qty)
        if match.money != (match.isLong ? proceeds : 0 &- proceeds) &- cost {
            fault(row, "realises another amount than its price and the pool give")
        }
        poolCost = poolCost &- cost
        poolQty += Int128(match.isLong ? -match.qty : match.qty)
    }

    private mutating func open(_ row: ExplainRow, _ qty: Int64) {
        if key.method == .average {
            let value = product(row.price, qty)
            poolCost = poolCost &+ (row.isBuy ? value : 0 &- value)
            poolQty += Int128(row.isBuy ? qty : -qty)
            return
        }
        lots[row.seq] = OpenLot(
            openSeq: row.seq, isLong: row.isBuy, qtyOpen: qty, remaining: qty, price: row.price,
            tradeID: row.tradeID, openNs: row.eventNs)
    }

    /// price x quantity x multiplier. What does not fit 128 bits was refused by the book; here it wraps, and the sums
    /// do not agree.
    func product(_ price: Int64, _ qty: Int64) -> Int128 {
        Price(units: price).times(Quantity(units: qty)) &* Int128(key.multiplier)
    }

    private mutating func fault(_ row: ExplainRow, _ what: String) {
        if faults.count < 20 { faults.append("record \(row.seq) \(what)") }
    }
}
