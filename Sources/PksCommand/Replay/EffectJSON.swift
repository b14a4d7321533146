import Accumulator
import FixedPoint
import LotMatching

/// Writes one effect as a line of effects.jsonl. docs/effects.md says what the names mean; names are only
/// ever added. All numbers are strings, because they are exact and most JSON readers are not.
struct EffectJSON {
    /// The line so far.
    private(set) var line: [UInt8] = []
    private let sources: SourceFiles

    init(sources: SourceFiles) { self.sources = sources }

    /// Makes the line of an effect, with its newline; `key` is nil for a reject whose key the book never had.
    mutating func format(_ effect: Effect, _ key: KeyInfo?, detail: String) {
        line.removeAll(keepingCapacity: true)
        line.append(static: "{\"seq\":\"")
        EffectText.append(effect.seq, to: &line)
        line.append(static: "\",\"effect\":\"")
        line.append(static: Self.name(of: effect.kind))
        line.append(static: "\"")
        if let key {
            line.append(static: ",")
            line.append(contentsOf: key.jsonNames)
        }
        switch (effect.kind, key) {
        case (.lotUpsert, let key?), (.lotDelete, let key?): appendLot(effect, key)
        case (.match, let key?): appendMatch(effect, key)
        case (.rollupUpsert, let key?), (.rollupDelete, let key?): appendRollup(effect, key)
        case (.realizedPnl, let key?): appendRealized(effect, key)
        case (.position, let key?): appendPosition(effect, key)
        case (.reject, _): appendReject(effect, key, detail)
        default: preconditionFailure("only a reject can be without a key")
        }
        line.append(static: "}\n")
    }

    private static func name(of kind: Effect.Kind) -> StaticString {
        switch kind {
        case .lotUpsert, .lotDelete: "lot"
        case .match: "match"
        case .rollupUpsert, .rollupDelete: "rollup"
        case .realizedPnl: "realized_pnl"
        case .position: "position"
        case .reject: "reject"
        }
    }

    private mutating func appendLot(_ effect: Effect, _ key: KeyInfo) {
        append("op", static: effect.kind == .lotDelete ? "DELETE" : "UPSERT")
        append("side", static: effect.isLong ? "LONG" : "SHORT")
        append("open_seq", seq: effect.openSeq)
        append("trade_id", effect.tradeID)
        append("order_id", effect.orderID)
        append("qty_open", effect.qtyOpen, decimals: key.qtyDecimals)
        append("qty_remaining", effect.qty, decimals: key.qtyDecimals)
        append("price") { effect.appendLotPrice(key.scales, to: &$0) }
        append("opened_ns", effect.openNs, decimals: 0)
    }

    private mutating func appendMatch(_ effect: Effect, _ key: KeyInfo) {
        append("match_id") { effect.appendMatchID(to: &$0) }
        append("side", static: effect.isLong ? "LONG" : "SHORT")
        append("open_seq", seq: effect.openSeq)
        append("open_trade_id", effect.tradeID)
        append("close_trade_id", effect.closeTradeID)
        append("qty", effect.qty, decimals: key.qtyDecimals)
        append("open_price") { effect.appendOpenPrice(key.scales, to: &$0) }
        append("close_price", effect.closePrice, decimals: key.priceDecimals)
        append("realized_pnl", effect.money, decimals: key.moneyDecimals)
        append("open_fee") { effect.appendOpenFee(key.scales, to: &$0) }
        append("close_fee") { effect.appendCloseFee(key.scales, to: &$0) }
        append("open_ns", effect.openNs, decimals: 0)
        append("close_ns", effect.closeNs, decimals: 0)
    }

    private mutating func appendRollup(_ effect: Effect, _ key: KeyInfo) {
        append("op", static: effect.kind == .rollupDelete ? "DELETE" : "UPSERT")
        append("net_qty", effect.qty, decimals: key.qtyDecimals)
        append("avg_price") { effect.appendAveragePrice(key.scales, to: &$0) }
        append("open_cost", effect.cost, decimals: key.moneyDecimals)
        append("last_price", effect.price, decimals: key.priceDecimals)
        append("event_ns", effect.openNs, decimals: 0)
    }

    private mutating func appendRealized(_ effect: Effect, _ key: KeyInfo) {
        append("op", static: "UPSERT")
        append("realized_pnl", effect.money, decimals: key.moneyDecimals)
        append("fees", effect.fee, decimals: key.feeDecimals)
        append("net_pnl") { effect.appendNetPnl(key.scales, to: &$0) }
        append("event_ns", effect.openNs, decimals: 0)
    }

    private mutating func appendPosition(_ effect: Effect, _ key: KeyInfo) {
        append("op", static: effect.movementText)
        appendFill(effect, key)
        append("net_qty_before", effect.qtyOpen, decimals: key.qtyDecimals)
        append("net_qty", effect.netQtyAfter, decimals: key.qtyDecimals)
        appendSource(effect.sourceRef)
    }

    private mutating func appendReject(_ effect: Effect, _ key: KeyInfo?, _ detail: String) {
        append("reason", text: RejectReason(rawValue: effect.reason)?.text ?? "reason_\(effect.reason)")
        append("detail", text: detail)
        if let key {
            appendFill(effect, key)
        } else if !effect.tradeID.isEmpty {
            append("trade_id", effect.tradeID)
            append("order_id", effect.orderID)
        }
        appendSource(effect.sourceRef)
        guard effect.reason == RejectReason.conflict.rawValue, let key else { return }
        append("first_seq", seq: effect.openSeq)
        append("first_side", static: effect.firstIsBuy ? "BUY" : "SELL")
        append("first_qty", effect.qtyOpen, decimals: key.qtyDecimals)
        append("first_price", effect.closePrice, decimals: key.priceDecimals)
        let first = sources.place(of: effect.firstSourceRef)
        append("first_file", text: first.file)
        append("first_line", seq: first.line)
    }

    /// The fill that a position event or a reject is about.
    private mutating func appendFill(_ effect: Effect, _ key: KeyInfo) {
        append("trade_id", effect.tradeID)
        append("order_id", effect.orderID)
        append("side", static: effect.isLong ? "BUY" : "SELL")
        append("qty", effect.qty, decimals: key.qtyDecimals)
        append("price", effect.price, decimals: key.priceDecimals)
        append("event_ns", effect.openNs, decimals: 0)
    }

    private mutating func appendSource(_ reference: UInt64) {
        let place = sources.place(of: reference)
        append("file", text: place.file)
        append("line", seq: place.line)
    }

    // MARK: - Members of an object

    /// `,"name":"`, for a value that the caller writes and closes.
    private mutating func appendName(_ name: StaticString) {
        line.append(static: ",\"")
        line.append(static: name)
        line.append(static: "\":\"")
    }

    /// A number that may not exist: null when `write` appends nothing.
    private mutating func append(_ name: StaticString, _ write: (inout [UInt8]) -> Void) {
        appendName(name)
        let start = line.count
        write(&line)
        if line.count > start { return line.append(static: "\"") }
        line.removeLast()
        line.append(static: "null")
    }

    private mutating func append(_ name: StaticString, _ units: Int128, decimals: Int) {
        appendName(name)
        appendDecimal(units, decimals: decimals, to: &line)
        line.append(static: "\"")
    }

    private mutating func append(_ name: StaticString, _ units: Int64, decimals: Int) {
        appendName(name)
        appendDecimal(units, decimals: decimals, to: &line)
        line.append(static: "\"")
    }

    private mutating func append(_ name: StaticString, seq: UInt64) {
        appendName(name)
        EffectText.append(seq, to: &line)
        line.append(static: "\"")
    }

    private mutating func append(_ name: StaticString, static text: StaticString) {
        appendName(name)
        line.append(static: text)
        line.append(static: "\"")
    }

    private mutating func append(_ name: StaticString, text: String) {
        line.append(static: ",")
        line.append(jsonName: name)
        line.append(json: text)
    }

    private mutating func append(_ name: StaticString, _ id: PaddedText40) {
        line.append(static: ",")
        line.append(jsonName: name)
        line.append(json: id)
    }
}
