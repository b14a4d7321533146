import CSeqlock
import FixedPoint
import LotMatching

// Whether a fill with very large numbers would overflow. Exact: it computes what the fill would do, without
// doing it, in wider sums. Only fills that `Position.isSmall` cannot vouch for come here.
extension Book {
    /// A sum of 128-bit numbers in 192 bits: no run of fewer than 2^63 additions can overflow it.
    struct WideSum {
        private var low: UInt128 = 0
        private var high: Int64 = 0

        init(_ value: Int128) { add(value) }

        mutating func add(_ value: Int128) {
            let (sum, carry) = low.addingReportingOverflow(UInt128(bitPattern: value))
            low = sum
            high += (value < 0 ? -1 : 0) + (carry ? 1 : 0)
        }

        mutating func add(high: Int64, low: UInt128) {
            let (sum, carry) = self.low.addingReportingOverflow(low)
            self.low = sum
            self.high += high + (carry ? 1 : 0)
        }

        /// Subtracts; Int128.min has no negative of its own.
        mutating func subtract(_ value: Int128) {
            let (difference, borrow) = low.subtractingReportingOverflow(UInt128(bitPattern: value))
            low = difference
            high -= (value < 0 ? -1 : 0) + (borrow ? 1 : 0)
        }

        var isZero: Bool { low == 0 && high == 0 }

        /// Whether the sum is a 128-bit number.
        var fits: Bool { high == (Int128(bitPattern: low) < 0 ? -1 : 0) }
    }

    /// What a move would make of realised P&L and open cost, added up in wide sums.
    struct Prospect {
        let multiplier: Int128
        let price: Price
        let closesLong: Bool
        var realized: WideSum
        var cost: WideSum
        /// Whether every product and every match so far is a 128-bit number.
        var partsFit = true

        var fits: Bool { partsFit && realized.fits && cost.fits }

        mutating func value(_ price: Price, _ quantity: Quantity) -> Int128 {
            let (value, overflow) = price.times(quantity).multipliedReportingOverflow(by: multiplier)
            if overflow { partsFit = false }
            return value
        }

        /// Closes `taken` of a lot opened at `opened`.
        mutating func close(_ opened: Price, _ taken: Quantity) {
            let paid = value(opened, taken)
            let received = value(price, taken)
            var gain = WideSum(closesLong ? received : paid)
            gain.subtract(closesLong ? paid : received)
            realized.add(closesLong ? received : paid)
            realized.subtract(closesLong ? paid : received)
            if closesLong { cost.subtract(paid) } else { cost.add(paid) }
            partsFit = partsFit && gain.fits
        }

        /// Takes `quantity` with the signed cost `taken` out of a pool.
        mutating func closePool(_ quantity: Quantity, taken: Int128) {
            let proceeds = value(price, quantity)
            var gain = WideSum(0)
            if closesLong { gain.add(proceeds) } else { gain.subtract(proceeds) }
            gain.subtract(taken)
            if closesLong { realized.add(proceeds) } else { realized.subtract(proceeds) }
            realized.subtract(taken)
            cost.subtract(taken)
            partsFit = partsFit && gain.fits
        }

        mutating func open(_ quantity: Quantity, isBuy: Bool) {
            let value = value(price, quantity)
            if isBuy { cost.add(value) } else { cost.subtract(value) }
        }
    }

    /// Whether realised P&L, open cost and every match of this move fit 128 bits.
    @inline(never)
    mutating func fits(
        _ position: UnsafeMutablePointer<Position>, _ record: UnsafePointer<pks_fill_record>
    ) -> Bool {
        // SAFETY (all of this function): position and record are alive.
        let move = unsafe Move(record, position)
        var prospect = unsafe Prospect(
            multiplier: Int128(position.pointee.multiplier), price: move.price, closesLong: move.closesLong,
            realized: WideSum(position.pointee.realizedPnl), cost: WideSum(position.pointee.openCost))
        if move.closing > 0 {
            let quantity = Quantity(units: move.closing)
            let method = unsafe position.pointee.method
            if method == .average {
                let taken = unsafe averageCostTaken(
                    cost: position.pointee.openCost, closed: move.closing,
                    open: Int64(move.netBefore.magnitude))
                prospect.closePool(quantity, taken: taken)
            } else {
                unsafe lots.previewClose(quantity, in: position.pointee.lots, method: method) { lot, taken in
                    prospect.close(lot.price, taken)
                }
            }
        }
        if move.opening > 0 { prospect.open(Quantity(units: move.opening), isBuy: move.isBuy) }
        return prospect.fits
    }
}
