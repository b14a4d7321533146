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
    ///
    /// `recordsBefore`: how many records of a journal a new key has before its own, each with a number of its own.
    public mutating func define(
        _ key: UnsafePointer<pks_key_record>, recordsBefore: UInt64 = 0
    ) -> KeyAnswer {
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
        seq += recordsBefore
        return .defined(handle: unsafe add(key, position), isNew: true)
    }

    /// Makes the position of a key that the book does not have. There must be room.
    mutating func add(_ key: UnsafePointer<pks_key_record>, _ position: Position) -> UInt32 {
        seq += 1
        let handle = unsafe keys.add(key)
        // SAFETY: handle < positionsMax, and nothing refers to this position yet.
        unsafe (positions + Int(handle)).initialize(to: position)
        unsafe positions[Int(handle)].slot.applied_seq = seq
        return handle
    }

    private func hasDecimals(_ key: UnsafePointer<pks_key_record>, _ position: Position) -> Bool {
        // SAFETY: the caller's record is whole.
        unsafe key.pointee.price_decimals == position.slot.price_decimals
            && key.pointee.qty_decimals == position.slot.qty_decimals
            && key.pointee.fee_decimals == position.feeDecimals
    }

    private mutating func refuse(_ key: UnsafePointer<pks_key_record>, _ reason: RejectReason) -> KeyAnswer {
        // SAFETY: the caller's record is whole.
        refuseKey(sourceRef: unsafe key.pointee.source_ref, reason)
        return .refused(reason)
    }

    /// Takes note of a KEY that is refused.
    mutating func refuseKey(sourceRef: UInt64, _ reason: RejectReason) {
        seq += 1
        count(reason)
        guard effects.takesRejects else { return }
        var effect = Effect(.reject, seq: seq, handle: .max)
        effect.reason = reason.rawValue
        effect.sourceRef = sourceRef
        effects.append(effect)
    }

    mutating func count(_ reason: RejectReason) {
        counters.rejects &+= 1
        rejectsByReason[Int(reason.rawValue)] &+= 1
    }
}
