import Accumulator
import CJournal
import CSeqlock
import Journal

/// Looks at a replayed book after every record: the accounting identities of the position that moved, and at the record
/// of a checkpoint the digest of everything.
final class JournalAuditor: JournalVisitor {
    /// Fills after which the identities were seen to hold.
    private(set) var checkedCount: UInt64 = 0
    /// Checkpoints whose digest is that of the replay.
    private(set) var checkpointCount = 0
    /// What does not hold: the first identity, and every checkpoint.
    private(set) var faults: [String] = []
    let wantsMore = true

    /// The checkpoints that are still to come, the next one last.
    private var checkpoints: [CheckpointFile]
    private var isViolated = false

    private var audit = IdentityAudit()
    private var fillsSeen: UInt64 = 0

    /// Compares at these checkpoints, which are in order.
    init(_ checkpoints: [CheckpointFile]) { self.checkpoints = checkpoints.reversed() }

    func begin(_ book: borrowing Book) {
        audit = IdentityAudit(continuing: book)
        fillsSeen = book.counters.fills
    }

    func willTake(_ record: UnsafeRawPointer, seq: UInt64) {}

    func didTake(_ record: UnsafeRawPointer, seq: UInt64, _ book: borrowing Book) {
        compareDigest(book)
        guard book.counters.fills != fillsSeen else { return }
        fillsSeen = book.counters.fills
        // SAFETY (all of this function): the record is whole, and copied.
        var fill = unsafe record.load(as: pks_fill_record.self)
        fill.handle &= UInt32(PKS_JOURNAL_NO_HANDLE)
        checkedCount += 1
        do throws(IdentityAudit.Violation) { unsafe try audit.check(book, after: &fill) } catch {
            if !isViolated { faults.append("after record \(error.seq): \(error.description)") }
            isViolated = true
        }
    }

    private func compareDigest(_ book: borrowing Book) {
        while let next = checkpoints.last, next.seq <= book.seq {
            checkpoints.removeLast()
            // An older one than the replay began with has no state here to be compared with.
            guard next.seq == book.seq, let info = next.info else { continue }
            if book.digest() == info.digest {
                checkpointCount += 1
            } else {
                faults.append("\(next.name): its digest is not that of the replay: \(info.digest)")
            }
        }
    }
}
