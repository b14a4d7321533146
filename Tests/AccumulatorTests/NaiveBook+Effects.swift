import Accumulator
import TestSupport

// The effects that the contract states, in its order: lot changes, matches, rollup, realised P&L, position.
extension NaiveBook {
    func expectedEffects(of move: NaiveMove, after: NaivePosition) -> [Effect] {
        let changes = move.before.isAverage ? poolChanges(move) : lotChanges(move)
        let matches = move.before.isAverage ? poolMatches(move) : lotMatches(move)
        return changes + matches + [rollup(move, after), realizedPnl(move, after), movement(move)]
    }

    func rejection(_ fill: NaiveFill, _ reason: RejectReason) -> Effect {
        var line = Effect(.reject, seq: seq, handle: fill.handle)
        line.reason = reason.rawValue
        fillFields(fill, &line)
        return line
    }

    private func fillFields(_ fill: NaiveFill, _ line: inout Effect) {
        line.isLong = fill.isBuy
        line.qty = fill.qty
        line.price = fill.price
        line.openNs = fill.eventNs
        line.tradeID = NaiveFill.padded(fill.tradeID)
        line.orderID = NaiveFill.padded(fill.orderID)
        line.sourceRef = fill.sourceRef
    }

    private func wide(_ value: BigInteger) -> Int128 {
        guard let number = Int128(exactly: value) else { preconditionFailure("the oracle let \(value) pass") }
        return number
    }

    private func lotChanges(_ move: NaiveMove) -> [Effect] {
        var lines = move.takings.map { taking in
            let left = taking.lot.remaining - taking.taken
            var line = Effect(left == 0 ? .lotDelete : .lotUpsert, seq: seq, handle: move.fill.handle)
            fillFields(taking.lot.fill, &line)
            line.isLong = move.closesLong
            line.openSeq = taking.lot.openSeq
            (line.qty, line.qtyOpen) = (left, taking.lot.qtyOpen)
            return line
        }
        if move.opening > 0 {
            var line = Effect(.lotUpsert, seq: seq, handle: move.fill.handle)
            fillFields(move.fill, &line)
            line.openSeq = seq
            (line.qty, line.qtyOpen) = (move.opening, move.opening)
            lines.append(line)
        }
        return lines
    }

    private func lotMatches(_ move: NaiveMove) -> [Effect] {
        move.takings.map { taking in
            var line = match(move, qty: taking.taken, pnl: taking.pnl)
            line.openSeq = taking.lot.openSeq
            line.price = taking.lot.fill.price
            line.openNs = taking.lot.fill.eventNs
            line.tradeID = NaiveFill.padded(taking.lot.fill.tradeID)
            line.orderID = NaiveFill.padded(taking.lot.fill.orderID)
            line.fee = taking.lot.fill.fee
            line.feeQty.open = taking.lot.fill.qty
            return line
        }
    }

    private func match(_ move: NaiveMove, qty: Int64, pnl: BigInteger) -> Effect {
        var line = Effect(.match, seq: seq, handle: move.fill.handle)
        line.isLong = move.closesLong
        line.qty = qty
        line.money = wide(pnl)
        line.closePrice = move.fill.price
        line.closeNs = move.fill.eventNs
        line.closeTradeID = NaiveFill.padded(move.fill.tradeID)
        line.closeFee = move.fill.fee
        line.feeQty.close = move.fill.qty
        line.sourceRef = move.fill.sourceRef
        return line
    }

    private func poolChanges(_ move: NaiveMove) -> [Effect] {
        var lines: [Effect] = []
        let open = move.before.net.magnitude
        if move.closing > 0, let pool = move.before.pool {
            let left = wide(open - BigInteger(move.closing))
            var line = Effect(left == 0 ? .lotDelete : .lotUpsert, seq: seq, handle: move.fill.handle)
            line.isLong = move.closesLong
            (line.qty, line.cost) = (Int64(left), wide(move.before.openCost - move.poolTaken))
            (line.openSeq, line.qtyOpen, line.openNs) = (pool.openSeq, pool.qtyOpen, pool.fill.eventNs)
            lines.append(line)
        }
        if move.opening > 0, let pool = move.poolAfter(seq: seq) {
            var line = Effect(.lotUpsert, seq: seq, handle: move.fill.handle)
            line.isLong = move.fill.isBuy
            (line.qty, line.cost) = (Int64(wide(move.netAfter.magnitude)), wide(move.openCost))
            (line.openSeq, line.qtyOpen, line.openNs) = (pool.openSeq, pool.qtyOpen, pool.fill.eventNs)
            lines.append(line)
        }
        return lines
    }

    private func poolMatches(_ move: NaiveMove) -> [Effect] {
        guard move.closing > 0, let pool = move.before.pool else { return [] }
        var line = match(move, qty: move.closing, pnl: move.poolPnl)
        (line.openSeq, line.openNs) = (pool.openSeq, pool.fill.eventNs)
        line.cost = wide(move.before.openCost)
        line.poolQty = Int64(wide(move.before.net.magnitude))
        return [line]
    }

    private func rollup(_ move: NaiveMove, _ after: NaivePosition) -> Effect {
        let isFlat = after.net == 0
        var line = Effect(isFlat ? .rollupDelete : .rollupUpsert, seq: seq, handle: move.fill.handle)
        line.qty = Int64(wide(after.net))
        line.cost = wide(after.openCost)
        (line.price, line.openNs) = (move.fill.price, move.fill.eventNs)
        return line
    }

    private func realizedPnl(_ move: NaiveMove, _ after: NaivePosition) -> Effect {
        var line = Effect(.realizedPnl, seq: seq, handle: move.fill.handle)
        line.money = wide(after.realized)
        line.fee = Int64(wide(after.fees))
        line.openNs = move.fill.eventNs
        return line
    }

    private func movement(_ move: NaiveMove) -> Effect {
        var line = Effect(.position, seq: seq, handle: move.fill.handle)
        fillFields(move.fill, &line)
        line.qtyOpen = Int64(wide(move.before.net))
        if move.before.net == 0 {
            line.movement = .open
        } else if move.closing == 0 {
            line.movement = .increase
        } else if move.opening > 0 {
            line.movement = .flip
        } else {
            line.movement = move.netAfter == 0 ? .close : .decrease
        }
        return line
    }
}
