/// What the daemon is told of a book's journal.
public struct JournalOptions: Sendable, Equatable {
    /// The directory of journals; the book's own is a directory of its name in it.
    public var directory: String
    /// Slots show a fill only when it is durable.
    public var isDurableFirst = false
    /// Size of a segment's file, bytes. Of a journal that exists its own size counts.
    public var segmentBytes = 64 << 20
    /// Old segments that no checkpoint needs are removed when all of them together are larger, bytes; 0: never.
    public var keepBytes = 0
    /// The same when they are older than so much running time of the daemon, ns; 0: never.
    public var keepNs: Int64 = 0
    /// After so many new records a checkpoint is made; 0: never.
    public var checkpointRecords = 10_000_000
    /// Records that may be applied and not durable, a power of two: beyond it the writer waits for the disk.
    public var bufferRecords = 1 << 16

    /// Somebody outside the book, a publisher, has still to read the records from this one on: what that takes is not
    /// removed, from the start on, until `DurableRecords.hold` says otherwise. Nil: nobody has.
    public var heldFromSeq: UInt64?

    /// A journal with the product's defaults.
    public init(directory: String) { self.directory = directory }
}
