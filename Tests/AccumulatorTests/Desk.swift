import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// One key of one book in whole units, with the log of its effects and the view that they add up to.
struct Desk: ~Copyable {
    /// An open lot: the trade that opened it, what remains, its price.
    struct Line: Equatable, Sendable {
        var id: String
        var qty: Int64
        var price: Int64

        init(_ id: String, _ qty: Int64, _ price: Int64) {
            (self.id, self.qty, self.price) = (id, qty, price)
        }
    }

    struct MatchLine: Equatable {
        var opened: String
        var closed: String
        var qty: Int64
        var pnl: Int128

        init(opened: String, closed: String, qty: Int64, pnl: Int128) {
            (self.opened, self.closed, self.qty, self.pnl) = (opened, closed, qty, pnl)
        }

        init(_ effect: Effect) {
            self.init(
                opened: effect.tradeID.text, closed: effect.closeTradeID.text, qty: effect.qty,
                pnl: effect.money)
        }
    }

    /// What a consumer knows who keeps the newest line of each key and drops what is deleted.
    struct View {
        struct LotKey: Hashable {
            var handle: UInt32
            var openSeq: UInt64
        }

        private(set) var lots: [LotKey: Line] = [:]
        private(set) var netQty: [UInt32: Int64] = [:]
        private(set) var realizedPnl: [UInt32: Int128] = [:]

        mutating func fold(_ effect: Effect) {
            let lot = LotKey(handle: effect.handle, openSeq: effect.openSeq)
            switch effect.kind {
            case .lotUpsert: lots[lot] = Line(effect.tradeID.text, effect.qty, effect.price)
            case .lotDelete: lots[lot] = nil
            case .rollupUpsert: netQty[effect.handle] = effect.qty
            case .rollupDelete: netQty[effect.handle] = nil
            case .realizedPnl: realizedPnl[effect.handle] = effect.money
            case .match, .position, .reject: break
            }
        }
    }

    var book: Book
    private(set) var log: [Effect] = []
    private(set) var view = View()
    private let tray = EffectTray()

    init(_ method: LotMethod = .fifo) {
        let defaults = Instrument(symbol: "", priceDecimals: 0, qtyDecimals: 0, feeDecimals: 0)
        let config = BookConfig(
            name: "desk", method: method, instruments: InstrumentTable(defaults: defaults), positionsMax: 4,
            lotsMax: 4096, identitiesMax: 64)
        // SAFETY: the consumer copies what it is shown.
        book = Book(config, effects: unsafe EffectLog(consumer: tray.consumer))
        _ = book.handle(Records.key(priceDecimals: 0, qtyDecimals: 0, feeDecimals: 0))
    }

    @discardableResult
    mutating func buy(_ qty: Int64, at price: Int64, id: String, fee: Int64 = 0) -> ApplyResult {
        apply(Records.fill(id, buy: true, qty: qty, price: price, fee: fee))
    }

    @discardableResult
    mutating func sell(_ qty: Int64, at price: Int64, id: String, fee: Int64 = 0) -> ApplyResult {
        apply(Records.fill(id, buy: false, qty: qty, price: price, fee: fee))
    }

    @discardableResult
    mutating func apply(_ record: pks_fill_record, extension extra: pks_extension_record? = nil)
        -> ApplyResult
    {
        let result = book.apply(FillStream.Drawn(fill: record, extra: extra))
        book.effects.flush()
        for effect in tray.take() {
            log.append(effect)
            view.fold(effect)
        }
        return result
    }

    private var position: Position {
        // SAFETY: the one key is handle 0.
        unsafe book.position(0).pointee
    }

    var netQty: Int64 { position.slot.net_qty }
    var realizedPnl: Int128 { position.realizedPnl }
    var openCost: Int128 { position.openCost }
    var lots: [Line] {
        book.openLots(0).map { Line($0.opening.tradeID.text, $0.lot.remaining.units, $0.lot.price.units) }
    }

    /// As it is printed: empty when flat.
    var averagePrice: String {
        var text: [UInt8] = []
        appendAveragePrice(
            openCost: Money(units: openCost), netQty: Quantity(units: netQty),
            multiplier: position.multiplier,
            priceDecimals: Int(position.slot.price_decimals), to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
