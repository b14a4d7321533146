/// Decimals of a printed average price, whatever the instrument has.
public let averagePriceDecimals = 12

/// realized - fees as an exact number and its decimals: the larger of the two scales.
///
/// `realized` has `moneyDecimals` decimals (0...54), `fees` has `feeDecimals` (0...18). Any thread; allocates
/// nothing.
public func netPnl(
    realized: Money, moneyDecimals: Int, fees: Int64, feeDecimals: Int
) -> (units: Int256, decimals: Int) {
    precondition(moneyDecimals >= 0 && moneyDecimals <= 3 * decimalsMax, "money has 0...54 decimals")
    precondition(feeDecimals >= 0 && feeDecimals <= decimalsMax, "fees have 0...18 decimals")
    let decimals = max(moneyDecimals, feeDecimals)
    // 2^127 x 10^18 and 2^63 x 10^54 are both below 2^244, so neither step can leave 256 bits.
    guard let realizedScaled = Int256(realized.units).multiplied(byPowerOfTen: decimals - moneyDecimals),
        let feesScaled = Int256(Int128(fees)).multiplied(byPowerOfTen: decimals - feeDecimals),
        let net = realizedScaled.subtracting(feesScaled)
    else { preconditionFailure("realized P&L less fees fits 256 bits at every scale") }
    return (net, decimals)
}

/// Appends realized - fees as an exact plain decimal. Scales as for `netPnl`. Allocates only when the array
/// must grow.
public func appendNetPnl(
    realized: Money, moneyDecimals: Int, fees: Int64, feeDecimals: Int, to text: inout [UInt8]
) {
    let net = netPnl(realized: realized, moneyDecimals: moneyDecimals, fees: fees, feeDecimals: feeDecimals)
    appendDecimal(net.units, decimals: net.decimals, to: &text)
}

/// openCost / (netQty x multiplier) in units of 10^-12, rounded half-even; nil when the position is flat.
///
/// `openCost` is at the scale price + quantity + multiplier decimals, and `netQty` and `multiplier` are at
/// their own, so that their decimals cancel and the quotient is at `priceDecimals` (0...18). The multiplier
/// is > 0. One rounding only, from the exact quotient. Any thread; allocates nothing.
public func averagePrice(
    openCost: Money, netQty: Quantity, multiplier: Int64, priceDecimals: Int
) -> Int256? {
    precondition(priceDecimals >= 0 && priceDecimals <= decimalsMax, "prices have 0...18 decimals")
    precondition(multiplier > 0, "a multiplier is above zero")
    if netQty.units == 0 { return nil }
    let weight = Int256(Int128(netQty.units) * Int128(multiplier))
    // 2^127 x 10^12 < 2^167 and 2^126 x 10^6 < 2^146.
    guard
        let cost = Int256(openCost.units)
            .multiplied(byPowerOfTen: max(0, averagePriceDecimals - priceDecimals)),
        let divisor = weight.multiplied(byPowerOfTen: max(0, priceDecimals - averagePriceDecimals))
    else { preconditionFailure("an average price fits 256 bits at every scale") }
    return cost.dividedHalfEven(by: divisor)
}

/// Appends the average price as a plain decimal with at most 12 decimals, or nothing when the position is
/// flat. Arguments as for `averagePrice`. Allocates only when the array must grow.
public func appendAveragePrice(
    openCost: Money, netQty: Quantity, multiplier: Int64, priceDecimals: Int, to text: inout [UInt8]
) {
    guard
        let average = averagePrice(
            openCost: openCost, netQty: netQty, multiplier: multiplier, priceDecimals: priceDecimals)
    else { return }
    appendDecimal(average, decimals: averagePriceDecimals, to: &text)
}

/// The part of a fill's fee that belongs to `matched` out of its `filled` quantity: fee x matched / filled in
/// units of 10^-decimals, rounded half-even.
///
/// `fee` has `feeDecimals` decimals (0...18) and `decimals` is `feeDecimals`...30. Both quantities have the
/// same decimals and `filled` is not zero. Any thread; allocates nothing.
public func proRataFee(
    _ fee: Int64, feeDecimals: Int, matched: Quantity, filled: Quantity, decimals: Int
) -> Int256 {
    precondition(feeDecimals >= 0 && decimals >= feeDecimals && decimals <= 30, "up to 30 decimals")
    precondition(filled.units != 0, "a fill has a quantity")
    // 2^126 x 10^30 < 2^226.
    guard
        let scaled = Int256(Int128(fee) * Int128(matched.units))
            .multiplied(byPowerOfTen: decimals - feeDecimals)
    else { preconditionFailure("a pro rata fee fits 256 bits at every scale") }
    return scaled.dividedHalfEven(by: Int256(Int128(filled.units)))
}
