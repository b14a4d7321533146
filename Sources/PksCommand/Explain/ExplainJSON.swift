import Accumulator
import FixedPoint
import LotMatching
import Telemetry

/// An explanation for programs: one object, a row of it a line. All numbers are strings, because they are exact.
final class ExplainJSON: ExplainOutput {
    private let output: ByteWriter
    private var fold: ExplainFold
    private var key: KeyInfo?
    private var head = JSONText()
    private var isFirst = true
    private var isHeadTold = false

    init(_ output: ByteWriter, _ fold: ExplainFold) {
        self.output = output
        self.fold = fold
    }

    func begin(
        _ key: KeyInfo, currency: String, _ opening: ExplainOpening, afterSeq: UInt64
    ) throws(CommandError) {
        self.key = key
        head.beginObject()
        head.add("book", key.book)
        head.add("account", key.names.account)
        head.add("strategy", key.names.strategy)
        head.add("symbol", key.names.symbol)
        head.add("method", key.method.name)
        head.add("multiplier", decimalText(key.multiplier, decimals: key.multiplierDecimals))
        head.add("currency", currency)
        if opening.totals.fillCount > 0 {
            head.beginObject("opening")
            head.add("after_seq", String(afterSeq))
            add(opening.totals, key, to: &head)
            head.beginArray("lots")
            for lot in opening.lots { add(lot, key, to: &head) }
            head.endArray()
            head.endObject()
        } else {
            head.add("opening", literal: "null")
        }
    }

    func add(_ row: ExplainRow) throws(CommandError) {
        if let row = fold.add(row) { try tell(row) }
    }

    private func tellHead(_ key: KeyInfo) throws(CommandError) {
        guard !isHeadTold else { return }
        isHeadTold = true
        if let last = fold.folded {
            head.beginObject("brought_forward")
            head.add("rows", String(fold.foldedCount))
            head.add("to_seq", String(last.seq))
            add(last.totals, key, to: &head)
            head.endObject()
        } else {
            head.add("brought_forward", literal: "null")
        }
        try output.write(head.bytes)
        try output.write(",\"fills\":[")
    }

    private func tell(_ row: ExplainRow) throws(CommandError) {
        guard let key else { return }
        try tellHead(key)
        var json = JSONText()
        json.beginObject()
        json.add("seq", String(row.seq))
        json.add("side", row.isBuy ? "BUY" : "SELL")
        json.add("qty", decimalText(row.qty, decimals: key.qtyDecimals))
        json.add("price", decimalText(row.price, decimals: key.priceDecimals))
        json.add("fee", decimalText(row.fee, decimals: key.feeDecimals))
        json.add("fee_currency", row.feeCurrency)
        json.add("trade_id", row.tradeID)
        json.add("order_id", row.orderID)
        json.add("event_ns", String(row.eventNs))
        switch row.outcome {
        case .applied: json.add("outcome", "applied")
        case .duplicate: json.add("outcome", "duplicate")
        case .rejected(let reason):
            json.add("outcome", "rejected")
            json.add("reason", reason)
        }
        json.add("net_qty", decimalText(row.totals.netQty, decimals: key.qtyDecimals))
        json.beginArray("matches")
        for match in row.matches { add(match, row, key, to: &json) }
        json.endArray()
        json.endObject()
        try output.write(isFirst ? "\n" : ",\n")
        isFirst = false
        try output.write(json.bytes)
    }

    private func add(
        _ match: ExplainMatch, _ row: ExplainRow, _ key: KeyInfo, to json: inout JSONText
    ) {
        json.beginObject()
        json.add("match_id", "\(match.openSeq)-\(row.seq)")
        json.add("side", match.isLong ? "LONG" : "SHORT")
        json.add("qty", decimalText(match.qty, decimals: key.qtyDecimals))
        json.add("open_trade_id", match.openTradeID)
        if key.method == .average {
            json.add("pool_qty", decimalText(match.poolQty, decimals: key.qtyDecimals))
            json.add("pool_cost", decimalText(match.poolCost, decimals: key.moneyDecimals))
            let cost = averageCostTaken(cost: match.poolCost, closed: match.qty, open: match.poolQty)
            json.add("cost_taken", decimalText(cost, decimals: key.moneyDecimals))
        } else {
            json.add("open_price", decimalText(match.openPrice, decimals: key.priceDecimals))
        }
        json.add("close_price", decimalText(match.closePrice, decimals: key.priceDecimals))
        json.add("realized_pnl", decimalText(match.money, decimals: key.moneyDecimals))
        json.add("realized_pnl_sum", decimalText(match.realizedSum, decimals: key.moneyDecimals))
        json.endObject()
    }

    private func add(_ totals: ExplainTotals, _ key: KeyInfo, to json: inout JSONText) {
        json.add("fills", String(totals.fillCount))
        json.add("bought_qty", decimalText(totals.boughtQty, decimals: key.qtyDecimals))
        json.add("sold_qty", decimalText(totals.soldQty, decimals: key.qtyDecimals))
        json.add("net_qty", decimalText(totals.netQty, decimals: key.qtyDecimals))
        json.add("realized_pnl", decimalText(totals.realizedPnl, decimals: key.moneyDecimals))
        json.add("fees", decimalText(totals.fees, decimals: key.feeDecimals))
        json.beginObject("other_fees")
        for (currency, fees) in totals.otherFees.sorted(by: { $0.key < $1.key }) {
            json.add(currency, decimalText(fees, decimals: key.feeDecimals))
        }
        json.endObject()
    }

    private func add(_ lot: ExplainLedger.OpenLot, _ key: KeyInfo, to json: inout JSONText) {
        json.beginObject()
        json.add("seq", String(lot.openSeq))
        json.add("trade_id", lot.tradeID)
        json.add("side", lot.isLong ? "LONG" : "SHORT")
        json.add("qty_open", decimalText(lot.qtyOpen, decimals: key.qtyDecimals))
        json.add("qty_remaining", decimalText(lot.remaining, decimals: key.qtyDecimals))
        json.add("price", decimalText(lot.price, decimals: key.priceDecimals))
        json.endObject()
    }

    func end(_ result: ExplainResult) throws(CommandError) {
        guard let key else { return }
        for row in fold.rest() { try tell(row) }
        try tellHead(key)
        var json = JSONText()
        json.beginArray()
        for lot in result.lots { add(lot, key, to: &json) }
        json.endArray()
        try output.write("\n],\"open_lots\":")
        try output.write(json.bytes)
        if key.method == .average {
            var pool = JSONText()
            pool.beginObject()
            pool.add("qty", decimalText(result.pool.qty, decimals: key.qtyDecimals))
            pool.add("cost", decimalText(result.pool.cost, decimals: key.moneyDecimals))
            pool.endObject()
            try output.write(",\n\"pool\":")
            try output.write(pool.bytes)
        }
        var tail = JSONText()
        tail.beginObject()
        for line in result.lines {
            tail.beginObject(line.name)
            tail.add("computed", line.computed)
            tail.add("position", line.own)
            tail.add("agrees", line.agrees)
            tail.endObject()
        }
        tail.endObject()
        try output.write(",\n\"totals\":")
        try output.write(tail.bytes)
        try output.write(
            ",\n\"last_seq\":\"\(result.lastSeq)\",\"slot\":\"\(slotWord(result.slot))\",\"faults\":")
        var faults = JSONText()
        faults.beginArray()
        for fault in result.faults { faults.add(nil, fault) }
        faults.endArray()
        try output.write(faults.bytes)
        try output.write(",\"agrees\":\(result.agrees)}\n")
    }

    private func slotWord(_ slot: LiveSlots.Verdict?) -> String {
        switch slot {
        case .same: "same"
        case .newer: "newer"
        case .older: "older"
        case .differs: "differs"
        case nil: "none"
        }
    }
}
