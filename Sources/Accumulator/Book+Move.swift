import CSeqlock
import FixedPoint
import LotMatching

// Moving a position by a fill: first everything that can refuse it, then the change. After the first
// write nothing can fail, so a refused fill leaves no trace.
extension Book {
    /// A fill's parts relative to the position it meets.
    struct Move {
        let isBuy: Bool
        let price: Price
        let qty: Int64
        /// Closes open lots of the other side.
        let closing: Int64
        /// Opens a lot on its own side.
        let opening: Int64
        let netBefore: Int64

        @inline(__always)
        init(_ record: UnsafePointer<pks_fill_record>, _ position: UnsafeMutablePointer<Position>) {
            // SAFETY: the caller's record and position are whole and alive.
            isBuy = unsafe record.pointee.side == UInt8(PKS_SIDE_BUY)
            price = unsafe Price(units: record.pointee.price)
            qty = unsafe record.pointee.qty
            netBefore = unsafe position.pointee.slot.net_qty
            let opposes = netBefore != 0 && (netBefore > 0) != isBuy
            // net = bought - sold with both in 0...Int64.max, so its magnitude is an Int64.
            closing = opposes ? min(qty, netBefore < 0 ? -netBefore : netBefore) : 0
            opening = qty &- closing
        }

        @inline(__always)
        var closesLong: Bool { !isBuy }

        var movement: Effect.Movement {
            if netBefore == 0 { return .open }
            if closing == 0 { return .increase }
            if opening > 0 { return .flip }
            return closing == Int64(netBefore.magnitude) ? .close : .decrease
        }
    }

    /// The sums that every fill adds to, checked.
    struct Totals {
        var bought: Int64
        var sold: Int64
        var fees: Int64
    }

    /// Applies a well-formed new fill to its position, or says why not.
    @inline(__always)
    mutating func move(
        _ position: UnsafeMutablePointer<Position>, by record: UnsafePointer<pks_fill_record>
    ) -> RejectReason? {
        // SAFETY: position and record are whole and alive; see `applyNew`.
        if _slowPath(effects.isOn) { return unsafe moveWithEffects(position, by: record) }
        return unsafe move(position, by: record, withEffects: false)
    }

    /// The same with effects: a copy of its own, so that the one without does not pay for them.
    @inline(never)
    private mutating func moveWithEffects(
        _ position: UnsafeMutablePointer<Position>, by record: UnsafePointer<pks_fill_record>
    ) -> RejectReason? {
        // SAFETY: as in `move`.
        unsafe move(position, by: record, withEffects: true)
    }

    @inline(__always)
    private mutating func move(
        _ position: UnsafeMutablePointer<Position>, by record: UnsafePointer<pks_fill_record>,
        withEffects: Bool
    ) -> RejectReason? {
        // SAFETY (all of this function): as in `move`.
        let move = unsafe Move(record, position)
        guard let totals = unsafe totals(position, move, fee: record.pointee.fee) else { return .overflow }
        if _slowPath(!(unsafe position.pointee.isSmall(price: move.price.units, qty: move.qty))) {
            if unsafe !fits(position, record) { return .overflow }
        }
        if unsafe !hasRoom(position, move) { return .lotCapacity }
        if withEffects { unsafe emitLotChanges(position, move, record) }
        if move.closing > 0 { unsafe close(position, move, record, withEffects: withEffects) }
        if move.opening > 0 { unsafe open(position, move, record) }
        unsafe finish(position, move, totals, record)
        if withEffects { unsafe emitPosition(position, move, record) }
        return nil
    }

    @inline(__always)
    func totals(_ position: UnsafeMutablePointer<Position>, _ move: Move, fee: Int64) -> Totals? {
        // SAFETY: the position is alive.
        var totals = unsafe Totals(
            bought: position.pointee.slot.bought_qty, sold: position.pointee.slot.sold_qty,
            fees: position.pointee.slot.fees)
        var overflow = false
        if move.isBuy {
            (totals.bought, overflow) = totals.bought.addingReportingOverflow(move.qty)
        } else {
            (totals.sold, overflow) = totals.sold.addingReportingOverflow(move.qty)
        }
        let (fees, feeOverflow) = totals.fees.addingReportingOverflow(fee)
        totals.fees = fees
        return overflow || feeOverflow ? nil : totals
    }

    /// Whether the lot that this move opens can be kept. What closes in the same move gives back at least
    /// as much as a flip needs.
    @inline(__always)
    private func hasRoom(_ position: UnsafeMutablePointer<Position>, _ move: Move) -> Bool {
        if move.closing > 0 { return true }
        // SAFETY: the position is alive.
        let method = unsafe position.pointee.method
        if method == .average { return move.netBefore != 0 || openings.hasRoom }
        // The store has room for as many lots as there are opening fills, whatever lists they are in. A heap may
        // need several blocks in one piece, and the room be in small ones, which `keep` sees to. What came before
        // and where it lay in memory must not decide: a book that was restored lies elsewhere.
        return unsafe openings.hasRoom
            && (method == .fifo || method == .lifo || Int(position.pointee.lots.count) < LotStore.heapLotsMax)
    }

    /// Closes `move.closing` of the open lots. Sums wrap, which is exact here: `isSmall` or `fits` has
    /// shown that the results fit.
    @inline(__always)
    private mutating func close(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>,
        withEffects: Bool
    ) {
        // SAFETY (all of this function): the position is alive; references in open lots are live.
        let quantity = Quantity(units: move.closing)
        let multiplier = unsafe position.pointee.multiplier
        let proceeds = Self.scaled(move.price.times(quantity), by: multiplier)
        let cost: Int128  // signed, as openCost is
        if unsafe position.pointee.method == .average {
            cost = unsafe closePool(position, closing: move.closing)
            if withEffects { unsafe emitPoolMatch(position, move, cost, record) }
        } else if withEffects {
            cost = unsafe closeWithEffects(position, move, record)
        } else {
            let method = unsafe position.pointee.method
            let raw =
                unsafe method == .fifo
                ? closeLots(position, quantity, .fifo) : closeOtherLots(position, quantity, method)
            let scaled = Self.scaled(raw, by: multiplier)
            cost = move.closesLong ? scaled : 0 &- scaled
        }
        // Long: + proceeds - cost. Short: cost is negative and the fill pays: - proceeds - cost.
        let gain = (move.closesLong ? proceeds : 0 &- proceeds) &- cost
        unsafe position.pointee.realizedPnl = position.pointee.realizedPnl &+ gain
        unsafe position.pointee.openCost = position.pointee.openCost &- cost
    }

    /// Closes lots and returns the sum of opening price x quantity. The method is a constant wherever this
    /// is inlined, so that each method has a loop of its own.
    @inline(__always)
    private mutating func closeLots(
        _ position: UnsafeMutablePointer<Position>, _ quantity: Quantity, _ method: LotMethod
    ) -> Int128 {
        var matched: UInt64 = 0
        // SAFETY: the position is alive.
        let raw = unsafe lots.close(quantity, in: &position.pointee.lots, method: method) { lot, taken in
            matched &+= 1
            if taken == lot.remaining { openings.give(lot.opening) }
        }
        counters.matches &+= matched
        return raw
    }

    @inline(never)
    private mutating func closeOtherLots(
        _ position: UnsafeMutablePointer<Position>, _ quantity: Quantity, _ method: LotMethod
    ) -> Int128 {
        // SAFETY: the position is alive.
        switch method {
        case .fifo: unsafe closeLots(position, quantity, .fifo)
        case .lifo: unsafe closeLots(position, quantity, .lifo)
        case .hifo: unsafe closeLots(position, quantity, .hifo)
        case .lofo: unsafe closeLots(position, quantity, .lofo)
        case .average: preconditionFailure("a pool has no lots")
        }
    }

    /// Takes `closing` out of the pool and returns its signed cost.
    @inline(never)
    private mutating func closePool(
        _ position: UnsafeMutablePointer<Position>, closing: Int64
    ) -> Int128 {
        counters.matches &+= 1
        // SAFETY: the position is alive and its pool is open, for something closes.
        return unsafe averageCostTaken(
            cost: position.pointee.openCost, closed: closing,
            open: Int64(position.pointee.slot.net_qty.magnitude))
    }

    /// Opens a lot of `move.opening`, or adds it to the pool.
    @inline(__always)
    private mutating func open(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) {
        // SAFETY (all of this function): the position is alive, and `hasRoom` has seen the room.
        let quantity = Quantity(units: move.opening)
        let value = unsafe Self.scaled(move.price.times(quantity), by: position.pointee.multiplier)
        unsafe position.pointee.openCost = position.pointee.openCost &+ (move.isBuy ? value : 0 &- value)
        if unsafe position.pointee.method == .average {
            unsafe openPool(position, move.opening, isFlip: move.closing > 0, record)
            return
        }
        let reference = unsafe openings.take(record, qtyOpen: move.opening)
        let lot = unsafe Lot(
            price: move.price, remaining: quantity, openSeq: seq, opening: reference,
            tag: record.tradeID.tag)
        let kept = unsafe keep(lot, in: position)
        precondition(kept, "no room for a lot that was promised room")
        let magnitude = UInt64(bitPattern: move.price.units ^ (move.price.units >> 63))
        if _slowPath(unsafe magnitude >= position.pointee.smallLimit) {
            unsafe position.pointee.hasLargeLot = true
        }
    }

    /// Appends a lot: in line where the lots are a queue, by a call where they are a heap or lie in the way.
    @inline(__always)
    private mutating func keep(_ lot: Lot, in position: UnsafeMutablePointer<Position>) -> Bool {
        // SAFETY: the position is alive.
        let method = unsafe position.pointee.method
        if _fastPath(method == .fifo || method == .lifo) {
            if unsafe lots.append(lot, to: &position.pointee.lots, method: .fifo) { return true }
        }
        return unsafe keepElsewhere(lot, position, method)
    }

    @inline(never)
    private mutating func keepElsewhere(
        _ lot: Lot, _ position: UnsafeMutablePointer<Position>, _ method: LotMethod
    ) -> Bool {
        // SAFETY: the position is alive.
        if unsafe lots.append(lot, to: &position.pointee.lots, method: method) { return true }
        moveLotsTogether()
        return unsafe lots.append(lot, to: &position.pointee.lots, method: method)
    }

    /// Lays the lots out anew when there is no room in one piece: rare, and as long as there are lots. All
    /// of them together then lie in one piece, and so does the room.
    @inline(never)
    private mutating func moveLotsTogether() {
        var fresh = LotStore(lotsMax: config.lotsMax)
        // SAFETY: advice about memory that `fresh` holds; the handles are defined.
        unsafe HugePages.advise(fresh.reserve)
        for handle in 0..<positionCount {
            let position = unsafe positions + handle
            let method = unsafe position.pointee.method
            if unsafe method == .average || position.pointee.lots.isEmpty { continue }
            var list = LotList()
            unsafe lots.forEach(in: position.pointee.lots, method: method) { lot in
                let isKept = fresh.append(lot, to: &list, method: method)
                precondition(isKept, "no room for lots that had room")
            }
            unsafe position.pointee.lots = list
        }
        swap(&lots, &fresh)
    }

    @inline(never)
    private mutating func openPool(
        _ position: UnsafeMutablePointer<Position>, _ opening: Int64, isFlip: Bool,
        _ record: UnsafePointer<pks_fill_record>
    ) {
        // SAFETY: the position is alive; a pool that is not flat has an opening.
        if unsafe position.pointee.poolOpening == 0 {
            unsafe position.pointee.poolOpening = openings.take(record, qtyOpen: opening)
            unsafe position.pointee.poolOpenSeq = seq
        } else if isFlip {
            // A flip: the old pool is closed, this fill opens the new one.
            unsafe openings[position.pointee.poolOpening].pointee = OpeningFill(record, qtyOpen: opening)
            unsafe position.pointee.poolOpenSeq = seq
        } else {
            // What went in is part of what was bought or sold in all, which fits.
            unsafe openings[position.pointee.poolOpening].pointee.qtyOpen += opening
        }
    }

    /// Writes the sums and what the slot shows of this fill.
    @inline(__always)
    mutating func finish(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ totals: Totals,
        _ record: UnsafePointer<pks_fill_record>
    ) {
        // SAFETY (all of this function): position and record are alive.
        let net = totals.bought &- totals.sold
        let isLate = unsafe record.pointee.event_ns < lateBeforeNs
        unsafe position.pointee.slot.net_qty = net
        unsafe position.pointee.slot.bought_qty = totals.bought
        unsafe position.pointee.slot.sold_qty = totals.sold
        unsafe position.pointee.slot.fees = totals.fees
        unsafe position.pointee.slot.last_price = move.price.units
        unsafe position.pointee.slot.last_qty = move.qty
        unsafe position.pointee.slot.applied_seq = seq
        unsafe position.pointee.slot.event_ns = record.pointee.event_ns
        unsafe position.pointee.slot.fill_count &+= 1
        let lotsBefore = unsafe position.pointee.slot.open_lots
        let isAverage = unsafe position.pointee.method == .average
        let lotsNow = unsafe isAverage ? (net == 0 ? 0 : 1) : position.pointee.lots.count
        counters.openLots = counters.openLots &+ UInt64(lotsNow) &- UInt64(lotsBefore)
        let flags = (net == 0 ? UInt8(PKS_POSITION_FLAT) : 0) | (isLate ? UInt8(PKS_POSITION_LATE) : 0)
        unsafe position.pointee.setOpenLots(lotsNow, flags: flags)
        if isLate { counters.late &+= 1 }
        if net == 0 { unsafe flatten(position, isAverage: isAverage) }
    }

    @inline(__always)
    private mutating func flatten(_ position: UnsafeMutablePointer<Position>, isAverage: Bool) {
        // SAFETY: the position is alive.
        unsafe position.pointee.hasLargeLot = false
        if isAverage {
            unsafe openings.give(position.pointee.poolOpening)
            unsafe position.pointee.poolOpening = 0
        }
    }

    /// value x multiplier, wrapped; a multiplier of one unit is the common case.
    @inline(__always)
    static func scaled(_ value: Int128, by multiplier: Int64) -> Int128 {
        multiplier == 1 ? value : value &* Int128(multiplier)
    }
}
