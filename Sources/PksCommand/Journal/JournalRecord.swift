import Accumulator
import CJournal
import CSeqlock
import FixedPoint
import LotMatching
import ShmFiles

/// One record of a journal, decoded: its kind, and what it says, name by name.
struct JournalRecord {
    let seq: UInt64
    var kind: String
    /// In the order of print. The texts are as the record has them.
    var fields: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }
    mutating func add(_ name: String, _ value: some BinaryInteger) { fields.append((name, String(value))) }
}

/// Decodes the records of one journal, in order from its first one: what a handle means was said before.
struct RecordDecoder {
    let book: String
    /// By the book's handle.
    private var keys: [UInt32: KeyInfo] = [:]
    /// Producers by the number of their ring.
    private var rings: [UInt32: String] = [:]
    private var instrument: pks_instrument_record?

    init(book: String) { self.book = book }

    /// What a handle means, when that was said before.
    func key(_ handle: UInt32) -> KeyInfo? { keys[handle] }

    /// Makes a key known that was defined before the first record of the journal.
    mutating func learn(_ handle: UInt32, _ key: KeyInfo) { keys[handle] = key }

    // SAFETY (all of this type): the caller's record is 128 bytes, aligned to eight, and is copied.

    /// Takes the next record, and decodes it when that is wanted.
    mutating func take(_ source: UnsafeRawPointer, seq: UInt64, isWanted: Bool) -> JournalRecord? {
        let kind = unsafe Int32(source.load(as: UInt8.self))
        let tagged = unsafe source.load(fromByteOffset: 4, as: UInt32.self)
        let handle = tagged & UInt32(PKS_JOURNAL_NO_HANDLE)
        switch kind {
        case PKS_KIND_KEY: unsafe define(source.load(as: pks_key_record.self), handle)
        case PKS_KIND_INSTRUMENT: instrument = unsafe source.load(as: pks_instrument_record.self)
        case PKS_KIND_RING:
            let record = unsafe source.load(as: pks_ring_record.self)
            rings[tagged >> 24] = FixedText.load(of: record.producer)
        default: break
        }
        guard isWanted else { return nil }
        var record = JournalRecord(seq: seq, kind: Self.name(of: kind))
        addRing(tagged >> 24, to: &record)
        switch kind {
        case PKS_KIND_FILL: unsafe addFill(source.load(as: pks_fill_record.self), handle, to: &record)
        case PKS_KIND_EXTENSION: unsafe add(source.load(as: pks_extension_record.self), to: &record)
        case PKS_KIND_KEY: unsafe add(source.load(as: pks_key_record.self), handle, to: &record)
        case PKS_KIND_REFUSED: unsafe addRefused(source, handle, to: &record)
        case PKS_KIND_CONFIG: unsafe add(source.load(as: pks_config_record.self), to: &record)
        case PKS_KIND_INSTRUMENT: unsafe add(source.load(as: pks_instrument_record.self), to: &record)
        case PKS_KIND_RING: unsafe add(source.load(as: pks_ring_record.self), to: &record)
        default: record.add("kind_number", kind)
        }
        return record
    }

    private static func name(of kind: Int32) -> String {
        switch kind {
        case PKS_KIND_KEY: "key"
        case PKS_KIND_FILL: "fill"
        case PKS_KIND_EXTENSION: "extension"
        case PKS_KIND_BUST: "bust"
        case PKS_KIND_AMEND: "amend"
        case PKS_KIND_CONFIG: "config"
        case PKS_KIND_INSTRUMENT: "instrument"
        case PKS_KIND_RING: "ring"
        case PKS_KIND_REFUSED: "refused"
        default: "unknown"
        }
    }

    private func addRing(_ ring: UInt32, to record: inout JournalRecord) {
        guard ring != UInt32(PKS_JOURNAL_NO_RING) else { return }
        record.add("ring", ring)
        if let producer = rings[ring] { record.add("producer", producer) }
    }

    private mutating func define(_ key: pks_key_record, _ handle: UInt32) {
        defer { instrument = nil }
        guard handle != UInt32(PKS_JOURNAL_NO_HANDLE), keys[handle] == nil, let instrument else { return }
        let names = KeyNames(
            account: FixedText.load(of: key.account), strategy: FixedText.load(of: key.strategy),
            symbol: FixedText.load(of: key.symbol))
        let data = Instrument(
            symbol: names.symbol, priceDecimals: min(18, Int(instrument.price_decimals)),
            qtyDecimals: min(18, Int(instrument.qty_decimals)),
            feeDecimals: min(18, Int(instrument.fee_decimals)), multiplier: instrument.multiplier,
            multiplierDecimals: min(18, Int(instrument.multiplier_decimals)))
        keys[handle] = KeyInfo(
            book: book, names: names, instrument: data,
            method: LotMethod(rawValue: instrument.method) ?? .fifo)
    }

    // MARK: - Kinds

    private func addKey(_ handle: UInt32, to record: inout JournalRecord) -> KeyInfo? {
        guard let key = keys[handle] else {
            if handle != UInt32(PKS_JOURNAL_NO_HANDLE) { record.add("handle", handle) }
            return nil
        }
        record.add("account", key.names.account)
        record.add("strategy", key.names.strategy)
        record.add("symbol", key.names.symbol)
        return key
    }

    private func addFill(_ fill: pks_fill_record, _ handle: UInt32, to record: inout JournalRecord) {
        let key = addKey(handle, to: &record)
        switch Int32(fill.side) {
        case PKS_SIDE_BUY: record.add("side", "BUY")
        case PKS_SIDE_SELL: record.add("side", "SELL")
        default: record.add("side", fill.side)
        }
        if let key {
            record.add("qty", decimalText(fill.qty, decimals: key.qtyDecimals))
            record.add("price", decimalText(fill.price, decimals: key.priceDecimals))
            record.add("fee", decimalText(fill.fee, decimals: key.feeDecimals))
        } else {
            record.add("qty_units", fill.qty)
            record.add("price_units", fill.price)
            record.add("fee_units", fill.fee)
        }
        record.add("trade_id", FixedText.load(of: fill.trade_id))
        record.add("order_id", FixedText.load(of: fill.order_id))
        record.add("event_ns", fill.event_ns)
        record.add("source_ref", fill.source_ref)
    }

    private func add(_ extra: pks_extension_record, to record: inout JournalRecord) {
        if extra.flags & UInt16(PKS_EXTENSION_OPEN_TRADE) != 0 {
            record.add("open_trade_id", FixedText.load(of: extra.open_trade_id))
        }
        if extra.flags & UInt16(PKS_EXTENSION_FEE_CURRENCY) != 0 {
            record.add("fee_currency", FixedText.load(of: extra.fee_currency))
        }
    }

    private func add(_ key: pks_key_record, _ handle: UInt32, to record: inout JournalRecord) {
        record.add("account", FixedText.load(of: key.account))
        record.add("strategy", FixedText.load(of: key.strategy))
        record.add("symbol", FixedText.load(of: key.symbol))
        if handle != UInt32(PKS_JOURNAL_NO_HANDLE) { record.add("handle", handle) }
        record.add("price_decimals", key.price_decimals)
        record.add("qty_decimals", key.qty_decimals)
        record.add("fee_decimals", key.fee_decimals)
        record.add("source_ref", key.source_ref)
    }

    private func addRefused(
        _ source: UnsafeRawPointer, _ handle: UInt32, to record: inout JournalRecord
    ) {
        let fill = unsafe source.load(as: pks_fill_record.self)
        let reason = UInt8(fill.flags & 0xff)
        record.add("reason", RejectReason(rawValue: reason)?.text ?? "reason_\(reason)")
        let kind = Int32(fill.flags >> 8)
        record.add("was", Self.name(of: kind))
        switch kind {
        case PKS_KIND_KEY: unsafe add(source.load(as: pks_key_record.self), handle, to: &record)
        case PKS_KIND_EXTENSION: record.add("source_ref", fill.source_ref)
        default: addFill(fill, handle, to: &record)
        }
    }

    private func add(_ config: pks_config_record, to record: inout JournalRecord) {
        record.add("positions_max", config.positions_max)
        record.add("lots_max", config.lots_max)
        record.add("identities_max", config.identities_max)
        record.add("other_fees_max", config.other_fees_max)
        record.add("identity_window_ns", config.identity_window_ns)
        record.add("late_after_ns", config.late_after_ns)
    }

    private func add(_ data: pks_instrument_record, to record: inout JournalRecord) {
        record.add("symbol", FixedText.load(of: data.symbol))
        record.add("price_decimals", data.price_decimals)
        record.add("qty_decimals", data.qty_decimals)
        record.add("fee_decimals", data.fee_decimals)
        record.add(
            "multiplier", decimalText(data.multiplier, decimals: min(18, Int(data.multiplier_decimals))))
        record.add("currency", FixedText.load(of: data.currency))
        record.add("method", LotMethod(rawValue: data.method)?.name ?? "method_\(data.method)")
    }

    private func add(_ ring: pks_ring_record, to record: inout JournalRecord) {
        switch Int32(ring.state) {
        case PKS_RING_RECORD_ATTACHED: record.add("state", "attached")
        case PKS_RING_RECORD_GONE: record.add("state", "gone")
        default: record.add("state", ring.state)
        }
        record.add("ring_epoch", String(ring.epoch, radix: 16))
        record.add("next", ring.next)
    }
}
