import Accumulator
import FixedPoint
import LotMatching
import PositionText

/// An explanation for people: one line a fill, one line a match under it, open lots, and the sums.
final class ExplainText: ExplainOutput {
    private let output: ByteWriter
    private let terminal: Terminal
    private var fold: ExplainFold
    private let lotsMax: Int
    private var key: KeyInfo?
    private var isFoldTold = false

    init(_ output: ByteWriter, _ terminal: Terminal, _ fold: ExplainFold) {
        self.output = output
        self.terminal = terminal
        self.fold = fold
        lotsMax = fold.lastMax ?? .max
    }

    func begin(
        _ key: KeyInfo, currency: String, _ opening: ExplainOpening, afterSeq: UInt64
    ) throws(CommandError) {
        self.key = key
        let names =
            "\(key.book): account \(shown(key.names.account)), strategy \(shown(key.names.strategy)), "
        var title = names + "symbol \(shown(key.names.symbol))"
        title +=
            " (\(key.method.name), multiplier "
            + decimalText(key.multiplier, decimals: key.multiplierDecimals)
        title += currency.isEmpty ? ")" : ", \(currency))"
        try output.write(terminal.styled(visible(title), .bold) + "\n")
        if opening.totals.fillCount > 0 {
            try output.write(
                "opening balance, as a checkpoint has it after record \(afterSeq): "
                    + text(opening.totals, key) + "\n")
            try writeLots(opening.lots, (0, 0), key)
            try output.write("\n")
        }
    }

    func add(_ row: ExplainRow) throws(CommandError) {
        if let row = fold.add(row) { try tell(row) }
    }

    private func tell(_ row: ExplainRow) throws(CommandError) {
        guard let key else { return }
        try tellFold(key)
        let number = String(row.seq)
        var line = String(repeating: " ", count: max(0, 10 - number.count)) + number
        line += "  \(row.isBuy ? "BUY" : "SELL") " + decimalText(row.qty, decimals: key.qtyDecimals)
        line += " @ " + decimalText(row.price, decimals: key.priceDecimals)
        if row.fee != 0 || !row.feeCurrency.isEmpty {
            line += ", fee " + decimalText(row.fee, decimals: key.feeDecimals)
            line += row.feeCurrency.isEmpty ? "" : " \(row.feeCurrency)"
        }
        line += ", trade \(shown(row.tradeID))"
        if !row.orderID.isEmpty { line += ", order \(shown(row.orderID))" }
        line += ", event \(row.eventNs): "
        switch row.outcome {
        case .applied: line += "net " + decimalText(row.totals.netQty, decimals: key.qtyDecimals)
        case .duplicate: line += "ignored, the same fill came before"
        case .rejected(let reason): line += "not applied, \(reason)"
        }
        try output.write(visible(line) + "\n")
        for match in row.matches { try output.write("            " + visible(text(match, key)) + "\n") }
    }

    /// What lies before the first row that is told.
    private func tellFold(_ key: KeyInfo) throws(CommandError) {
        guard !isFoldTold else { return }
        isFoldTold = true
        guard let last = fold.folded else { return }
        try output.write(
            "... brought forward: \(fold.foldedCount) rows up to record \(last.seq): "
                + text(last.totals, key) + "\n")
    }

    private func text(_ totals: ExplainTotals, _ key: KeyInfo) -> String {
        var line =
            "\(totals.fillCount) fills, bought " + decimalText(totals.boughtQty, decimals: key.qtyDecimals)
        line += ", sold " + decimalText(totals.soldQty, decimals: key.qtyDecimals)
        line += ", net " + decimalText(totals.netQty, decimals: key.qtyDecimals)
        line += ", realised " + decimalText(totals.realizedPnl, decimals: key.moneyDecimals)
        line += ", fees " + decimalText(totals.fees, decimals: key.feeDecimals)
        for (currency, fees) in totals.otherFees.sorted(by: { $0.key < $1.key }) {
            line += " and " + decimalText(fees, decimals: key.feeDecimals) + " \(visible(currency))"
        }
        return line
    }

    private func text(_ match: ExplainMatch, _ key: KeyInfo) -> String {
        let qty = decimalText(match.qty, decimals: key.qtyDecimals)
        let close = decimalText(match.closePrice, decimals: key.priceDecimals)
        let factor =
            key.multiplier == 1 && key.multiplierDecimals == 0
            ? "" : " x " + decimalText(key.multiplier, decimals: key.multiplierDecimals)
        let money = decimalText(match.money, decimals: key.moneyDecimals)
        let sum = decimalText(match.realizedSum, decimals: key.moneyDecimals)
        let side = match.isLong ? "LONG" : "SHORT"
        guard key.method == .average else {
            let open = decimalText(match.openPrice, decimals: key.priceDecimals)
            let prices = match.isLong ? "(\(close) - \(open))" : "(\(open) - \(close))"
            return "closes \(side) \(qty) of record \(match.openSeq), trade \(shown(match.openTradeID)): "
                + "\(prices) x \(qty)\(factor) = \(money), realised so far \(sum)"
        }
        let cost = averageCostTaken(cost: match.poolCost, closed: match.qty, open: match.poolQty)
        let costText = decimalText(cost < 0 ? 0 &- cost : cost, decimals: key.moneyDecimals)
        let pool = decimalText(match.poolQty, decimals: key.qtyDecimals)
        let poolCost = decimalText(
            match.poolCost < 0 ? 0 &- match.poolCost : match.poolCost, decimals: key.moneyDecimals)
        let price = "\(close) x \(qty)\(factor)"
        let difference = match.isLong ? "\(price) - \(costText)" : "\(costText) - \(price)"
        return "closes \(side) \(qty) of the pool of \(pool), whose cost of \(poolCost) gives \(costText): "
            + "\(difference) = \(money), realised so far \(sum)"
    }

    // MARK: - The end

    func end(_ result: ExplainResult) throws(CommandError) {
        guard let key else { return }
        for row in fold.rest() { try tell(row) }
        try tellFold(key)
        try output.write("\nopen at record \(result.lastSeq):\n")
        try writeLots(result.lots, result.pool, key)
        try output.write("\n")
        var table = TextTable([
            TextTable.Column(name: "", isNumber: false),
            TextTable.Column(name: "FROM THE ROWS", isNumber: true),
            TextTable.Column(name: "", isNumber: false),
            TextTable.Column(name: "THE POSITION", isNumber: true),
        ])
        for line in result.lines {
            table.add([line.name, line.computed, line.agrees ? "=" : "DIFFERS FROM", line.own])
        }
        try output.write(table.text(terminal))
        for fault in result.faults { try output.write(visible("fault: \(fault)") + "\n") }
        try output.write(visible("shared memory: " + slotText(result)) + "\n")
        try output.write(
            result.agrees
                ? terminal.styled("all of it adds up", .green) + "\n"
                : terminal.styled("IT DOES NOT ADD UP", .red) + "\n")
    }

    private func slotText(_ result: ExplainResult) -> String {
        switch result.slot {
        case .same: "the same, word for word"
        case .newer(let seq): "already at record \(seq), which the journal does not have yet: not compared"
        case .older(let seq): "only at record \(seq): not compared"
        case .differs(let how): "DIFFERS: \(how)"
        case nil: "not compared: \(result.slotNote ?? "")"
        }
    }

    private func writeLots(
        _ lots: [ExplainLedger.OpenLot], _ pool: (qty: Int128, cost: Int128), _ key: KeyInfo
    ) throws(CommandError) {
        if key.method == .average && pool.qty != 0 {
            try output.write(
                "  the pool: " + decimalText(pool.qty, decimals: key.qtyDecimals) + ", cost "
                    + decimalText(pool.cost, decimals: key.moneyDecimals) + "\n")
            return
        }
        if lots.isEmpty {
            try output.write("  nothing\n")
            return
        }
        var table = TextTable([
            TextTable.Column(name: "  RECORD", isNumber: true),
            TextTable.Column(name: "TRADE", isNumber: false),
            TextTable.Column(name: "SIDE", isNumber: false), TextTable.Column(name: "OPENED", isNumber: true),
            TextTable.Column(name: "LEFT", isNumber: true), TextTable.Column(name: "PRICE", isNumber: true),
            TextTable.Column(name: "COST", isNumber: true),
        ])
        let foldedCount = max(0, lots.count - lotsMax)
        if foldedCount > 0 {
            let folded = lots.prefix(foldedCount)
            let left = folded.reduce(Int128(0)) { $0 + Int128($1.remaining) }
            let cost = folded.reduce(Int128(0)) { $0 &+ Self.cost($1, key) }
            table.add([
                "...", "\(foldedCount) lots before", "", "", decimalText(left, decimals: key.qtyDecimals), "",
                decimalText(cost, decimals: key.moneyDecimals),
            ])
        }
        for lot in lots.dropFirst(foldedCount) {
            table.add([
                String(lot.openSeq), lot.tradeID, lot.isLong ? "LONG" : "SHORT",
                decimalText(lot.qtyOpen, decimals: key.qtyDecimals),
                decimalText(lot.remaining, decimals: key.qtyDecimals),
                decimalText(lot.price, decimals: key.priceDecimals),
                decimalText(Self.cost(lot, key), decimals: key.moneyDecimals),
            ])
        }
        try output.write(table.text(terminal))
    }

    private static func cost(_ lot: ExplainLedger.OpenLot, _ key: KeyInfo) -> Int128 {
        let value = Price(units: lot.price).times(Quantity(units: lot.remaining)) &* Int128(key.multiplier)
        return lot.isLong ? value : 0 &- value
    }
}
