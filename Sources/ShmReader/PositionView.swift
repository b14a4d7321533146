public import CSeqlock

/// A position with what its numbers mean: 128-bit money in one piece, scales, and doubles for people.
public struct PositionView: Sendable {
    /// The key and its decimals.
    public let key: PositionKey
    /// The position as shared memory holds it.
    public let position: pks_position

    /// Puts a position and the directory's words about it together.
    public init(key: PositionKey, position: pks_position) {
        self.key = key
        self.position = position
    }

    /// Signed cost of the open lots, in units of 10^-moneyDecimals.
    public var openCost: Int128 { Int128(_low: position.open_cost_lo, _high: position.open_cost_hi) }

    /// Gross realized P&L, in units of 10^-moneyDecimals.
    public var realizedPnl: Int128 { Int128(_low: position.realized_pnl_lo, _high: position.realized_pnl_hi) }

    /// Decimals of open cost and realized P&L.
    public var moneyDecimals: Int { key.moneyDecimals }

    /// No open quantity.
    public var isFlat: Bool { position.flags & UInt8(PKS_POSITION_FLAT) != 0 }

    /// The last fill came later than the watermark allowed.
    public var isLate: Bool { position.flags & UInt8(PKS_POSITION_LATE) != 0 }

    /// The net quantity as a double, for people; exact money is in the integers.
    public var netQty: Double { Self.scaled(Double(position.net_qty), key.qtyDecimals) }

    /// Price of the last fill as a double, for people.
    public var lastPrice: Double { Self.scaled(Double(position.last_price), key.priceDecimals) }

    /// Gross realized P&L as a double, for people.
    public var realizedPnlValue: Double { Self.scaled(Double(realizedPnl), moneyDecimals) }

    /// Fees paid as a double, for people.
    public var feesValue: Double { Self.scaled(Double(position.fees), key.feeDecimals) }

    /// Average opening price of what is open as a double, for people; nil when flat.
    public var averagePrice: Double? {
        guard position.net_qty != 0, key.multiplier != 0 else { return nil }
        let cost = Self.scaled(Double(openCost), moneyDecimals)
        return cost / (netQty * Self.scaled(Double(key.multiplier), key.multiplierDecimals))
    }

    private static func scaled(_ units: Double, _ decimals: Int) -> Double {
        var divisor = 1.0
        for _ in 0..<decimals { divisor *= 10 }
        return units / divisor
    }
}

extension SegmentReader {
    /// The newest position of a slot with its key; nil when the slot is not claimed or was busy. Allocates
    /// the key's strings: not for the hot path.
    public func view(of slot: Int) -> PositionView? {
        guard let key = key(of: slot) else { return nil }
        var position = pks_position()
        guard read(slot, into: &position) == .value else { return nil }
        return PositionView(key: key, position: position)
    }
}
