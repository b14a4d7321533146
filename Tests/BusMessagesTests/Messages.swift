import Accumulator
import BusMessages
import CSeqlock

/// Bytes of a message, kept beyond the encoder's next one.
func bytes(_ buffer: UnsafeRawBufferPointer) -> [UInt8] {
    // SAFETY: the encoder's bytes, copied before its next call.
    unsafe [UInt8](buffer)
}

extension MessageInspector {
    mutating func decode(_ kind: MessageKind, _ bytes: [UInt8]) throws(Poison) -> DecodedMessage {
        // SAFETY: the array lives for the call.
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(Poison) in unsafe try decode(kind, bytes) }
        }.get()
    }
}

extension TradeBookedDecoder {
    mutating func decode(_ bytes: [UInt8]) throws(Poison) -> Int {
        // SAFETY: the array lives for the call.
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(Poison) in unsafe try decode(bytes) }
        }.get()
    }
}

extension LifecycleEventDecoder {
    mutating func decode(_ bytes: [UInt8]) throws(Poison) -> LifecycleEvent {
        // SAFETY: the array lives for the call.
        try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(Poison) in unsafe try decode(bytes) }
        }.get()
    }
}

/// Text in a fixed field of a record.
func padded<Place: BitwiseCopyable>(_ text: String, as place: Place.Type = Place.self) -> Place {
    var bytes = Array(text.utf8)
    bytes += [UInt8](repeating: 0, count: MemoryLayout<Place>.size - bytes.count)
    // SAFETY: as many bytes as the field has.
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: Place.self) }
}

/// The text of a fixed field.
func text<Place: BitwiseCopyable>(_ place: Place) -> String {
    // SAFETY: the bytes of a copy.
    unsafe withUnsafeBytes(of: place) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

func key(_ symbol: String, account: String = "a", strategy: String = "s", decimals: UInt8 = 8)
    -> pks_key_record
{
    var key = pks_key_record()
    key.kind = UInt8(PKS_KIND_KEY)
    (key.price_decimals, key.qty_decimals, key.fee_decimals) = (decimals, decimals, decimals)
    key.account = padded(account)
    key.strategy = padded(strategy)
    key.symbol = padded(symbol)
    return key
}

func fill(
    _ tradeID: String, _ side: Int32 = PKS_SIDE_BUY, _ qty: Int64, at price: Int64, orderID: String = "",
    fee: Int64 = 0,
    eventNs: Int64 = 1
) -> pks_fill_record {
    var fill = pks_fill_record()
    fill.kind = UInt8(PKS_KIND_FILL)
    fill.side = UInt8(side)
    (fill.qty, fill.price, fill.fee, fill.event_ns) = (qty, price, fee, eventNs)
    fill.trade_id = padded(tradeID)
    fill.order_id = padded(orderID)
    return fill
}
