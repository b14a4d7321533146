/// What one record did, one line of it. A record's effects come in this order: lot changes, matches, the
/// rollup, realised P&L, the position event; or one reject. Each carries the record's seq.
///
/// Plain data of a fixed size, complete in itself: whoever consumes effects needs nothing else
/// but the key's names and decimals. Which fields mean something depends on `kind`.
public struct Effect: Sendable {
    /// What happened.
    public enum Kind: UInt8, Sendable {
        /// A lot was opened or partly closed: `qty` is what remains.
        case lotUpsert = 1
        /// A lot was closed whole: `qty` is 0.
        case lotDelete = 2
        /// An opening and a closing fill met.
        case match = 3
        /// The position now: `qty` is signed.
        case rollupUpsert = 4
        /// The position is flat.
        case rollupDelete = 5
        /// Cumulative realised P&L and fees.
        case realizedPnl = 6
        /// How the position moved.
        case position = 7
        /// The record was not applied.
        case reject = 8
    }

    /// How a fill moved a position.
    public enum Movement: UInt8, Sendable {
        case none = 0
        case open = 1
        case increase = 2
        case decrease = 3
        case close = 4
        case flip = 5
    }

    /// What this line says.
    public var kind: Kind
    /// Lots and matches: whether the position was long. Position events and rejects: whether the fill buys.
    public var isLong: Bool
    /// `position`: how it moved.
    public var movement: Movement
    /// `reject`: the raw value of the `RejectReason`, else 0.
    public var reason: UInt8
    /// The key's handle in the book, which is also its slot number.
    public var handle: UInt32
    /// The record that did this.
    public var seq: UInt64
    /// Lots and matches: the record that opened the lot. A conflict: the record that came first.
    public var openSeq: UInt64
    /// Lots: what remains. Match: matched. Rollup: net, signed. Position, reject: the fill's.
    public var qty: Int64
    /// Lots: what the lot was opened with. Position: the net quantity before. Conflict: the first version's.
    public var qtyOpen: Int64
    /// Lots, match: opening price. Position, reject: the fill's. Rollup: the last price.
    public var price: Int64
    /// Match: closing price. Conflict: the first version's price.
    public var closePrice: Int64
    /// Lots, match: event time of the opening fill. Rollup, position, reject: the fill's.
    public var openNs: Int64
    /// Match: event time of the closing fill.
    public var closeNs: Int64
    /// Match: its realised P&L. Realised P&L: the cumulative sum. Units of the money scale.
    public var money: Int128
    /// Rollup: open cost. Match and lots under `average`: cost of the pool (before the match, after a lot
    /// change). Units of the money scale.
    public var cost: Int128
    /// Match under `average`: the pool's quantity before the match. Else 0.
    public var poolQty: Int64
    /// Realised P&L: cumulative fees. Match: the opening fill's whole fee.
    public var fee: Int64
    /// Match: the closing fill's whole fee.
    public var closeFee: Int64
    /// Match: the whole quantity of the opening and of the closing fill, which the fees are shared over.
    public var feeQty: (open: Int64, close: Int64)
    /// Lots, match: of the opening fill (empty for the pool). Position, reject: the fill's.
    public var tradeID: PaddedText40
    /// Lots, match: of the opening fill (empty for the pool). Position, reject: the fill's.
    public var orderID: PaddedText40
    /// Match: of the closing fill.
    public var closeTradeID: PaddedText40
    /// The record's `source_ref`; for a conflict see also `firstSourceRef`.
    public var sourceRef: UInt64
    /// Conflict: the first version's `source_ref`.
    public var firstSourceRef: UInt64
    /// Conflict: whether the first version buys.
    public var firstIsBuy: Bool

    /// A line with only its head; the rest is zero.
    public init(_ kind: Kind, seq: UInt64, handle: UInt32) {
        self.kind = kind
        self.seq = seq
        self.handle = handle
        isLong = false
        movement = .none
        reason = 0
        (openSeq, qty, qtyOpen, price, closePrice, openNs, closeNs) = (0, 0, 0, 0, 0, 0, 0)
        (money, cost) = (0, 0)
        (poolQty, fee, closeFee) = (0, 0, 0)
        feeQty = (0, 0)
        tradeID = PaddedText40()
        orderID = PaddedText40()
        closeTradeID = PaddedText40()
        (sourceRef, firstSourceRef) = (0, 0)
        firstIsBuy = false
    }
}
