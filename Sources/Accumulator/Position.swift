public import CSeqlock
import FixedPoint
public import LotMatching

/// One position as its book holds it: first what readers see, word for word, then what only the book
/// needs. 192 bytes, three cache lines.
public struct Position {
    /// What a publish copies into the slot.
    public var slot: pks_position
    /// The instrument's multiplier in units of 10^-slot.multiplier_decimals, > 0.
    public var multiplier: Int64
    /// Prices and quantities below this bound, with money below 2^125, cannot overflow any sum.
    var smallLimit: UInt64
    /// How often the slot was published. The writer's count: shared memory is never read back.
    public var published: UInt64
    /// The open lots (not for `average`).
    public var lots: LotList
    /// `average`: the fill that opened the pool, 0 when flat.
    var poolOpening: UInt32
    /// `average`: the sequence number of that fill.
    var poolOpenSeq: UInt64
    /// How lots close.
    public var method: LotMethod
    /// Decimals of `slot.fees`.
    public var feeDecimals: UInt8
    /// Whether a lot is open whose price is not below `smallLimit`.
    var hasLargeLot: Bool
    /// The instrument's currency: NUL-padded text as a word, 0 when not stated.
    var currency: UInt64
    /// The three decimals where they lie in the slot's last word.
    var decimalsWord: UInt64

    init(instrument: Instrument, method: LotMethod) {
        slot = pks_position()
        slot.price_decimals = UInt8(instrument.priceDecimals)
        slot.qty_decimals = UInt8(instrument.qtyDecimals)
        slot.multiplier_decimals = UInt8(instrument.multiplierDecimals)
        slot.flags = UInt8(PKS_POSITION_FLAT)
        multiplier = instrument.multiplier
        feeDecimals = UInt8(instrument.feeDecimals)
        self.method = method
        // price x qty x multiplier < 2^122 when both factors are below this bound.
        let multiplierBits = Int64.bitWidth - instrument.multiplier.leadingZeroBitCount
        smallLimit = UInt64(1) << UInt64((122 - multiplierBits) / 2)
        published = 0
        lots = LotList()
        poolOpening = 0
        poolOpenSeq = 0
        hasLargeLot = false
        currency = Self.word(instrument.currency)
        decimalsWord =
            UInt64(slot.price_decimals) << 40 | UInt64(slot.qty_decimals) << 48
            | UInt64(slot.multiplier_decimals) << 56
    }

    /// The first eight bytes of a text as a word.
    private static func word(_ text: String) -> UInt64 {
        var word: UInt64 = 0
        for (index, byte) in text.utf8.prefix(8).enumerated() { word |= UInt64(byte) << UInt64(index * 8) }
        return word
    }

    /// Signed cost of the open lots.
    @inline(__always)
    public var openCost: Int128 {
        get { Int128(high: slot.open_cost_hi, low: slot.open_cost_lo) }
        set {
            slot.open_cost_lo = UInt64(truncatingIfNeeded: newValue)
            slot.open_cost_hi = Int64(truncatingIfNeeded: newValue >> 64)
        }
    }

    /// Gross realised P&L since the book began.
    @inline(__always)
    public var realizedPnl: Int128 {
        get { Int128(high: slot.realized_pnl_hi, low: slot.realized_pnl_lo) }
        set {
            slot.realized_pnl_lo = UInt64(truncatingIfNeeded: newValue)
            slot.realized_pnl_hi = Int64(truncatingIfNeeded: newValue >> 64)
        }
    }

    /// Whether `price` and `qty` (> 0), and all that the position holds, are so small that no sum of this
    /// fill can leave 128 bits: |realized|, |open cost| < 2^125 and each product < 2^122.
    /// Writes the last word of what readers see as one word: a publish reads it back at once as one, and a
    /// load that has to be put together from several stores stalls.
    @inline(__always)
    mutating func setOpenLots(_ count: UInt32, flags: UInt8) {
        let word = UInt64(count) | UInt64(flags) << 32 | decimalsWord
        // SAFETY: bytes 112 ..< 120 are open_lots, flags and the decimals, as pks_slot.h asserts.
        unsafe withUnsafeMutableBytes(of: &slot) { bytes in
            unsafe bytes.storeBytes(of: word, toByteOffset: 112, as: UInt64.self)
        }
    }

    @inline(__always)
    func isSmall(price: Int64, qty: Int64) -> Bool {
        let magnitude = UInt64(bitPattern: price ^ (price >> 63)) | UInt64(bitPattern: qty)
        let bound = Int64(1) << 61
        let realized = UInt64(bitPattern: slot.realized_pnl_hi &+ bound)
        let cost = UInt64(bitPattern: slot.open_cost_hi &+ bound)
        return magnitude < smallLimit && (realized | cost) < UInt64(bitPattern: bound) &<< 1 && !hasLargeLot
    }
}
