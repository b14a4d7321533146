public import CSeqlock
import LotMatching

/// The answer to a KEY.
public enum KeyAnswer: Equatable, Sendable {
    /// The key's handle in the book; `isNew` when this KEY made the position.
    case defined(handle: UInt32, isNew: Bool)
    /// The KEY was refused: `decimalsMismatch`, `slotCapacity` or `malformedText`.
    case refused(RejectReason)
}

extension Book {
    /// Defines a key, or finds it. A KEY that names a key the book has (with the right decimals) changes
    /// nothing and takes no sequence number; a new or a refused one takes one. Not a hot path.
    public mutating func define(_ key: UnsafePointer<pks_key_record>) -> KeyAnswer {
        // SAFETY (all of this function): the caller's record is whole; a found or new handle is below
        // positionsMax.
        guard unsafe key.isWellFormed else { return unsafe refuse(key, .malformedText) }
        if let handle = unsafe keys.find(key) {
            // SAFETY: a found handle is defined.
            let position = unsafe positions[Int(handle)]
            guard unsafe hasDecimals(key, position) else { return unsafe refuse(key, .decimalsMismatch) }
            return .defined(handle: handle, isNew: false)
        }
        let symbol = unsafe key.names.symbol
        let instrument = config.instruments.instrument(for: symbol)
        let method = config.instruments.method(for: symbol, bookMethod: config.method)
        let position = Position(instrument: instrument, method: method)
        guard unsafe hasDecimals(key, position) else { return unsafe refuse(key, .decimalsMismatch) }
        guard !keys.isFull else { return unsafe refuse(key, .slotCapacity) }
        seq += 1
        let handle = unsafe keys.add(key)
        // SAFETY: handle < positionsMax, and nothing refers to this position yet.
        unsafe (positions + Int(handle)).initialize(to: position)
        unsafe positions[Int(handle)].slot.applied_seq = seq
        return .defined(handle: handle, isNew: true)
    }

    private func hasDecimals(_ key: UnsafePointer<pks_key_record>, _ position: Position) -> Bool {
        // SAFETY: the caller's record is whole.
        unsafe key.pointee.price_decimals == position.slot.price_decimals
            && key.pointee.qty_decimals == position.slot.qty_decimals
            && key.pointee.fee_decimals == position.feeDecimals
    }

    private mutating func refuse(_ key: UnsafePointer<pks_key_record>, _ reason: RejectReason) -> KeyAnswer {
        seq += 1
        count(reason)
        if effects.takesRejects {
            var effect = Effect(.reject, seq: seq, handle: .max)
            effect.reason = reason.rawValue
            // SAFETY: the caller's record is whole.
            effect.sourceRef = unsafe key.pointee.source_ref
            effects.append(effect)
        }
        return .refused(reason)
    }

    mutating func count(_ reason: RejectReason) {
        counters.rejects &+= 1
        rejectsByReason[Int(reason.rawValue)] &+= 1
    }
}
