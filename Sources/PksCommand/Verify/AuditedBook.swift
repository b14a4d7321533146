import Accumulator
import CSeqlock
import LotMatching

/// A book that is fed record by record, without ring and slots, and looked at after each of them: the
/// accounting identities of the position that moved, and in the end the effects against the state.
final class AuditedBook {
    /// Fills after which the identities were seen to hold.
    private(set) var checkedCount = 0
    /// The first thing that does not hold.
    private(set) var violation: String?

    private var book: Book
    private var audit = IdentityAudit()
    private let view: EffectView
    /// The book's handle for the feed's; nil for a key that was refused.
    private var handles: [UInt32?] = []
    private var heldExtension: pks_extension_record?

    init(_ config: BookConfig) {
        let view = EffectView()
        self.view = view
        // SAFETY: the closure hands the buffer on for the call only.
        book = Book(config, effects: unsafe EffectLog { effects in unsafe view.take(effects) })
    }

    /// Applies one record of a feed and checks what it did.
    func put(_ record: UnsafeRawPointer) {
        // SAFETY (all of this function): the caller's record is whole, aligned, and alive for the call.
        switch unsafe Int32(record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            var key = unsafe record.load(as: pks_key_record.self)
            switch unsafe book.define(&key) {
            case .defined(let handle, _): handles.append(handle)
            case .refused: handles.append(nil)
            }
        case PKS_KIND_EXTENSION:
            heldExtension = unsafe record.load(as: pks_extension_record.self)
        default:
            var fill = unsafe record.load(as: pks_fill_record.self)
            fill.handle = handles[Int(fill.handle)] ?? .max
            apply(&fill)
        }
    }

    private func apply(_ fill: inout pks_fill_record) {
        let result: ApplyResult
        // SAFETY (all of this function): both records are this function's own and outlive the calls.
        if var extended = heldExtension {
            heldExtension = nil
            result = unsafe book.apply(&fill, extension: &extended)
        } else {
            result = unsafe book.apply(&fill)
        }
        guard result == .applied else { return }
        checkedCount += 1
        do throws(IdentityAudit.Violation) {
            unsafe try audit.check(book, after: &fill)
        } catch {
            if violation == nil { violation = "after record \(error.seq): \(error.description)" }
        }
    }

    /// Looks at the book as it is now, with its effects handed over.
    func withBook<Result, Failure: Error>(
        _ body: (borrowing Book) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        book.effects.flush()
        return try body(book)
    }

    /// What the effects, put together, say otherwise than the state; nil when they agree.
    func effectsViolation() -> String? {
        book.effects.flush()
        return view.difference(from: book)
    }
}
