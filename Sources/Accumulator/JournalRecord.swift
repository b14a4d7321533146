import CJournal
import CSeqlock
import LotMatching

// What only a journal's records say, from and to the book's own types. SAFETY (all of this file): records are 128
// bytes; fields are read and written at the offsets that pks_journal_record.h asserts.

/// The `handle` of a journal's records.
enum JournalHandle {
    /// The ring's part of a handle, where there is no ring.
    static var noRing: UInt32 { UInt32(PKS_JOURNAL_NO_RING) << 24 }
    private static var mask: UInt32 { UInt32(PKS_JOURNAL_NO_HANDLE) }

    /// The ring's part, for ring number `ring`.
    static func ring(_ ring: Int) -> UInt32 { UInt32(truncatingIfNeeded: ring) << 24 }

    /// A handle of the book, or one that no key has, with the ring's part.
    @inline(__always)
    static func tagged(_ handle: UInt32, _ ring: UInt32) -> UInt32 { handle & mask | ring }

    /// The book's handle; RingFeed.noKey when there is none.
    @inline(__always)
    static func handle(_ tagged: UInt32) -> UInt32 {
        let handle = tagged & mask
        return handle == mask ? RingFeed.noKey : handle
    }
}

extension BookConfig {
    /// The record that puts this configuration in force.
    var record: pks_config_record {
        var record = pks_config_record()
        record.kind = UInt8(PKS_KIND_CONFIG)
        record.version = 1
        record.handle = JournalHandle.tagged(.max, JournalHandle.noRing)
        record.positions_max = UInt64(positionsMax)
        record.lots_max = UInt64(lotsMax)
        record.identities_max = UInt64(identitiesMax)
        record.other_fees_max = UInt64(otherFeesMax)
        record.identity_window_ns = identityWindowNs
        record.late_after_ns = lateAfterNs
        return record
    }

    /// This configuration with the bounds that a record states; nil when no program of this version wrote it.
    func with(_ record: pks_config_record) -> BookConfig? {
        guard record.version == 1, (1...UInt64(PKS_JOURNAL_NO_HANDLE)).contains(record.positions_max),
            (1...UInt64(1) << 30).contains(record.lots_max),
            (1...UInt64(1) << 30).contains(record.identities_max), record.other_fees_max <= 1 << 30
        else { return nil }
        var config = self
        config.positionsMax = Int(record.positions_max)
        config.lotsMax = Int(record.lots_max)
        config.identitiesMax = Int(record.identities_max)
        config.otherFeesMax = Int(record.other_fees_max)
        config.identityWindowNs = record.identity_window_ns
        config.lateAfterNs = record.late_after_ns
        return config
    }

    /// Whether both put the same bounds in force.
    public func hasBounds(of other: BookConfig) -> Bool {
        positionsMax == other.positionsMax && lotsMax == other.lotsMax
            && identitiesMax == other.identitiesMax && otherFeesMax == other.otherFeesMax
            && identityWindowNs == other.identityWindowNs && lateAfterNs == other.lateAfterNs
    }
}

extension Position {
    /// The record that says how this position came by its static data.
    func instrumentRecord(_ key: UnsafePointer<pks_key_record>) -> pks_instrument_record {
        var record = pks_instrument_record()
        record.kind = UInt8(PKS_KIND_INSTRUMENT)
        record.price_decimals = slot.price_decimals
        record.qty_decimals = slot.qty_decimals
        record.fee_decimals = feeDecimals
        record.multiplier = multiplier
        record.multiplier_decimals = slot.multiplier_decimals
        record.method = method.rawValue
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            unsafe bytes.storeBytes(of: currency, toByteOffset: 24, as: UInt64.self)
            let symbol = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(key) + 80, count: 48)
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[80..<128]).copyMemory(from: symbol)
        }
        return record
    }

    /// A position with the static data of a record; nil when no writer wrote it.
    init?(_ record: pks_instrument_record) {
        let decimals = [
            record.price_decimals, record.qty_decimals, record.fee_decimals, record.multiplier_decimals,
        ]
        guard decimals.allSatisfy({ $0 <= 18 }), record.multiplier > 0,
            let method = LotMethod(rawValue: record.method)
        else { return nil }
        let currency = unsafe withUnsafeBytes(of: record) { bytes in
            unsafe bytes.load(fromByteOffset: 24, as: UInt64.self)
        }
        guard PaddedText40.isPadded(currency) else { return nil }
        let instrument = Instrument(
            symbol: "", priceDecimals: Int(record.price_decimals), qtyDecimals: Int(record.qty_decimals),
            feeDecimals: Int(record.fee_decimals), multiplier: record.multiplier,
            multiplierDecimals: Int(record.multiplier_decimals))
        self.init(instrument: instrument, method: method)
        self.currency = currency
    }
}
