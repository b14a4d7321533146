public import Accumulator
import CBusMessages
public import CSeqlock

// SAFETY: what messages point at is the builder's; only `bytes` is lent, which says for how long.
/// A book's effects to the messages that say them, one effect to one message.
///
/// Numbers are exactly those that `pks replay --out` writes. One thread. Memory is reserved in `init` and grows with
/// the book's keys only. An encoder must have learnt an effect's key before, which any look at the book after the
/// effect gives:
///
/// ```swift
/// encoder.learnKeys(of: replay.book)
/// let kind = encoder.encode(effect, n: n)
/// publish(encoder.bytes, kind)
/// ```
@safe
public struct EffectEncoder: ~Copyable {
    private let book: [UInt8]
    private var keys: [MessageKey] = []
    /// The newest KEY record that was refused, and its place in the journal.
    private var refusedKey: (record: pks_key_record, seq: UInt64)?
    private var builder = MessageBuilder(textBytesMax: 8192)

    /// An encoder for the effects of a book that knows no key yet.
    public init(book: String) { self.book = Array(book.utf8) }

    /// How many keys it has learnt: those of handles below.
    public var keyCount: Int { keys.count }

    /// Takes the data of the keys that the book has and that were not learnt yet. Constant time when there is none.
    public mutating func learnKeys(of book: borrowing Book) {
        while keys.count < book.positionCount {
            let handle = UInt32(keys.count)
            // SAFETY: the handle is defined; position and record are copied.
            let position = unsafe book.position(handle).pointee
            keys.append(
                MessageKey(
                    record: unsafe book.keyRecord(handle).pointee, scales: KeyScales(position),
                    currency: position.currencyText))
        }
    }

    /// Takes note of a KEY record that was refused: its effect does not have the names. The next one takes its place, so
    /// the effect must be encoded before.
    public mutating func noteKey(_ record: pks_key_record, seq: UInt64) { refusedKey = (record, seq) }

    // SAFETY: the builder lives as long as `self`.
    /// The message that was encoded last, valid until the next call.
    public var bytes: UnsafeRawBufferPointer { unsafe builder.bytes }

    /// Makes the message of an effect, the `n`th of its record, from 0. Its key must have been learnt.
    public mutating func encode(_ effect: Effect, n: UInt32) -> MessageKind {
        builder.clear()
        if effect.kind == .reject {
            encodeReject(effect, n)
            return .tradeRejected
        }
        precondition(Int(effect.handle) < keys.count, "the effect's key was learnt")
        let key = keys[Int(effect.handle)]
        switch effect.kind {
        case .lotUpsert, .lotDelete:
            encodeLot(effect, n, key)
            return .lotChanged
        case .match:
            encodeMatch(effect, n, key)
            return .tradeMatched
        case .rollupUpsert, .rollupDelete:
            encodeRollup(effect, n, key)
            return .positionUpdated
        case .realizedPnl:
            encodeRealized(effect, n, key)
            return .realizedPnlUpdated
        case .position:
            encodePosition(effect, n, key)
            return .positionEvent
        case .reject: preconditionFailure("a reject was encoded above")
        }
    }

    // MARK: - Kinds
    // SAFETY (all of these): a message is a local; its texts are the builder's and stay until it is packed.

    private mutating func encodeLot(_ effect: Effect, _ n: UInt32, _ key: MessageKey) {
        let scales = key.scales
        var message = unsafe Pks__Bus__V1__LotChanged()
        unsafe pks__bus__v1__lot_changed__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.account = builder.text(padded: key.record.account)
        unsafe message.strategy = builder.text(padded: key.record.strategy)
        unsafe message.symbol = builder.text(padded: key.record.symbol)
        unsafe message.change = Self.change(isDelete: effect.kind == .lotDelete)
        unsafe message.side = Self.positionSide(isLong: effect.isLong)
        unsafe message.open_seq = effect.openSeq
        unsafe message.trade_id = builder.text(effect.tradeID)
        unsafe message.order_id = builder.text(effect.orderID)
        unsafe message.qty_open = builder.number(effect.qtyOpen, decimals: scales.qtyDecimals)
        unsafe message.qty_remaining = builder.number(effect.qty, decimals: scales.qtyDecimals)
        unsafe message.price = builder.number { effect.appendLotPrice(scales, to: &$0) }
        unsafe message.opened_ns = effect.openNs
        unsafe builder.pack(&message)
    }

    private mutating func encodeMatch(_ effect: Effect, _ n: UInt32, _ key: MessageKey) {
        let scales = key.scales
        var message = unsafe Pks__Bus__V1__TradeMatched()
        unsafe pks__bus__v1__trade_matched__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.account = builder.text(padded: key.record.account)
        unsafe message.strategy = builder.text(padded: key.record.strategy)
        unsafe message.symbol = builder.text(padded: key.record.symbol)
        unsafe message.match_id = builder.number { effect.appendMatchID(to: &$0) }
        unsafe message.side = Self.positionSide(isLong: effect.isLong)
        unsafe message.open_seq = effect.openSeq
        unsafe message.open_trade_id = builder.text(effect.tradeID)
        unsafe message.close_trade_id = builder.text(effect.closeTradeID)
        unsafe message.qty = builder.number(effect.qty, decimals: scales.qtyDecimals)
        unsafe message.open_price = builder.number { effect.appendOpenPrice(scales, to: &$0) }
        unsafe message.close_price = builder.number(effect.closePrice, decimals: scales.priceDecimals)
        unsafe message.realized_pnl = builder.number(effect.money, decimals: scales.moneyDecimals)
        unsafe message.open_fee = builder.number { effect.appendOpenFee(scales, to: &$0) }
        unsafe message.close_fee = builder.number { effect.appendCloseFee(scales, to: &$0) }
        unsafe (message.open_ns, message.close_ns) = (effect.openNs, effect.closeNs)
        unsafe message.currency = builder.text(key.currency)
        unsafe builder.pack(&message)
    }

    private mutating func encodeRollup(_ effect: Effect, _ n: UInt32, _ key: MessageKey) {
        let scales = key.scales
        var message = unsafe Pks__Bus__V1__PositionUpdated()
        unsafe pks__bus__v1__position_updated__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.account = builder.text(padded: key.record.account)
        unsafe message.strategy = builder.text(padded: key.record.strategy)
        unsafe message.symbol = builder.text(padded: key.record.symbol)
        unsafe message.change = Self.change(isDelete: effect.kind == .rollupDelete)
        unsafe message.net_qty = builder.number(effect.qty, decimals: scales.qtyDecimals)
        unsafe message.avg_price = builder.number { effect.appendAveragePrice(scales, to: &$0) }
        unsafe message.open_cost = builder.number(effect.cost, decimals: scales.moneyDecimals)
        unsafe message.last_price = builder.number(effect.price, decimals: scales.priceDecimals)
        unsafe message.event_ns = effect.openNs
        unsafe message.currency = builder.text(key.currency)
        unsafe message.multiplier = builder.number(scales.multiplier, decimals: scales.multiplierDecimals)
        unsafe builder.pack(&message)
    }

    private mutating func encodeRealized(_ effect: Effect, _ n: UInt32, _ key: MessageKey) {
        let scales = key.scales
        var message = unsafe Pks__Bus__V1__RealizedPnlUpdated()
        unsafe pks__bus__v1__realized_pnl_updated__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.account = builder.text(padded: key.record.account)
        unsafe message.strategy = builder.text(padded: key.record.strategy)
        unsafe message.symbol = builder.text(padded: key.record.symbol)
        unsafe message.realized_pnl = builder.number(effect.money, decimals: scales.moneyDecimals)
        unsafe message.fees = builder.number(effect.fee, decimals: scales.feeDecimals)
        unsafe message.net_pnl = builder.number { effect.appendNetPnl(scales, to: &$0) }
        unsafe message.event_ns = effect.openNs
        unsafe message.currency = builder.text(key.currency)
        unsafe builder.pack(&message)
    }

    private mutating func encodePosition(_ effect: Effect, _ n: UInt32, _ key: MessageKey) {
        let scales = key.scales
        var message = unsafe Pks__Bus__V1__PositionEvent()
        unsafe pks__bus__v1__position_event__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.account = builder.text(padded: key.record.account)
        unsafe message.strategy = builder.text(padded: key.record.strategy)
        unsafe message.symbol = builder.text(padded: key.record.symbol)
        unsafe message.movement = Self.movement(effect.movement)
        unsafe message.trade_id = builder.text(effect.tradeID)
        unsafe message.order_id = builder.text(effect.orderID)
        unsafe message.side = Self.side(isBuy: effect.isLong)
        unsafe message.qty = builder.number(effect.qty, decimals: scales.qtyDecimals)
        unsafe message.price = builder.number(effect.price, decimals: scales.priceDecimals)
        unsafe message.event_ns = effect.openNs
        unsafe message.net_qty_before = builder.number(effect.qtyOpen, decimals: scales.qtyDecimals)
        unsafe message.net_qty = builder.number(effect.netQtyAfter, decimals: scales.qtyDecimals)
        unsafe message.source_ref = effect.sourceRef
        unsafe builder.pack(&message)
    }

    private mutating func encodeReject(_ effect: Effect, _ n: UInt32) {
        let reason = RejectReason(rawValue: effect.reason)
        // The handle of an unknown key means nothing, whatever key may get it later.
        let asked = refusedKey.flatMap { $0.seq == effect.seq ? $0.record : nil }
        let isKnown = reason != .unknownKey && Int(effect.handle) < keys.count
        let key = isKnown ? keys[Int(effect.handle)] : nil
        var message = unsafe Pks__Bus__V1__TradeRejected()
        unsafe pks__bus__v1__trade_rejected__init(&message)
        unsafe (message.seq, message.n) = (effect.seq, n)
        unsafe message.book = builder.text(book)
        unsafe message.reason = builder.text(reason?.text ?? "reason_\(effect.reason)")
        unsafe message.detail = builder.text(reason?.detail ?? "")
        unsafe message.source_ref = effect.sourceRef
        var fill = unsafe Pks__Bus__V1__Fill()
        var first = unsafe Pks__Bus__V1__FillVersion()
        unsafe pks__bus__v1__fill__init(&fill)
        unsafe pks__bus__v1__fill_version__init(&first)
        unsafe fill.trade_id = builder.text(effect.tradeID)
        unsafe fill.order_id = builder.text(effect.orderID)
        if let key {
            unsafe put(effect, key, into: &fill)
            unsafe first.seq = effect.openSeq
            unsafe first.side = Self.side(isBuy: effect.firstIsBuy)
            unsafe first.qty = builder.number(effect.qtyOpen, decimals: key.scales.qtyDecimals)
            unsafe first.price = builder.number(effect.closePrice, decimals: key.scales.priceDecimals)
            unsafe first.source_ref = effect.firstSourceRef
        } else if let asked {
            unsafe fill.account = builder.text(padded: asked.account)
            unsafe fill.strategy = builder.text(padded: asked.strategy)
            unsafe fill.symbol = builder.text(padded: asked.symbol)
        }
        // The pointers are used before these locals end.
        unsafe withUnsafeMutablePointer(to: &fill) { fill in
            unsafe withUnsafeMutablePointer(to: &first) { first in
                if key != nil || asked != nil || !effect.tradeID.isEmpty { unsafe message.fill = fill }
                if reason == .conflict && key != nil { unsafe message.first = first }
                unsafe builder.pack(&message)
            }
        }
    }

    /// The rest of a rejected fill, when its key is known.
    private mutating func put(_ effect: Effect, _ key: MessageKey, into fill: inout Pks__Bus__V1__Fill) {
        unsafe fill.account = builder.text(padded: key.record.account)
        unsafe fill.strategy = builder.text(padded: key.record.strategy)
        unsafe fill.symbol = builder.text(padded: key.record.symbol)
        unsafe fill.side = Self.side(isBuy: effect.isLong)
        unsafe fill.qty = builder.number(effect.qty, decimals: key.scales.qtyDecimals)
        unsafe fill.price = builder.number(effect.price, decimals: key.scales.priceDecimals)
        unsafe fill.event_ns = effect.openNs
    }

    // MARK: - Names

    private static func change(isDelete: Bool) -> Pks__Bus__V1__Change {
        isDelete ? PKS__BUS__V1__CHANGE__CHANGE_DELETE : PKS__BUS__V1__CHANGE__CHANGE_UPSERT
    }

    private static func positionSide(isLong: Bool) -> Pks__Bus__V1__PositionSide {
        isLong
            ? PKS__BUS__V1__POSITION_SIDE__POSITION_SIDE_LONG
            : PKS__BUS__V1__POSITION_SIDE__POSITION_SIDE_SHORT
    }

    private static func side(isBuy: Bool) -> Pks__Bus__V1__Side {
        isBuy ? PKS__BUS__V1__SIDE__SIDE_BUY : PKS__BUS__V1__SIDE__SIDE_SELL
    }

    private static func movement(_ movement: Effect.Movement) -> Pks__Bus__V1__Movement {
        switch movement {
        case .none: PKS__BUS__V1__MOVEMENT__MOVEMENT_UNSPECIFIED
        case .open: PKS__BUS__V1__MOVEMENT__MOVEMENT_OPEN
        case .increase: PKS__BUS__V1__MOVEMENT__MOVEMENT_INCREASE
        case .decrease: PKS__BUS__V1__MOVEMENT__MOVEMENT_DECREASE
        case .close: PKS__BUS__V1__MOVEMENT__MOVEMENT_CLOSE
        case .flip: PKS__BUS__V1__MOVEMENT__MOVEMENT_FLIP
        }
    }
}

/// What messages say of a key: its names, and what its numbers mean.
struct MessageKey {
    let record: pks_key_record
    let scales: KeyScales
    let currency: String
}
