import Accumulator
import CSeqlock
import Glibc
import LotMatching

/// Ends the run with a word on why, which an optimized `preconditionFailure` would not say.
func stop(_ why: String) -> Never {
    print("fuzz: \(why)")
    // SAFETY: nil means every open stream.
    _ = unsafe fflush(nil)
    preconditionFailure()
}

/// A small book that takes records as they come, and whose identities are checked after each.
final class AuditedBook {
    private(set) var book: Book

    private final class Tray { var effects: [Effect] = [] }

    private let tray: Tray
    private var audit = IdentityAudit()
    private var handles: [UInt32: UInt32] = [:]
    private var pendingExtension: pks_extension_record?

    init(method: LotMethod, keepsEffects: Bool = false) {
        let config = BookConfig(
            name: "fuzz", method: method, positionsMax: 64, lotsMax: 256, identitiesMax: 1024,
            otherFeesMax: 16)
        let tray = Tray()
        self.tray = tray
        if !keepsEffects {
            book = Book(config)
            return
        }
        // SAFETY: the consumer copies what it is lent.
        let log = unsafe EffectLog { effects in
            for index in effects.indices { tray.effects.append(unsafe effects[index]) }
        }
        book = Book(config, effects: log)
    }

    func define(_ record: pks_key_record) {
        var key = record
        // SAFETY: a local, for the call.
        if case .defined(let handle, _) = unsafe book.define(&key) { handles[key.handle] = handle }
    }

    func extend(_ record: pks_extension_record) { pendingExtension = record }

    func apply(_ record: pks_fill_record) {
        defer { pendingExtension = nil }
        guard let handle = handles[record.handle] else { return }
        var fill = record
        fill.handle = handle
        let result: ApplyResult
        // SAFETY: pointers to locals, for the call.
        if var extra = pendingExtension {
            extra.handle = handle
            result = unsafe book.apply(&fill, extension: &extra)
        } else {
            result = unsafe book.apply(&fill)
        }
        guard result == .applied else { return }
        do {
            try unsafe audit.check(book, after: &fill)
        } catch {
            stop("\(error)")
        }
    }

    /// All effects so far.
    func allEffects() -> [Effect] {
        book.effects.flush()
        return tray.effects
    }

    var digest: String { book.digest() }
}
