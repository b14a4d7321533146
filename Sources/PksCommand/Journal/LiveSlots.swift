import Accumulator
import CSeqlock
import ShmReader

/// A replayed book against the slots of the segment that stands in shared memory, as far as both know the same
/// records.
struct LiveSlots {
    /// What came of one slot.
    enum Verdict: Equatable {
        /// Word for word what the replay comes to.
        case same
        /// The slot is of a later record than the replay has.
        case newer(seq: UInt64)
        /// The segment has not come to the position's last record.
        case older(seq: UInt64)
        /// It is not what the replay comes to; how.
        case differs(String)
    }

    /// Slots that are the same, newer and older.
    private(set) var sameCount = 0
    private(set) var newerCount = 0
    private(set) var olderCount = 0
    /// What differs, a line a slot.
    private(set) var faults: [String] = []
    /// Why nothing was compared; nil when something was.
    private(set) var note: String?

    /// Compares all positions of `book`, whose last record is `lastSeq`.
    init(_ name: String, _ book: borrowing Book, lastSeq: UInt64) {
        guard let reader = Self.attach(name, &note) else { return }
        for handle in 0..<UInt32(book.positionCount) {
            switch Self.compare(reader, book, handle, lastSeq: lastSeq) {
            case .same: sameCount += 1
            case .newer: newerCount += 1
            case .older: olderCount += 1
            case .differs(let how): faults.append("slot \(handle): \(how)")
            }
        }
    }

    /// Compares one position; nil, and why in `note`, when there is nothing to compare with.
    static func compare(
        _ name: String, _ book: borrowing Book, _ handle: UInt32, lastSeq: UInt64, note: inout String?
    ) -> Verdict? {
        guard let reader = attach(name, &note) else { return nil }
        return compare(reader, book, handle, lastSeq: lastSeq)
    }

    private static func attach(_ name: String, _ note: inout String?) -> SegmentReader? {
        do throws(AttachError) {
            let reader = try SegmentReader(book: name)
            if reader.durableSeq == 0 {
                note = "the book's segment is of a daemon without a journal"
                return nil
            }
            return reader
        } catch {
            if case .notFound = error { note = "the book has no segment" } else { note = error.description }
            return nil
        }
    }

    private static func compare(
        _ reader: borrowing SegmentReader, _ book: borrowing Book, _ handle: UInt32, lastSeq: UInt64
    ) -> Verdict {
        let appliedSeq = reader.appliedSeq
        // SAFETY: the handle is defined.
        var own = unsafe book.position(handle).pointee.slot
        let names = book.names(handle)
        let found = reader.find(account: names.account, strategy: names.strategy, symbol: names.symbol)
        guard let slot = found else {
            return appliedSeq < own.applied_seq
                ? .older(seq: appliedSeq) : .differs("the segment does not have \(names.symbol)")
        }
        var seen = pks_position()
        guard reader.read(slot, into: &seen) == .value else {
            return .differs("it could not be read")
        }
        if seen.applied_seq > lastSeq { return .newer(seq: seen.applied_seq) }
        if seen.applied_seq < own.applied_seq && appliedSeq < own.applied_seq {
            return .older(seq: seen.applied_seq)
        }
        // A key whose first fill is yet to come has nothing to show.
        if own.fill_count == 0 && seen.fill_count == 0 { return .same }
        // When it was shown is no part of what it is.
        (own.publish_ns, seen.publish_ns) = (0, 0)
        // SAFETY: both are copies of 120 bytes without padding that live for the closures.
        let isSame = unsafe withUnsafeBytes(of: &seen) { left in
            unsafe withUnsafeBytes(of: &own) { right in unsafe left.elementsEqual(right) }
        }
        return isSame
            ? .same
            : .differs(
                "shared memory has record \(seen.applied_seq), net \(seen.net_qty); the journal record "
                    + "\(own.applied_seq), net \(own.net_qty)")
    }
}
