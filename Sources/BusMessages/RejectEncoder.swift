import CBusMessages
import FillRecords

// SAFETY: what messages point at is the builder's; only `bytes` is lent, which says for how long.
/// Answers to what was read from the bus and never became a record, as TradeRejected. One thread. Memory is reserved
/// in `init`; texts of the fill are cut at 256 bytes each, for they may be what was wrong with it.
@safe
public struct RejectEncoder: ~Copyable {
    private let book: [UInt8]
    private var builder = MessageBuilder(textBytesMax: 8192)

    private static let textBytesMax = 256
    private static let detailBytesMax = 1024

    /// An encoder for the rejects of a book.
    public init(book: String) { self.book = Array(book.utf8) }

    // SAFETY: the builder lives as long as `self`.
    /// The message that was encoded last, valid until the next call.
    public var bytes: UnsafeRawBufferPointer { unsafe builder.bytes }

    // SAFETY (all of these): messages are locals or the decoder's; texts are the builder's and stay until it packs.

    /// Rejects fill `index` of the message that `decoder` decoded last, which is number `streamSeq` of `stream`.
    public mutating func encode(
        _ index: Int, of decoder: borrowing TradeBookedDecoder, _ reject: FillReject, stream: String,
        streamSeq: UInt64
    ) {
        builder.clear()
        var fill = unsafe Pks__Bus__V1__Fill()
        unsafe pks__bus__v1__fill__init(&fill)
        unsafe decoder.withFill(index) { given in
            unsafe fill.trade_id = cut(given.pointee.trade_id)
            unsafe fill.order_id = cut(given.pointee.order_id)
            unsafe fill.account = cut(given.pointee.account)
            unsafe fill.strategy = cut(given.pointee.strategy)
            unsafe fill.symbol = cut(given.pointee.symbol)
            unsafe fill.side = given.pointee.side
            unsafe fill.qty = cut(given.pointee.qty)
            unsafe fill.price = cut(given.pointee.price)
            unsafe fill.fee = cut(given.pointee.fee)
            unsafe fill.fee_currency = cut(given.pointee.fee_currency)
            unsafe fill.event_ns = given.pointee.event_ns
            unsafe fill.open_trade_id = cut(given.pointee.open_trade_id)
        }
        unsafe withUnsafeMutablePointer(to: &fill) { fill in
            unsafe pack(reject, stream, streamSeq, index: index, fill, eventID: "")
        }
    }

    /// Rejects a lifecycle event, which is number `streamSeq` of `stream`.
    public mutating func encode(
        _ event: LifecycleEvent, _ reject: FillReject, stream: String, streamSeq: UInt64
    ) {
        builder.clear()
        unsafe pack(reject, stream, streamSeq, index: 0, nil, eventID: event.eventID)
    }

    private mutating func pack(
        _ reject: FillReject, _ stream: String, _ streamSeq: UInt64, index: Int,
        _ fill: UnsafeMutablePointer<Pks__Bus__V1__Fill>?, eventID: String
    ) {
        var message = unsafe Pks__Bus__V1__TradeRejected()
        unsafe pks__bus__v1__trade_rejected__init(&message)
        unsafe message.book = builder.text(book)
        unsafe message.reason = builder.text(reject.reason, bytesMax: Self.textBytesMax)
        unsafe message.detail = builder.text(reject.detail, bytesMax: Self.detailBytesMax)
        unsafe message.stream = builder.text(stream, bytesMax: Self.textBytesMax)
        unsafe message.stream_seq = streamSeq
        unsafe message.index = UInt32(clamping: index)
        unsafe message.fill = fill
        unsafe message.event_id = builder.text(eventID, bytesMax: Self.textBytesMax)
        unsafe builder.pack(&message)
    }

    private mutating func cut(_ text: ProtobufCBinaryData) -> ProtobufCBinaryData {
        unsafe builder.text(
            UnsafeBufferPointer(start: text.data, count: text.len), bytesMax: Self.textBytesMax)
    }
}

/// Something that happened to an instrument or a position and is no trade, as it was read from the bus.
public struct LifecycleEvent: Equatable, Sendable {
    /// Unique among the book's events.
    public var eventID: String
    /// Which kind, by its number in the proto.
    public var kind: UInt32
    /// What it happened to.
    public var symbol: String
    /// When it counts from, ns since 1970 UTC.
    public var effectiveNs: Int64

    /// An event of these parts.
    public init(eventID: String, kind: UInt32, symbol: String, effectiveNs: Int64) {
        self.eventID = eventID
        self.kind = kind
        self.symbol = symbol
        self.effectiveNs = effectiveNs
    }
}

// SAFETY: the arena lends nothing beyond a call.
/// LifecycleEventApplied messages to what they say, as far as an answer needs it. One thread.
@safe
public struct LifecycleEventDecoder: ~Copyable {
    private let book: [UInt8]
    private let limits: MessageLimits
    private var arena: MessageArena

    /// A decoder for the events of one book. Reserves its memory.
    public init(book: String, limits: MessageLimits = MessageLimits()) {
        self.book = Array(book.utf8)
        self.limits = limits
        arena = MessageArena(capacityBytes: limits.arenaBytes)
    }

    /// Reads a message; the bytes are needed during the call only. Throws what is wrong with it. Allocates.
    public mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(Poison) -> LifecycleEvent {
        // SAFETY: what unpacking gives is of the kind that was asked for, and lives until the next message.
        let message = unsafe try arena.unpack(.lifecycleEventApplied, bytes, limits)
            .assumingMemoryBound(to: Pks__Bus__V1__LifecycleEventApplied.self)
        try unsafe arena.checkBook(message.pointee.book, is: book)
        return LifecycleEvent(
            eventID: try unsafe text(message.pointee.event_id, "event_id"),
            kind: unsafe message.pointee.kind.rawValue,
            symbol: try unsafe text(message.pointee.symbol, "symbol"),
            effectiveNs: unsafe message.pointee.effective_ns)
    }

    private func text(_ field: ProtobufCBinaryData, _ name: StaticString) throws(Poison) -> String {
        // SAFETY: a field of the message at hand.
        let slice = unsafe arena.slice(field)
        guard slice.isPresent else { throw Poison(.missingField, "\(name) is missing or empty") }
        return try arena.withBytes { bytes throws(Poison) in
            let text = bytes.extracting(slice.range)
            try checkText(text, name, of: MessagePlace())
            return string(text)
        }
    }
}
