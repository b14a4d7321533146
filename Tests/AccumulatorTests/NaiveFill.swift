import Accumulator
import CSeqlock

/// A fill record as the oracle reads it: byte by byte, from the offsets that the ABI states.
struct NaiveFill {
    var kind: UInt8
    var side: UInt8
    var handle: UInt32
    var qty: Int64
    var price: Int64
    var fee: Int64
    var eventNs: Int64
    var tradeID: [UInt8]
    var orderID: [UInt8]
    var sourceRef: UInt64

    init(_ record: pks_fill_record) {
        let bytes = NaiveFill.bytes(of: record)
        kind = bytes[0]
        side = bytes[1]
        handle = UInt32(NaiveFill.number(bytes[4..<8]))
        qty = Int64(bitPattern: NaiveFill.number(bytes[8..<16]))
        price = Int64(bitPattern: NaiveFill.number(bytes[16..<24]))
        fee = Int64(bitPattern: NaiveFill.number(bytes[24..<32]))
        eventNs = Int64(bitPattern: NaiveFill.number(bytes[32..<40]))
        tradeID = Array(bytes[40..<80])
        orderID = Array(bytes[80..<120])
        sourceRef = NaiveFill.number(bytes[120..<128])
    }

    var isBuy: Bool { side == 1 }

    /// What makes two fills the same one.
    var identity: Identity { Identity(handle: handle, orderID: orderID, tradeID: tradeID) }

    struct Identity: Hashable {
        var handle: UInt32
        var orderID: [UInt8]
        var tradeID: [UInt8]
    }

    static func bytes<T>(of record: T) -> [UInt8] {
        // SAFETY: a record is 128 bytes without padding, and the array copies them.
        unsafe withUnsafeBytes(of: record) { unsafe Array($0) }
    }

    /// Little-endian, up to eight bytes.
    static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The text of a NUL-padded field, or nil when something follows the first NUL.
    static func text(_ field: [UInt8]) -> [UInt8]? {
        let text = field.prefix { $0 != 0 }
        return field.dropFirst(text.count).allSatisfy { $0 == 0 } ? Array(text) : nil
    }

    static func padded(_ bytes: [UInt8]) -> PaddedText40 {
        precondition(bytes.count == 40)
        var words: [UInt64] = []
        for start in stride(from: 0, to: 40, by: 8) { words.append(number(bytes[start..<start + 8])) }
        var text = PaddedText40()
        text.words = (words[0], words[1], words[2], words[3], words[4])
        return text
    }
}

/// What an extension record says, as the oracle reads it.
struct NaiveExtension {
    /// The field of the lot to close, when stated.
    var openTradeID: [UInt8]?
    /// The eight bytes of the fee's currency, when stated.
    var feeCurrency: [UInt8]?

    init(_ record: pks_extension_record) {
        let bytes = NaiveFill.bytes(of: record)
        let flags = NaiveFill.number(bytes[2..<4])
        if flags & 1 != 0 { openTradeID = Array(bytes[40..<80]) }
        if flags & 2 != 0 { feeCurrency = Array(bytes[8..<16]) }
    }
}
