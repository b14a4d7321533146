import CSeqlock
import FixedPoint
import LotMatching

extension Book {
    /// SHA-256 over all state that a later record can depend on, as 64 hex digits: counters, watermark, every
    /// position in the order of definition with its lots in the order of opening, fees in other currencies,
    /// and the remembered identities. Equal for equal records, on every machine and in every run. The cost
    /// grows with the state; not for the hot path.
    public func digest() -> String {
        var hash = SHA256()
        hash.update(UInt64(1))  // version of this form
        for count in [
            seq, counters.fills, counters.duplicates, counters.conflicts, counters.rejects, counters.late,
            counters.matches, counters.openLots, window.next, window.oldest,
        ] { hash.update(count) }
        hash.update(watermarkNs)
        hash.update(hasForgotten ? forgottenThroughNs : Int64.min)
        for handle in 0..<UInt32(positionCount) { digest(handle, into: &hash) }
        let fees = otherFees.sorted { ($0.key.handle, $0.key.currency) < ($1.key.handle, $1.key.currency) }
        for (key, sum) in fees {
            hash.update(key.handle)
            hash.update(key.currency)
            hash.update(sum)
        }
        var place = window.oldest
        while place != window.next {
            // SAFETY: the place is in the window; a record is 128 bytes without padding.
            let record = unsafe UnsafeRawBufferPointer(start: window.record(place), count: 128)
            unsafe hash.update(bytes: record)
            hash.update(window.seq(place))
            place &+= 1
        }
        return hash.finish().map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    private func digest(_ handle: UInt32, into hash: inout SHA256) {
        // SAFETY: a defined handle; a key record is 128 bytes without padding. Its handle and source_ref
        // belong to whoever defined the key first and are left out.
        let key = unsafe UnsafeRawPointer(keyRecord(handle))
        unsafe hash.update(bytes: UnsafeRawBufferPointer(start: key, count: 4))
        unsafe hash.update(bytes: UnsafeRawBufferPointer(start: key + 16, count: 112))
        let position = unsafe position(handle).pointee
        var slot = position.slot
        slot.publish_ns = 0  // when it was shown, not what it is
        // SAFETY: the payload is 120 bytes without padding.
        unsafe withUnsafeBytes(of: slot) { unsafe hash.update(bytes: $0) }
        hash.update(position.multiplier)
        hash.update(position.method.rawValue)
        for open in openLots(handle) {
            hash.update(open.lot.openSeq)
            hash.update(open.lot.price.units)
            hash.update(open.lot.remaining.units)
            // SAFETY: an opening fill is 128 bytes without padding.
            unsafe withUnsafeBytes(of: open.opening) { unsafe hash.update(bytes: $0) }
        }
    }
}
