public import CSeqlock
import FixedPoint
import LotMatching

/// What became of a fill.
public enum ApplyResult: UInt8, Sendable {
    /// The position changed.
    case applied
    /// The same fill was applied before: nothing changed.
    case duplicate
    /// Refused: nothing changed but the counters. `Book.lastReject` says why.
    case rejected
}

extension Book {
    /// Checks a fill by itself and hashes its identity: the part of `apply` that needs no state, so that a
    /// writer can do it ahead of time and prefetch what the rest will touch.
    @inline(__always)
    func stage(_ record: UnsafePointer<pks_fill_record>) -> StagedFill {
        // SAFETY (all of this function): the caller's record is whole.
        let trade = unsafe record.tradeID
        let order = unsafe record.orderID
        let side = unsafe record.pointee.side
        let qty = unsafe record.pointee.qty
        let hash = unsafe identityHash(record.pointee.handle, trade, order)
        let isGood =
            unsafe record.pointee.handle < UInt32(truncatingIfNeeded: positionCount) && (side &- 1) < 2
            && qty > 0
            && !trade.isEmpty && trade.isPadded && order.isPadded
            && record.pointee.kind == UInt8(PKS_KIND_FILL)
        return StagedFill(hash: hash, isGood: isGood)
    }

    /// Asks the cache for what `apply` will touch. A hint; changes nothing.
    @inline(__always)
    func prefetch(_ staged: StagedFill, handle: UInt32) {
        // SAFETY: a good fill has a defined handle; its position is 192 bytes.
        unsafe pks_prefetch_write(identities.address(staged.hash))
        identityFilter.prefetch(staged.hash)
        if staged.isGood {
            let position = unsafe UnsafeRawPointer(position(handle))
            unsafe pks_prefetch_write(position)
            unsafe pks_prefetch_write(position + 64)
            unsafe pks_prefetch_write(position + 128)
        }
    }

    /// Asks the cache for the lot that closes next, once the position has arrived. A hint.
    @inline(__always)
    func prefetchLot(_ staged: StagedFill, handle: UInt32) {
        guard staged.isGood else { return }
        // SAFETY: a good fill's handle is defined.
        let position = unsafe position(handle)
        if let lot = unsafe lots.nextAddress(in: position.pointee.lots, method: position.pointee.method) {
            unsafe pks_prefetch_write(lot)
            unsafe pks_prefetch_write(lot + 64)
        }
        let opening = unsafe openings.upcoming(1)
        unsafe pks_prefetch_write(opening)
        unsafe pks_prefetch_write(opening + 64)
    }

    /// Asks the cache for what the next fill will touch, whichever it is. A hint; for when there is time.
    @inline(__always)
    func prefetchNext() {
        // SAFETY: places of the window that may be written ahead, and addresses only.
        let place = unsafe UnsafeRawPointer(window.place(ahead: 0))
        unsafe pks_prefetch_write(place)
        unsafe pks_prefetch_write(place + 64)
        unsafe pks_prefetch_write(window.seqs + Int(truncatingIfNeeded: window.next & window.mask))
        let opening = unsafe openings.upcoming(0)
        unsafe pks_prefetch_write(opening)
        unsafe pks_prefetch_write(opening + 64)
    }

    /// For when there is nothing to do: keeps near what every fill needs. Bounded: one line a call.
    @inline(__always)
    mutating func keepWarm() { identityFilter.keepWarm() }

    /// Applies one fill whose handle is the book's own.
    public mutating func apply(_ record: UnsafePointer<pks_fill_record>) -> ApplyResult {
        // SAFETY: the caller's record is whole; the next place of the window is free to write.
        let place = unsafe window.place(ahead: 0)
        unsafe place.pointee = record.pointee
        return unsafe apply(place, stage(place), extension: nil)
    }

    /// Applies one fill with the extension that came just before it. The extension takes a sequence number
    /// of its own, the one before the fill's.
    public mutating func apply(
        _ record: UnsafePointer<pks_fill_record>, extension extra: UnsafePointer<pks_extension_record>
    ) -> ApplyResult {
        seq += 1
        // SAFETY: the caller's record is whole; the next place of the window is free to write.
        let place = unsafe window.place(ahead: 0)
        unsafe place.pointee = record.pointee
        return unsafe apply(place, stage(place), extension: extra)
    }

    /// Applies one fill that `stage` has seen, with no keys defined in between. The record is at the place
    /// where it will stay, `window.place(ahead: 0)`.
    @inline(__always)
    mutating func apply(
        _ record: UnsafePointer<pks_fill_record>, _ staged: StagedFill,
        extension extra: UnsafePointer<pks_extension_record>?
    ) -> ApplyResult {
        // SAFETY (all of this function): the record is whole and private.
        seq &+= 1
        guard staged.isGood else { return unsafe rejectMalformed(record) }
        let (place, free) = unsafe identities.find(staged.hash, record, in: window.stored)
        if let place { return unsafe applyRepeated(record, place) }
        if _slowPath(window.isFull || hasForgotten), let reason = unsafe windowRefusal(record) {
            return unsafe reject(record, reason)
        }
        return unsafe applyNew(record, staged.hash, free, extra)
    }

    @inline(__always)
    private mutating func applyNew(
        _ record: UnsafePointer<pks_fill_record>, _ hash: UInt64, _ lane: IdentityLane,
        _ extra: UnsafePointer<pks_extension_record>?
    ) -> ApplyResult {
        // SAFETY (all of this function): the record is whole and its handle is defined (`stage`).
        let position = unsafe positions + Int(record.pointee.handle)
        let reason =
            unsafe extra == nil
            ? move(position, by: record) : moveExtended(position, by: record, extra)
        if let reason { return unsafe reject(record, reason) }
        if _slowPath(window.isFull) { forgetOldest() }
        identities.insert(hash, place: window.next, at: lane)
        identityFilter.add(hash)
        window.keepNext(seq: seq)
        unsafe noteTime(record)
        return .applied
    }

    @inline(__always)
    private mutating func noteTime(_ record: UnsafePointer<pks_fill_record>) {
        // SAFETY: the record is whole.
        let eventNs = unsafe record.pointee.event_ns
        if eventNs > watermarkNs {
            watermarkNs = eventNs
            let (bound, wrapped) = eventNs.subtractingReportingOverflow(config.lateAfterNs)
            lateBeforeNs = wrapped ? Int64.min : bound
        }
        counters.fills &+= 1
    }

    /// Whether `applyUnseen` can take this fill: its identity is certainly new and there is room for it.
    @inline(__always)
    func isCertainlyNew(_ staged: StagedFill) -> Bool {
        staged.isGood && identityFilter.isCertainlyNew(staged.hash) && !window.isFull && !hasForgotten
    }

    /// Applies one fill of which `isCertainlyNew` holds, as `apply` does, but leaves its identity to
    /// `remember`, which must come next when it was applied: so its position can be shown before the
    /// identity table, far away in memory, has been touched.
    @inline(__always)
    mutating func applyUnseen(_ record: UnsafePointer<pks_fill_record>) -> ApplyResult {
        // SAFETY (all of this function): the record is whole and its handle is defined (`stage`).
        seq &+= 1
        let position = unsafe positions + Int(record.pointee.handle)
        if let reason = unsafe move(position, by: record) { return unsafe reject(record, reason) }
        return .applied
    }

    /// Remembers the identity of a fill that `applyUnseen` has applied.
    @inline(__always)
    mutating func remember(_ record: UnsafePointer<pks_fill_record>, _ hash: UInt64) {
        // SAFETY (all of this function): the record is whole, at the next place of the window.
        let (_, lane) = unsafe identities.find(hash, record, in: window.stored)
        identities.insert(hash, place: window.next, at: lane)
        identityFilter.add(hash)
        window.keepNext(seq: seq)
        unsafe noteTime(record)
    }

    /// A known identity: the same fill again, or a conflict.
    @inline(never)
    private mutating func applyRepeated(
        _ record: UnsafePointer<pks_fill_record>, _ place: UInt64
    ) -> ApplyResult {
        // SAFETY: both records are whole; the place is in the window.
        let first = unsafe window.record(place).pointee
        let again = unsafe record.pointee
        if first.side == again.side && first.qty == again.qty && first.price == again.price {
            counters.duplicates &+= 1
            return .duplicate
        }
        counters.conflicts &+= 1
        count(.conflict)
        if effects.takesRejects {
            var effect = unsafe rejectEffect(record, .conflict)
            effect.openSeq = window.seq(place)
            effect.qtyOpen = first.qty
            effect.closePrice = first.price
            effect.firstIsBuy = first.side == UInt8(PKS_SIDE_BUY)
            effect.firstSourceRef = first.source_ref
            effects.append(effect)
        }
        return .rejected
    }

    /// The window is full, or has forgotten something: why this fill cannot be taken, or nil. The newest
    /// event time is that of this fill, when it is the newest: or a full window would never open again.
    @inline(never)
    private func windowRefusal(_ record: UnsafePointer<pks_fill_record>) -> RejectReason? {
        // SAFETY: the record is whole; `oldest` is in the window.
        let fillNs = unsafe record.pointee.event_ns
        if hasForgotten && fillNs <= forgottenThroughNs { return .beyondWindow }
        guard window.isFull else { return nil }
        let oldestNs = unsafe window.record(window.oldest).pointee.event_ns
        let (bound, wrapped) = max(watermarkNs, fillNs)
            .subtractingReportingOverflow(config.identityWindowNs)
        guard !wrapped && oldestNs < bound else { return .identityCapacity }
        return fillNs <= oldestNs ? .beyondWindow : nil
    }

    /// Gives the place of the oldest fill to one that was just applied. A lane that was free before is free
    /// after it.
    @inline(never)
    private mutating func forgetOldest() {
        // SAFETY: `oldest` is in the window.
        let oldest = unsafe window.record(window.oldest)
        let hash = unsafe identityHash(oldest.pointee.handle, oldest.tradeID, oldest.orderID)
        identities.remove(hash, place: window.oldest)
        window.oldest &+= 1
        forgottenThroughNs = unsafe max(forgottenThroughNs, oldest.pointee.event_ns)
        hasForgotten = true
    }

    @inline(never)
    private mutating func rejectMalformed(_ record: UnsafePointer<pks_fill_record>) -> ApplyResult {
        // SAFETY: the caller's record is whole.
        let fill = unsafe record.pointee
        let reason: RejectReason
        if fill.kind != UInt8(PKS_KIND_FILL) {
            reason = .unsupportedKind
        } else if fill.handle >= UInt32(positionCount) {
            reason = .unknownKey
        } else if fill.side != UInt8(PKS_SIDE_BUY) && fill.side != UInt8(PKS_SIDE_SELL) {
            reason = .unknownSide
        } else if fill.qty == 0 {
            reason = .zeroQuantity
        } else if fill.qty < 0 {
            reason = .negativeQuantity
        } else {
            let trade = unsafe record.tradeID
            reason = trade.isEmpty ? .missingTradeID : .malformedText
        }
        return unsafe reject(record, reason)
    }

    /// Refuses a record: counts it and says why.
    @inline(never)
    mutating func reject(_ record: UnsafePointer<pks_fill_record>, _ reason: RejectReason) -> ApplyResult {
        count(reason)
        // SAFETY: the caller's record is whole.
        if effects.takesRejects { effects.append(unsafe rejectEffect(record, reason)) }
        return .rejected
    }

    private func rejectEffect(_ record: UnsafePointer<pks_fill_record>, _ reason: RejectReason) -> Effect {
        // SAFETY: the caller's record is whole.
        let fill = unsafe record.pointee
        // To the writer alone a refused KEY's handle is not like one that never had a KEY.
        let handle = fill.handle == RingFeed.refusedKey ? RingFeed.noKey : fill.handle
        var effect = Effect(.reject, seq: seq, handle: handle)
        effect.reason = reason.rawValue
        effect.isLong = fill.side == UInt8(PKS_SIDE_BUY)
        effect.qty = fill.qty
        effect.price = fill.price
        effect.openNs = fill.event_ns
        effect.tradeID = unsafe record.tradeID
        effect.orderID = unsafe record.orderID
        effect.sourceRef = fill.source_ref
        return effect
    }
}

/// What `Book.stage` found out about a fill by itself.
struct StagedFill {
    /// The hash of its identity.
    let hash: UInt64
    /// Whether it is well-formed and its key is defined.
    let isGood: Bool
}
