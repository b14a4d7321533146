import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// What somebody knows who has only the effects of a book: the newest state of each lot and of each position,
/// and the matches added up.
final class EffectView {
    private struct LotKey: Hashable {
        let handle: UInt32
        let openSeq: UInt64
    }

    private struct PositionState {
        var net: Int64 = 0
        var openCost: Int128 = 0
        var realizedPnl: Int128 = 0
        var matchedPnl: Int128 = 0
        var movedNet: Int64 = 0
        var lotCount = 0
    }

    private var remaining: [LotKey: Int64] = [:]
    private var positions: [UInt32: PositionState] = [:]
    private var firstFault: String?

    /// Takes a run of effects, in order.
    func take(_ effects: UnsafeBufferPointer<Effect>) {
        // SAFETY: the buffer is valid for this call.
        for index in effects.indices { take(unsafe effects[index]) }
    }

    private func take(_ effect: Effect) {
        let lot = LotKey(handle: effect.handle, openSeq: effect.openSeq)
        switch effect.kind {
        case .lotUpsert:
            if remaining.updateValue(effect.qty, forKey: lot) == nil {
                positions[effect.handle, default: PositionState()].lotCount += 1
            }
        case .lotDelete:
            if remaining.removeValue(forKey: lot) == nil {
                firstFault = firstFault ?? "record \(effect.seq) deletes a lot that was not open"
            }
            positions[effect.handle, default: PositionState()].lotCount -= 1
        case .match: positions[effect.handle, default: PositionState()].matchedPnl &+= effect.money
        case .rollupUpsert, .rollupDelete:
            positions[effect.handle, default: PositionState()].net = effect.qty
            positions[effect.handle, default: PositionState()].openCost = effect.cost
        case .realizedPnl: positions[effect.handle, default: PositionState()].realizedPnl = effect.money
        case .position:
            let change = effect.isLong ? effect.qty : 0 &- effect.qty
            positions[effect.handle, default: PositionState()].movedNet &+= change
        case .reject: break
        }
    }

    /// What differs between the effects put together and the state; nil when nothing does.
    func difference(from book: borrowing Book) -> String? {
        if let firstFault { return firstFault }
        for handle in 0..<UInt32(book.positionCount) {
            // SAFETY: the handle is defined.
            let position = unsafe book.position(handle).pointee
            let seen = positions[handle] ?? PositionState()
            let agrees =
                seen.net == position.slot.net_qty && seen.movedNet == position.slot.net_qty
                && seen.openCost == position.openCost && seen.realizedPnl == position.realizedPnl
                && seen.matchedPnl == position.realizedPnl && seen.lotCount == Int(position.slot.open_lots)
            if !agrees {
                return "the effects of key \(handle) do not add up to its position"
            }
            for open in book.openLots(handle) {
                let lot = LotKey(handle: handle, openSeq: open.lot.openSeq)
                if remaining[lot] != open.lot.remaining.units {
                    return "the effects of lot \(open.lot.openSeq) of key \(handle) do not end in its state"
                }
            }
        }
        return nil
    }
}
