import Synchronization

/// What of a journal is kept for somebody who has not read all of it: the newest checkpoint that the first wanted record
/// comes after, and every record behind that checkpoint.
///
/// Whoever removes checkpoints asks here, and whoever removes segments. Both do it under the same lock as a change of the
/// hold, so that what it counts on cannot go between a look and a decision. Any thread may call.
public final class JournalHold: Sendable {
    private struct State {
        /// The first record that is wanted; nil: nothing is held.
        var fromSeq: UInt64?
        var neededFromSeq = UInt64.max
    }

    private let state = Mutex(State())

    /// Holds nothing.
    public init() {}

    /// The first record that is wanted; nil while nothing is held.
    public var fromSeq: UInt64? { state.withLock { $0.fromSeq } }

    /// Records from this one on may not go; `UInt64.max` while nothing is held.
    public var neededFromSeq: UInt64 { state.withLock { $0.neededFromSeq } }

    /// Holds what is needed to go on with record `seq` (from 1), and lets go of what is not. Looks into the directory.
    /// Throws `system` when that cannot be read; what was held stays held then.
    public func set(fromSeq seq: UInt64, checkpoints: any CheckpointDirectory) throws(JournalError) {
        precondition(seq > 0, "records count from 1")
        let changed = state.withLock { state in
            Result { () throws(JournalError) in
                let base = try Self.base(of: seq, among: Checkpoint.seqs(checkpoints))
                state = State(fromSeq: seq, neededFromSeq: (base ?? 0) + 1)
            }
        }
        try changed.get()
    }

    /// Runs `remove` while the hold cannot change, with a function that tells which of some checkpoints is held.
    func removing(
        _ remove: (_ heldAmong: (_ seqs: [UInt64]) -> UInt64?) throws(JournalError) -> Void
    ) throws(JournalError) {
        let failure: JournalError? = state.withLock { state in
            let fromSeq = state.fromSeq
            do throws(JournalError) {
                try remove { seqs in fromSeq.flatMap { Self.base(of: $0, among: seqs) } }
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    /// The newest checkpoint that record `seq` comes after.
    private static func base(of seq: UInt64, among seqs: [UInt64]) -> UInt64? {
        seqs.filter { $0 < seq }.max()
    }
}
