import Accumulator
import BusMessages
import CSeqlock
import FixedPoint
import LotMatching
import TestSupport
import Testing

/// What effects say comes out of their messages, to the last digit.
@Suite struct EffectMessageTests {
    /// Fills at random in one key whose numbers have these decimals.
    private func randomDesk(
        _ method: LotMethod, _ instrument: Instrument, fills: Int, _ random: inout SeededRandom
    ) -> MessageDesk {
        var desk = MessageDesk(method: method, instrument: instrument)
        for number in 0..<fills {
            // Some ids come again: duplicates and conflicts.
            let id = random.chance(10) ? Int.random(in: 0...number, using: &random) : number
            desk.apply(
                fill(
                    "t\(id)", random.chance(50) ? PKS_SIDE_BUY : PKS_SIDE_SELL,
                    Int64.random(in: 1...1_000_000, using: &random),
                    at: Int64.random(in: -1_000_000...1_000_000_000, using: &random),
                    orderID: random.chance(50) ? "o" : "",
                    fee: Int64.random(in: -1000...1000, using: &random), eventNs: Int64(number)))
        }
        desk.define(key("ES", decimals: 17))
        desk.applyUnknown(fill("lost", PKS_SIDE_BUY, 1, at: 1))
        return desk
    }

    @Test func aRejectedKeyIsToldByItsNames() throws {
        var desk = MessageDesk(method: .fifo, instrument: Instrument(symbol: "ES"))
        let refused = key("ES", decimals: 17)
        desk.define(refused)
        let effect = try #require(desk.takeEffects().last)
        var encoder = EffectEncoder(book: "main")
        var inspector = MessageInspector()
        encoder.learnKeys(of: desk.book)
        encoder.noteKey(refused, seq: effect.seq)
        #expect(encoder.encode(effect, n: 0) == .tradeRejected)
        // SAFETY: copied at once.
        let message = try inspector.decode(.tradeRejected, unsafe bytes(encoder.bytes))
        #expect(message.text("reason") == "decimals_mismatch")
        #expect(message.text("fill.account") == "a" && message.text("fill.strategy") == "s")
        #expect(message.text("fill.symbol") == "ES" && message.text("fill.trade_id") == "")
        // The names of another record are not this one's.
        encoder.noteKey(refused, seq: effect.seq + 1)
        _ = encoder.encode(effect, n: 0)
        // SAFETY: copied at once.
        #expect(try inspector.decode(.tradeRejected, unsafe bytes(encoder.bytes)).has("fill") == false)
    }

    @Test(arguments: LotMethod.allCases, [UInt64(11), 12, 13])
    func everyMessageSaysWhatItsEffectSays(method: LotMethod, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let instrument = Instrument(
            symbol: "ES", priceDecimals: Int.random(in: 0...12, using: &random),
            qtyDecimals: Int.random(in: 0...12, using: &random),
            feeDecimals: Int.random(in: 0...14, using: &random),
            multiplier: Int64.random(in: 1...5000, using: &random),
            multiplierDecimals: Int.random(in: 0...3, using: &random), currency: "USD")
        var desk = randomDesk(method, instrument, fills: 300, &random)
        let effects = desk.takeEffects()
        let scales = KeyScales(instrument: instrument, method: method)
        var encoder = EffectEncoder(book: "main")
        var inspector = MessageInspector()
        var kinds: Set<MessageKind> = []
        encoder.learnKeys(of: desk.book)
        for (number, effect) in effects.enumerated() {
            let kind = encoder.encode(effect, n: UInt32(number))
            kinds.insert(kind)
            // SAFETY: copied at once.
            let message = try inspector.decode(kind, unsafe bytes(encoder.bytes))
            #expect(
                message.text("seq") == "\(effect.seq)" && message.text("n") == "\(number)", "seed \(seed)")
            #expect(message.text("book") == "main")
            try check(message, effect, scales, "seed \(seed), effect \(number)")
        }
        let expected: Set<MessageKind> = [
            .lotChanged, .tradeMatched, .positionUpdated, .realizedPnlUpdated, .positionEvent, .tradeRejected,
        ]
        #expect(kinds == expected, "seed \(seed)")
    }

    /// The integers of an effect from the texts of its message.
    private func check(
        _ message: DecodedMessage, _ effect: Effect, _ scales: KeyScales, _ place: Comment
    ) throws {
        func units(_ name: String, _ decimals: Int) throws -> Int128 {
            try Self.units(try #require(message.text(name)), decimals: decimals)
        }
        if message.kind != .tradeRejected {
            #expect(message.text("account") == "a" && message.text("strategy") == "s", place)
            #expect(message.text("symbol") == "ES", place)
        }
        switch message.kind {
        case .lotChanged:
            #expect(message.text("change") == (effect.kind == .lotDelete ? "DELETE" : "UPSERT"), place)
            #expect(message.text("side") == (effect.isLong ? "LONG" : "SHORT"), place)
            #expect(message.text("open_seq") == "\(effect.openSeq)", place)
            #expect(message.text("trade_id") == effect.tradeID.text, place)
            #expect(message.text("order_id") == effect.orderID.text, place)
            #expect(try units("qty_open", scales.qtyDecimals) == Int128(effect.qtyOpen), place)
            #expect(try units("qty_remaining", scales.qtyDecimals) == Int128(effect.qty), place)
            if scales.method != .average {
                #expect(try units("price", scales.priceDecimals) == Int128(effect.price), place)
            } else {
                #expect((message.text("price") == "") == (effect.qty == 0), place)
            }
            #expect(message.text("opened_ns") == "\(effect.openNs)", place)
        case .tradeMatched:
            #expect(message.text("match_id") == "\(effect.openSeq)-\(effect.seq)", place)
            #expect(message.text("side") == (effect.isLong ? "LONG" : "SHORT"), place)
            #expect(message.text("open_trade_id") == effect.tradeID.text, place)
            #expect(message.text("close_trade_id") == effect.closeTradeID.text, place)
            #expect(try units("qty", scales.qtyDecimals) == Int128(effect.qty), place)
            #expect(try units("close_price", scales.priceDecimals) == Int128(effect.closePrice), place)
            #expect(try units("realized_pnl", scales.moneyDecimals) == effect.money, place)
            #expect((message.text("open_fee") == "") == (effect.feeQty.open == 0), place)
            #expect(
                message.text("open_ns") == "\(effect.openNs)"
                    && message.text("close_ns") == "\(effect.closeNs)", place)
            #expect(message.text("currency") == "USD", place)
        case .positionUpdated:
            #expect(message.text("change") == (effect.qty == 0 ? "DELETE" : "UPSERT"), place)
            #expect(try units("net_qty", scales.qtyDecimals) == Int128(effect.qty), place)
            #expect(try units("open_cost", scales.moneyDecimals) == effect.cost, place)
            #expect((message.text("avg_price") == "") == (effect.qty == 0), place)
            #expect(try units("last_price", scales.priceDecimals) == Int128(effect.price), place)
            #expect(try units("multiplier", scales.multiplierDecimals) == Int128(scales.multiplier), place)
            #expect(message.text("event_ns") == "\(effect.openNs)", place)
        case .realizedPnlUpdated:
            #expect(try units("realized_pnl", scales.moneyDecimals) == effect.money, place)
            #expect(try units("fees", scales.feeDecimals) == Int128(effect.fee), place)
            #expect(message.text("event_ns") == "\(effect.openNs)", place)
        case .positionEvent:
            #expect(message.text("movement") == "\(effect.movement)".uppercased(), place)
            #expect(message.text("side") == (effect.isLong ? "BUY" : "SELL"), place)
            #expect(try units("qty", scales.qtyDecimals) == Int128(effect.qty), place)
            #expect(try units("price", scales.priceDecimals) == Int128(effect.price), place)
            #expect(try units("net_qty_before", scales.qtyDecimals) == Int128(effect.qtyOpen), place)
            let after = effect.qtyOpen + (effect.isLong ? effect.qty : -effect.qty)
            #expect(try units("net_qty", scales.qtyDecimals) == Int128(after), place)
            #expect(message.text("trade_id") == effect.tradeID.text, place)
        case .tradeRejected: try checkReject(message, effect, scales, place)
        case .tradeBooked, .lifecycleEventApplied: Issue.record("\(message.kind) is no message of a book")
        }
    }

    private func checkReject(
        _ message: DecodedMessage, _ effect: Effect, _ scales: KeyScales, _ place: Comment
    ) throws {
        let reason = try #require(RejectReason(rawValue: effect.reason))
        #expect(message.text("reason") == reason.text && message.text("detail") == reason.detail, place)
        #expect(message.has("first") == (reason == .conflict), place)
        switch reason {
        case .conflict:
            #expect(message.text("fill.symbol") == "ES", place)
            #expect(message.text("first.seq") == "\(effect.openSeq)", place)
            #expect(message.text("first.side") == (effect.firstIsBuy ? "BUY" : "SELL"), place)
            let price = try Self.units(
                try #require(message.text("first.price")), decimals: scales.priceDecimals)
            #expect(price == Int128(effect.closePrice), place)
        case .decimalsMismatch: #expect(!message.has("fill"), place)
        case .unknownKey: #expect(message.text("fill.qty") == "", place)
        default: break
        }
        if reason != .decimalsMismatch {
            #expect(message.text("fill.trade_id") == effect.tradeID.text, place)
        }
    }

    /// A plain decimal in units of 10^-decimals, read without the code that wrote it. Throws for what is not as the
    /// proto promises: no needless zeros, no `-0`, no exponent.
    static func units(_ text: String, decimals: Int) throws -> Int128 {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        try #require(parts.count <= 2 && !parts.isEmpty && !parts[0].isEmpty, "\(text)")
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        try #require(parts.count == 1 || (!fraction.isEmpty && fraction.last != "0"), "\(text)")
        try #require(parts[0] == "0" || parts[0].first != "0", "\(text)")
        try #require(fraction.count <= decimals, "\(text) at \(decimals)")
        let digits = String(parts[0]) + fraction + String(repeating: "0", count: decimals - fraction.count)
        let magnitude = try #require(Int128(digits), "\(text)")
        try #require(!(isNegative && magnitude == 0), "\(text)")
        return isNegative ? -magnitude : magnitude
    }
}
