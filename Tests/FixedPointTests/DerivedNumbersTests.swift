import FixedPoint
import TestSupport
import Testing

private func averageText(
    openCost: Int128, netQty: Int64, multiplier: Int64 = 1, priceDecimals: Int
) -> String {
    var text: [UInt8] = []
    appendAveragePrice(
        openCost: Money(units: openCost), netQty: Quantity(units: netQty), multiplier: multiplier,
        priceDecimals: priceDecimals, to: &text)
    return String(decoding: text, as: UTF8.self)
}

private func netText(
    realized: Int128, moneyDecimals: Int, fees: Int64, feeDecimals: Int
) -> String {
    var text: [UInt8] = []
    appendNetPnl(
        realized: Money(units: realized), moneyDecimals: moneyDecimals, fees: fees, feeDecimals: feeDecimals,
        to: &text)
    return String(decoding: text, as: UTF8.self)
}

@Suite struct DerivedNumbersTests {
    @Test func netPnlAlignsTheScalesExactly() {
        #expect(netText(realized: 160_000, moneyDecimals: 2, fees: 125, feeDecimals: 3) == "1599.875")
        #expect(netText(realized: 0, moneyDecimals: 16, fees: -1, feeDecimals: 8) == "0.00000001")
        #expect(netText(realized: 5, moneyDecimals: 0, fees: 5, feeDecimals: 0) == "0")
    }

    @Test func netPnlHoldsEveryExtreme() {
        for realized in [Int128.min, Int128.max] {
            for fees in [Int64.min, Int64.max] {
                for (moneyDecimals, feeDecimals) in [(54, 0), (0, 18), (54, 18), (0, 0), (18, 18)] {
                    let decimals = max(moneyDecimals, feeDecimals)
                    let exact =
                        NaiveInteger(realized) * .powerOfTen(decimals - moneyDecimals)
                        - NaiveInteger(Int128(fees)) * .powerOfTen(decimals - feeDecimals)
                    let text = netText(
                        realized: realized, moneyDecimals: moneyDecimals, fees: fees, feeDecimals: feeDecimals
                    )
                    #expect(text == exact.decimalText(decimals: decimals))
                }
            }
        }
    }

    @Test(arguments: [UInt64(31)])
    func randomNetPnlAgreesWithTheOracle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<3_000 {
            let realized = random.int128()
            let fees = random.int64()
            let moneyDecimals = Int.random(in: 0...54, using: &random)
            let feeDecimals = Int.random(in: 0...18, using: &random)
            let decimals = max(moneyDecimals, feeDecimals)
            let exact =
                NaiveInteger(realized) * .powerOfTen(decimals - moneyDecimals)
                - NaiveInteger(Int128(fees)) * .powerOfTen(decimals - feeDecimals)
            let text = netText(
                realized: realized, moneyDecimals: moneyDecimals, fees: fees, feeDecimals: feeDecimals)
            #expect(text == exact.decimalText(decimals: decimals), "seed \(seed)")
        }
    }

    @Test func averagePriceIsCostOverQuantityTimesMultiplier() {
        #expect(averageText(openCost: 11_000, netQty: 70, priceDecimals: 0) == "157.142857142857")
        #expect(averageText(openCost: -210, netQty: -2, priceDecimals: 0) == "105")
        // 3 contracts of multiplier 50 at -37.63: the cost is at two price decimals.
        #expect(averageText(openCost: -3763 * 150, netQty: 3, multiplier: 50, priceDecimals: 2) == "-37.63")
        #expect(averageText(openCost: 0, netQty: 5, priceDecimals: 8) == "0")
        #expect(averageText(openCost: 5, netQty: 0, priceDecimals: 8) == "")
    }

    @Test func averagePriceRoundsOnceAndHalfEven() {
        // 13 decimals: ...5 exactly between two neighbours goes to the even one.
        #expect(averageText(openCost: 5, netQty: 1, priceDecimals: 13) == "0")
        #expect(averageText(openCost: 15, netQty: 1, priceDecimals: 13) == "0.000000000002")
        #expect(averageText(openCost: -15, netQty: 1, priceDecimals: 13) == "-0.000000000002")
        // 0.4999... of a unit would become a half if it were rounded at 13 decimals first.
        #expect(averageText(openCost: 149_999_999, netQty: 10_000_000, priceDecimals: 13) == "0.000000000001")
    }

    @Test(arguments: [UInt64(32)])
    func randomAveragesAgreeWithTheOracle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let cost = random.int128()
            let quantity = random.int64()
            let multiplier = random.int64()
            if quantity == 0 || multiplier <= 0 { continue }
            let priceDecimals = Int.random(in: 0...18, using: &random)
            let numerator = NaiveInteger(cost) * .powerOfTen(12)
            let divisor =
                NaiveInteger(Int128(quantity)) * NaiveInteger(Int128(multiplier))
                * .powerOfTen(priceDecimals)
            let text = averageText(
                openCost: cost, netQty: quantity, multiplier: multiplier, priceDecimals: priceDecimals)
            #expect(
                text == numerator.dividedHalfEven(by: divisor).decimalText(decimals: 12), "seed \(seed)")
        }
    }

    @Test func aFeeProRataIsRoundedHalfEvenAtTheScaleAskedFor() {
        let third = proRataFee(
            100, feeDecimals: 2, matched: Quantity(units: 1), filled: Quantity(units: 3), decimals: 4)
        #expect(decimalText(third, decimals: 4) == "0.3333")
        let half = proRataFee(
            -1, feeDecimals: 0, matched: Quantity(units: 1), filled: Quantity(units: 2), decimals: 0)
        #expect(half == .zero)
        let extreme = proRataFee(
            Int64.min, feeDecimals: 0, matched: Quantity(units: Int64.max),
            filled: Quantity(units: Int64.max),
            decimals: 30)
        #expect(decimalText(extreme, decimals: 30) == "-9223372036854775808")
    }
}
