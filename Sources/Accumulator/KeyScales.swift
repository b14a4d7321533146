import CSeqlock
public import LotMatching

/// What turns the integers of a key's effects into numbers: its decimals, its multiplier and its method. Never
/// changes once the key is defined.
public struct KeyScales: Equatable, Sendable {
    /// Decimals of prices.
    public let priceDecimals: Int
    /// Decimals of quantities.
    public let qtyDecimals: Int
    /// Decimals of fees.
    public let feeDecimals: Int
    /// The contract's multiplier, > 0, in units of 10^-multiplierDecimals.
    public let multiplier: Int64
    /// Decimals of the multiplier.
    public let multiplierDecimals: Int
    /// How the key's lots close.
    public let method: LotMethod

    /// Those of an instrument's keys. Allocates nothing.
    public init(instrument: Instrument, method: LotMethod) {
        priceDecimals = instrument.priceDecimals
        qtyDecimals = instrument.qtyDecimals
        feeDecimals = instrument.feeDecimals
        multiplier = instrument.multiplier
        multiplierDecimals = instrument.multiplierDecimals
        self.method = method
    }

    /// Those of a position. Allocates nothing.
    public init(_ position: Position) {
        priceDecimals = Int(position.slot.price_decimals)
        qtyDecimals = Int(position.slot.qty_decimals)
        feeDecimals = Int(position.feeDecimals)
        multiplier = position.multiplier
        multiplierDecimals = Int(position.slot.multiplier_decimals)
        method = position.method
    }

    /// Decimals of money.
    public var moneyDecimals: Int { priceDecimals + qtyDecimals + multiplierDecimals }
}
