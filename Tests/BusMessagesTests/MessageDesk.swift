import Accumulator
import BusMessages
import CSeqlock
import LotMatching

/// One key of a book, with all effects that it had.
struct MessageDesk: ~Copyable {
    private final class Tray {
        var effects: [Effect] = []
    }

    var book: Book
    private let tray: Tray
    private var handle: UInt32 = 0

    init(method: LotMethod, instrument: Instrument) {
        let tray = Tray()
        var table = InstrumentTable()
        table.add(instrument)
        // SAFETY: the consumer copies what it is lent.
        let log = unsafe EffectLog { effects in
            for index in effects.indices { tray.effects.append(unsafe effects[index]) }
        }
        self.tray = tray
        book = Book(
            BookConfig(
                name: "main", method: method, instruments: table, positionsMax: 8, lotsMax: 1 << 12,
                identitiesMax: 1 << 12),
            effects: log)
        var record = key(instrument.symbol)
        record.price_decimals = UInt8(instrument.priceDecimals)
        record.qty_decimals = UInt8(instrument.qtyDecimals)
        record.fee_decimals = UInt8(instrument.feeDecimals)
        // SAFETY: a local, for the call.
        if case .defined(let defined, _) = unsafe book.define(&record) { handle = defined }
    }

    mutating func apply(_ record: pks_fill_record) {
        var fill = record
        fill.handle = handle
        // SAFETY: a local, for the call.
        _ = unsafe book.apply(&fill)
    }

    /// A KEY that the book must refuse.
    mutating func define(_ record: pks_key_record) {
        var record = record
        // SAFETY: a local, for the call.
        _ = unsafe book.define(&record)
    }

    /// A fill of a key that the book does not have.
    mutating func applyUnknown(_ record: pks_fill_record) {
        var fill = record
        fill.handle = 7
        // SAFETY: a local, for the call.
        _ = unsafe book.apply(&fill)
    }

    /// What happened since the last look.
    mutating func takeEffects() -> [Effect] {
        book.effects.flush()
        defer { tray.effects = [] }
        return tray.effects
    }
}
