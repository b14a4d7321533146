import CSeqlock
import FixedPoint
import LotMatching

// Effects of an applied fill. Nothing here runs when effects are off. Lot changes come first, so they are
// foretold from a preview of the close; the matches follow while it is carried out.
extension Book {
    @inline(never)
    mutating func emitLotChanges(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) {
        // SAFETY (all of this file): position and record are alive; references in open lots are live.
        let handle = unsafe record.pointee.handle
        if unsafe position.pointee.method == .average {
            unsafe emitPoolChanges(position, move, record)
            return
        }
        if move.closing > 0 {
            let method = unsafe position.pointee.method
            let quantity = Quantity(units: move.closing)
            var touched: [(lot: Lot, taken: Quantity)] = []
            unsafe lots.previewClose(quantity, in: position.pointee.lots, method: method) { lot, taken in
                touched.append((lot, taken))
            }
            for (lot, taken) in touched {
                effects.append(lotChange(lot, taken, isLong: move.closesLong, handle))
            }
        }
        if move.opening > 0 { unsafe emitOpened(move, record) }
    }

    func lotChange(_ lot: Lot, _ taken: Quantity, isLong: Bool, _ handle: UInt32) -> Effect {
        let left = lot.remaining.units - taken.units
        var effect = Effect(left == 0 ? .lotDelete : .lotUpsert, seq: seq, handle: handle)
        let opening = unsafe openings[lot.opening].pointee
        effect.isLong = isLong
        effect.openSeq = lot.openSeq
        effect.qty = left
        effect.qtyOpen = opening.qtyOpen
        effect.price = lot.price.units
        effect.openNs = opening.eventNs
        effect.tradeID = opening.tradeID
        effect.orderID = opening.orderID
        effect.sourceRef = opening.sourceRef
        return effect
    }

    private mutating func emitOpened(_ move: Move, _ record: UnsafePointer<pks_fill_record>) {
        var effect = unsafe Effect(.lotUpsert, seq: seq, handle: record.pointee.handle)
        effect.isLong = move.isBuy
        effect.openSeq = seq
        effect.qty = move.opening
        effect.qtyOpen = move.opening
        effect.price = move.price.units
        effect.openNs = unsafe record.pointee.event_ns
        effect.tradeID = unsafe record.tradeID
        effect.orderID = unsafe record.orderID
        effect.sourceRef = unsafe record.pointee.source_ref
        effects.append(effect)
    }

    /// The pool's changes: what a close leaves of it, and what an opening makes it.
    private mutating func emitPoolChanges(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) {
        var cost = unsafe position.pointee.openCost
        let open = Int64(move.netBefore.magnitude)
        let handle = unsafe record.pointee.handle
        if move.closing > 0 {
            cost = cost &- averageCostTaken(cost: cost, closed: move.closing, open: open)
            let left = open - move.closing
            var effect = Effect(left == 0 ? .lotDelete : .lotUpsert, seq: seq, handle: handle)
            let opening = unsafe openings[position.pointee.poolOpening].pointee
            effect.isLong = move.closesLong
            effect.openSeq = unsafe position.pointee.poolOpenSeq
            (effect.qty, effect.qtyOpen, effect.cost) = (left, opening.qtyOpen, cost)
            effect.openNs = opening.eventNs
            effects.append(effect)
        }
        guard move.opening > 0 else { return }
        var effect = Effect(.lotUpsert, seq: seq, handle: handle)
        let value = unsafe Self.scaled(
            move.price.times(Quantity(units: move.opening)), by: position.pointee.multiplier)
        effect.isLong = move.isBuy
        effect.cost = cost &+ (move.isBuy ? value : 0 &- value)
        let isNew = move.netBefore == 0 || move.closing > 0
        if isNew {
            (effect.openSeq, effect.qty, effect.qtyOpen) = (seq, move.opening, move.opening)
            effect.openNs = unsafe record.pointee.event_ns
        } else {
            let opening = unsafe openings[position.pointee.poolOpening].pointee
            effect.openSeq = unsafe position.pointee.poolOpenSeq
            effect.qty = open + move.opening
            effect.qtyOpen = opening.qtyOpen + move.opening
            effect.openNs = opening.eventNs
        }
        effects.append(effect)
    }

    /// `close` for a book with effects on: the same change, and a match for each lot. Returns the signed
    /// cost of what was closed.
    @inline(never)
    mutating func closeWithEffects(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) -> Int128 {
        let multiplier = unsafe position.pointee.multiplier
        let method = unsafe position.pointee.method
        var matches: [(lot: Lot, taken: Quantity)] = []
        let raw = unsafe lots.close(
            Quantity(units: move.closing), in: &position.pointee.lots, method: method
        ) { lot, taken in
            matches.append((lot, taken))
        }
        counters.matches &+= UInt64(matches.count)
        for match in matches {
            unsafe emitMatch(match.lot, match.taken, move, multiplier, record)
            if match.taken == match.lot.remaining { openings.give(match.lot.opening) }
        }
        let scaled = Self.scaled(raw, by: multiplier)
        return move.closesLong ? scaled : 0 &- scaled
    }

    mutating func emitMatch(
        _ lot: Lot, _ taken: Quantity, _ move: Move, _ multiplier: Int64,
        _ record: UnsafePointer<pks_fill_record>
    ) {
        let opening = unsafe openings[lot.opening].pointee
        var effect = unsafe matchEffect(taken.units, move, record)
        effect.openSeq = lot.openSeq
        effect.price = lot.price.units
        effect.openNs = opening.eventNs
        effect.tradeID = opening.tradeID
        effect.orderID = opening.orderID
        effect.fee = opening.fee
        effect.feeQty.open = opening.fillQty
        let received = Self.scaled(move.price.times(taken), by: multiplier)
        let paid = Self.scaled(lot.price.times(taken), by: multiplier)
        effect.money = move.closesLong ? received &- paid : paid &- received
        effects.append(effect)
    }

    /// The one match of a reduction of a pool. Called before the pool's cost changes.
    @inline(never)
    mutating func emitPoolMatch(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ cost: Int128,
        _ record: UnsafePointer<pks_fill_record>
    ) {
        var effect = unsafe matchEffect(move.closing, move, record)
        let proceeds = unsafe Self.scaled(
            move.price.times(Quantity(units: move.closing)), by: position.pointee.multiplier)
        effect.openSeq = unsafe position.pointee.poolOpenSeq
        effect.openNs = unsafe openings[position.pointee.poolOpening].pointee.eventNs
        effect.cost = unsafe position.pointee.openCost
        effect.poolQty = Int64(move.netBefore.magnitude)
        effect.money = (move.closesLong ? proceeds : 0 &- proceeds) &- cost
        effects.append(effect)
    }

    private func matchEffect(
        _ matched: Int64, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) -> Effect {
        var effect = unsafe Effect(.match, seq: seq, handle: record.pointee.handle)
        effect.isLong = move.closesLong
        effect.qty = matched
        effect.closePrice = move.price.units
        effect.closeNs = unsafe record.pointee.event_ns
        effect.closeTradeID = unsafe record.tradeID
        effect.closeFee = unsafe record.pointee.fee
        effect.feeQty.close = move.qty
        effect.sourceRef = unsafe record.pointee.source_ref
        return effect
    }

    /// Rollup, realised P&L and position event, after the position has changed.
    @inline(never)
    mutating func emitPosition(
        _ position: UnsafeMutablePointer<Position>, _ move: Move, _ record: UnsafePointer<pks_fill_record>
    ) {
        let (slot, handle) = unsafe (position.pointee.slot, record.pointee.handle)
        let eventNs = unsafe record.pointee.event_ns
        var rollup = Effect(slot.net_qty == 0 ? .rollupDelete : .rollupUpsert, seq: seq, handle: handle)
        rollup.qty = slot.net_qty
        rollup.cost = unsafe position.pointee.openCost
        rollup.price = slot.last_price
        rollup.openNs = eventNs
        effects.append(rollup)
        var realized = Effect(.realizedPnl, seq: seq, handle: handle)
        realized.money = unsafe position.pointee.realizedPnl
        realized.fee = slot.fees
        realized.openNs = eventNs
        effects.append(realized)
        var event = Effect(.position, seq: seq, handle: handle)
        event.movement = move.movement
        event.isLong = move.isBuy
        (event.qty, event.qtyOpen, event.price) = (move.qty, move.netBefore, move.price.units)
        event.openNs = eventNs
        event.tradeID = unsafe record.tradeID
        event.orderID = unsafe record.orderID
        event.sourceRef = unsafe record.pointee.source_ref
        effects.append(event)
    }
}
