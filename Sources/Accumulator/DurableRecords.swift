/// What one book has on disk, for whoever follows it from outside and may be any time behind: a bus, a history.
///
/// A follower sees nothing that a crash could undo, and it asks nothing of the book's writer: it replays the records on
/// a book of its own. What it has not taken yet is held on disk for it. `durableSeq` and `hold` may be called by any
/// thread; `replay` and `read` by one thread at a time. They read files and allocate.
public protocol DurableRecords: AnyObject, Sendable {
    /// The book's name.
    var book: String { get }

    /// Which journal it is: drawn when the journal began. Sequence numbers mean something in one journal only.
    var epoch: UInt64 { get }

    /// Records up to this one are durable. Never goes back while the process lives.
    var durableSeq: UInt64 { get }

    /// A replay that has taken all records up to some record that is not after `seq`: that of the newest whole
    /// checkpoint, or of the beginning. It wants no effects; memory for a second book is reserved. Throws `gone` when
    /// neither is there any more.
    func replay(through seq: UInt64) throws(DurableRecordsError) -> BookReplay

    /// Calls `body` with durable records from `seq` on, in order and in runs of whole records, until there are no more
    /// or `countMax` have come. Returns the record that comes next. The records are only valid during the call.
    func read(
        from seq: UInt64, countMax: Int,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) -> Void
    ) throws(DurableRecordsError) -> UInt64

    /// Keeps what is needed to come back to the state before record `seq` and go on from there: a checkpoint, and all
    /// records after it. What was held before and is not needed for this may go. Throws `failed` when the directory
    /// cannot be read; what was held stays held then.
    func hold(fromSeq seq: UInt64) throws(DurableRecordsError)
}

/// Why durable records cannot be followed.
public enum DurableRecordsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Records are not there any more, or no state to apply them to is. The first of those that are wanted and cannot
    /// be had, and the first that can be gone on with: `replay(through: possibleSeq - 1)` works, unless that fails too.
    case gone(fromSeq: UInt64, possibleSeq: UInt64, place: String, reason: String)
    /// Reading failed; the text says what, where, and what to do.
    case failed(String)

    /// What is missing, why, and what to do.
    public var description: String {
        switch self {
        case .gone(let fromSeq, let possibleSeq, let place, let reason):
            "\(place): records \(fromSeq) to \(possibleSeq - 1) cannot be followed any more: \(reason) (restore the "
                + "older files of the journal from a copy and start again to have them)"
        case .failed(let text): text
        }
    }
}
