import CSeqlock
import FixedPoint
import PositionText

@testable import Monitor
@testable import ShmReader

/// Positions and looks at books, made by hand.
enum Desk {
    /// A key with two decimals of prices and three of quantities, unless stated.
    static func key(
        _ account: String, _ strategy: String, _ symbol: String, currency: String = "USD", price: UInt8 = 2,
        qty: UInt8 = 3, fee: UInt8 = 8
    ) -> PositionKey {
        var entry = pks_directory_entry()
        store(account, in: &entry.account)
        store(strategy, in: &entry.strategy)
        store(symbol, in: &entry.symbol)
        store(currency, in: &entry.currency)
        entry.multiplier = 1
        entry.price_decimals = price
        entry.qty_decimals = qty
        entry.fee_decimals = fee
        entry.method = UInt8(PKS_METHOD_FIFO)
        return PositionKey(entry)
    }

    static func store<Field>(_ text: String, in field: inout Field) {
        // SAFETY: the bytes of `field` are exclusively ours for the closure.
        unsafe withUnsafeMutableBytes(of: &field) { unsafe $0.copyBytes(from: text.utf8) }
    }

    /// A position of one lot at `price`, all in units of its key.
    static func position(
        net: Int64, price: Int64, realised: Int64 = 0, fees: Int64 = 0, fills: UInt64 = 1, seq: UInt64 = 1,
        publishedNs: Int64 = startNs
    ) -> pks_position {
        var position = pks_position()
        let cost = Int128(net) * Int128(price)
        position.net_qty = net
        position.open_cost_lo = UInt64(truncatingIfNeeded: cost)
        position.open_cost_hi = Int64(truncatingIfNeeded: cost >> 64)
        position.realized_pnl_lo = UInt64(bitPattern: realised)
        position.realized_pnl_hi = realised < 0 ? -1 : 0
        position.fees = fees
        position.last_price = price
        position.last_qty = net
        position.bought_qty = max(0, net)
        position.sold_qty = max(0, -net)
        position.applied_seq = seq
        position.event_ns = 1_735_689_600_123_456_789
        position.publish_ns = publishedNs
        position.fill_count = fills
        position.open_lots = net == 0 ? 0 : 1
        position.flags = net == 0 ? UInt8(PKS_POSITION_FLAT) : 0
        return position
    }

    /// When all made-up looks begin, on both clocks.
    static let startNs: Int64 = 50_000_000_000
    static let realtimeNs: Int64 = 1_763_733_802_000_000_000

    /// A writer that is well.
    static func health(_ book: String, _ status: WriterStatus = .live, pid: UInt32 = 4711) -> BookHealth {
        var health = BookHealth(condition: .writer(status))
        health.path = "/dev/shm/pks-positions-v1-\(book)"
        health.abi = "1.2"
        health.epoch = 7
        health.writerPid = pid
        health.createdNs = startNs - 7_380_000_000_000
        health.heartbeatNs = startNs - 12_000_000
        health.appliedSeq = 1_234_570
        health.counters = counters()
        return health
    }

    static func counters(fills: UInt64 = 1_234_567) -> BookCounters {
        BookCounters(
            fills: fills, duplicates: 3, conflicts: 0, rejects: 0, late: 0, matches: 1000, openLots: 12,
            watermarkNs: 0, rings: 2, ringsQuarantined: 0)
    }

    /// A first look at a book with these positions.
    static func update(
        _ book: String, _ positions: [(PositionKey, pks_position)], health: BookHealth? = nil
    ) -> BookUpdate {
        var update = BookUpdate(book: book, health: health ?? Self.health(book))
        for (slot, (key, position)) in positions.enumerated() {
            update.keys.append(BookUpdate.NewKey(slot: slot, key: key))
            update.changes.append(BookUpdate.Change(slot: slot, position: position))
        }
        return update
    }

    /// A model after one look at these books.
    static func model(_ updates: [BookUpdate], _ options: MonitorOptions = MonitorOptions()) -> MonitorModel {
        var model = MonitorModel(options)
        look(&model, updates, atNs: startNs)
        return model
    }

    /// A further look.
    static func look(_ model: inout MonitorModel, _ updates: [BookUpdate], atNs: Int64) {
        model.begin(nowNs: atNs, realtimeNs: realtimeNs + atNs - startNs)
        for update in updates { model.apply(update) }
        model.finish()
    }

    /// A look that changes some slots of a book.
    static func change(_ book: String, _ changes: [(Int, pks_position)], health: BookHealth? = nil)
        -> BookUpdate
    {
        var update = BookUpdate(book: book, health: health ?? Self.health(book))
        update.changes = changes.map { BookUpdate.Change(slot: $0.0, position: $0.1) }
        return update
    }

    /// Symbols of the rows in their order.
    static func symbols(_ model: MonitorModel) -> [String] {
        model.order.compactMap { model.row($0)?.row.view.key.symbol }
    }

    static func press(_ model: inout MonitorModel, _ keys: String) {
        for character in keys { _ = model.press(.character(character)) }
    }

    static let dark = Theme(palette: .dark, isASCII: false)
    static let ascii = Theme(palette: .mono, isASCII: true)
}
