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

    /// Whether realised P&L, open cost and every match of this move fit 128 bits.
    @inline(never)
    mutating func fits(_ position: UnsafeMutablePointer<Position>, _ move: Move) -> Bool {
        // SAFETY (all of this function): the position is alive.
        let multiplier = unsafe Int128(position.pointee.multiplier)
        var realized = unsafe WideSum(position.pointee.realizedPnl)
        var cost = unsafe WideSum(position.pointee.openCost)
        var fits = true
        func product(_ price: Price, _ quantity: Quantity) -> Int128 {
            let (value, overflow) = price.times(quantity).multipliedReportingOverflow(by: multiplier)
            if overflow { fits = false }
            return value
        }
        if move.closing > 0 {
            if unsafe position.pointee.method == .average {
                let taken = unsafe averageCostTaken(
                    cost: position.pointee.openCost, closed: move.closing,
                    open: Int64(move.netBefore.magnitude))
                let proceeds = product(move.price, Quantity(units: move.closing))
                var gain = WideSum(0)
                if move.closesLong { gain.add(proceeds) } else { gain.subtract(proceeds) }
                gain.subtract(taken)
                fits = fits && gain.fits
                if move.closesLong { realized.add(proceeds) } else { realized.subtract(proceeds) }
                realized.subtract(taken)
                cost.subtract(taken)
            } else {
                let method = unsafe position.pointee.method
                let quantity = Quantity(units: move.closing)
                unsafe lots.previewClose(quantity, in: position.pointee.lots, method: method) { lot, taken in
                    let paid = product(lot.price, taken)
                    let received = product(move.price, taken)
                    var gain = WideSum(0)
                    if move.closesLong {
                        gain.add(received)
                        gain.subtract(paid)
                        realized.add(received)
                        realized.subtract(paid)
                        cost.subtract(paid)
                    } else {
                        gain.add(paid)
                        gain.subtract(received)
                        realized.add(paid)
                        realized.subtract(received)
                        cost.add(paid)
                    }
                    fits = fits && gain.fits
                }
            }
        }
        if move.opening > 0 {
            let value = product(move.price, Quantity(units: move.opening))
            if move.isBuy { cost.add(value) } else { cost.subtract(value) }
        }
        return fits && realized.fits && cost.fits
    }
}
