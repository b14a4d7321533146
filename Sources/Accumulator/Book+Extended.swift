import CSeqlock
import FixedPoint
import LotMatching

// Fills with an extension: a lot to close by name, a fee in another currency. Rare, so apart from the hot
// path; the rules and the order are the same.
extension Book {
    @inline(never)
    mutating func moveExtended(
        _ position: UnsafeMutablePointer<Position>, by record: UnsafePointer<pks_fill_record>,
        _ extra: UnsafePointer<pks_extension_record>?
    ) -> RejectReason? {
        // SAFETY (all of this function): the pointers are to live, whole records and positions.
        guard let extra = unsafe extra else { return unsafe move(position, by: record) }
        // SAFETY (all of this file): the pointers are to live, whole records and positions.
        let flags = unsafe Int32(extra.pointee.flags)
        var plain = unsafe record.pointee
        var otherFee: (key: OtherFeeKey, sum: Int64)?
        if flags & PKS_EXTENSION_FEE_CURRENCY != 0 {
            let currency = unsafe UnsafeRawPointer(extra).load(fromByteOffset: 8, as: UInt64.self)
            guard PaddedText40.isPadded(currency), currency & 0xff != 0 else { return .malformedText }
            if unsafe currency != position.pointee.currency {
                let key = unsafe OtherFeeKey(handle: record.pointee.handle, currency: currency)
                let (sum, overflow) = otherFees[key, default: 0].addingReportingOverflow(plain.fee)
                if overflow { return .overflow }
                if otherFees[key] == nil && otherFees.count >= config.otherFeesMax {
                    return .feeCurrencyCapacity
                }
                otherFee = (key, sum)
                plain.fee = 0
            }
        }
        let reason: RejectReason?
        if flags & PKS_EXTENSION_OPEN_TRADE != 0 {
            let name = unsafe PaddedText40(at: UnsafeRawPointer(extra) + 40)
            guard name.isPadded, !name.isEmpty else { return .malformedText }
            reason = unsafe moveNamed(position, by: &plain, name)
        } else {
            reason = unsafe move(position, by: &plain)
        }
        if reason == nil, let otherFee { otherFees[otherFee.key] = otherFee.sum }
        return reason
    }

    /// Closes one lot by the trade id that opened it: never another lot, never more than it has.
    private mutating func moveNamed(
        _ position: UnsafeMutablePointer<Position>, by record: UnsafePointer<pks_fill_record>,
        _ name: PaddedText40
    ) -> RejectReason? {
        let move = unsafe Move(record, position)
        guard move.closing > 0, unsafe position.pointee.method != .average else { return .lotNotOpen }
        let (list, method) = unsafe (position.pointee.lots, position.pointee.method)
        let found = lots.find(tag: name.tag, in: list, method: method) { lot in
            unsafe openings[lot.opening].pointee.tradeID == name
        }
        guard let lot = found else { return .lotNotOpen }
        guard lot.remaining.units >= move.qty else { return .lotTooSmall }
        guard let totals = unsafe totals(position, move, fee: record.pointee.fee) else { return .overflow }
        let taken = Quantity(units: move.qty)
        guard let (gain, cost) = unsafe namedGain(position, lot, taken, move) else { return .overflow }
        if effects.isOn {
            let handle = unsafe record.pointee.handle
            effects.append(lotChange(lot, taken, isLong: move.closesLong, handle))
            unsafe emitMatch(lot, taken, move, position.pointee.multiplier, record)
        }
        unsafe lots.reduce(openSeq: lot.openSeq, by: taken, in: &position.pointee.lots, method: method)
        if taken == lot.remaining { openings.give(lot.opening) }
        counters.matches &+= 1
        unsafe position.pointee.realizedPnl = position.pointee.realizedPnl &+ gain
        unsafe position.pointee.openCost = position.pointee.openCost &- cost
        unsafe finish(position, move, totals, record)
        if effects.isOn { unsafe emitPosition(position, move, record) }
        return nil
    }

    /// P&L and signed cost of closing `taken` of a lot, when both and the sums they go into fit.
    private func namedGain(
        _ position: UnsafeMutablePointer<Position>, _ lot: Lot, _ taken: Quantity, _ move: Move
    ) -> (gain: Int128, cost: Int128)? {
        let multiplier = unsafe Int128(position.pointee.multiplier)
        let (received, first) = move.price.times(taken).multipliedReportingOverflow(by: multiplier)
        let (paid, second) = lot.price.times(taken).multipliedReportingOverflow(by: multiplier)
        var gain = WideSum(0)
        if move.closesLong {
            gain.add(received)
            gain.subtract(paid)
        } else {
            gain.add(paid)
            gain.subtract(received)
        }
        let value = move.closesLong ? received &- paid : paid &- received
        let cost = move.closesLong ? paid : 0 &- paid
        var realized = unsafe WideSum(position.pointee.realizedPnl)
        realized.add(value)
        var openCost = unsafe WideSum(position.pointee.openCost)
        if move.closesLong { openCost.subtract(paid) } else { openCost.add(paid) }
        guard !first, !second, gain.fits, realized.fits, openCost.fits else { return nil }
        return (value, cost)
    }
}
