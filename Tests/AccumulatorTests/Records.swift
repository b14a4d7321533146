import Accumulator
import CSeqlock

/// Builds records the way a producer does, for tests that speak in the domain's words.
enum Records {
    static func key(
        account: String = "acc", strategy: String = "strat", symbol: String = "SYM", handle: UInt32 = 0,
        priceDecimals: UInt8 = 8, qtyDecimals: UInt8 = 8, feeDecimals: UInt8 = 8
    ) -> pks_key_record {
        var record = pks_key_record()
        record.kind = UInt8(PKS_KIND_KEY)
        record.price_decimals = priceDecimals
        record.qty_decimals = qtyDecimals
        record.fee_decimals = feeDecimals
        record.handle = handle
        write(account, into: &record, at: 16, bytesMax: 32)
        write(strategy, into: &record, at: 48, bytesMax: 32)
        write(symbol, into: &record, at: 80, bytesMax: 48)
        return record
    }

    static func fill(
        _ tradeID: String, buy: Bool, qty: Int64, price: Int64, handle: UInt32 = 0, order: String = "",
        fee: Int64 = 0, eventNs: Int64 = 0, sourceRef: UInt64 = 0
    ) -> pks_fill_record {
        var record = pks_fill_record()
        record.kind = UInt8(PKS_KIND_FILL)
        record.side = UInt8(buy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        record.handle = handle
        record.qty = qty
        record.price = price
        record.fee = fee
        record.event_ns = eventNs
        record.source_ref = sourceRef
        write(tradeID, into: &record, at: 40, bytesMax: 40)
        write(order, into: &record, at: 80, bytesMax: 40)
        return record
    }

    /// The record before a fill that names the lot to close, states another currency for the fee, or both.
    static func extra(openTradeID: String? = nil, feeCurrency: String? = nil) -> pks_extension_record {
        var record = pks_extension_record()
        record.kind = UInt8(PKS_KIND_EXTENSION)
        if let feeCurrency {
            record.flags |= UInt16(PKS_EXTENSION_FEE_CURRENCY)
            write(feeCurrency, into: &record, at: 8, bytesMax: 8)
        }
        if let openTradeID {
            record.flags |= UInt16(PKS_EXTENSION_OPEN_TRADE)
            write(openTradeID, into: &record, at: 40, bytesMax: 40)
        }
        return record
    }

    static func write<T>(_ text: String, into record: inout T, at offset: Int, bytesMax: Int) {
        let bytes = Array(text.utf8)
        precondition(bytes.count <= bytesMax)
        // SAFETY: offset + bytesMax lies inside the record, whose layout the C headers assert.
        unsafe withUnsafeMutableBytes(of: &record) { raw in
            for (index, byte) in bytes.enumerated() { unsafe raw[offset + index] = byte }
        }
    }
}

extension Book {
    /// Defines a key and returns its handle; a refusal is the test's mistake.
    mutating func handle(_ key: pks_key_record) -> UInt32 {
        var key = key
        // SAFETY: the record outlives the call.
        guard case .defined(let handle, _) = unsafe define(&key) else { preconditionFailure("key refused") }
        return handle
    }

    mutating func apply(_ record: pks_fill_record) -> ApplyResult {
        var record = record
        // SAFETY: the record outlives the call.
        return unsafe apply(&record)
    }
}
