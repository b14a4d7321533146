/// What a book's writer is told besides the book.
public struct BookWriterOptions: Sendable {
    /// Keeps the newest half of each ring's records unfreed, so that a writer that comes back can read them
    /// again. Without it, records are freed as soon as they are applied.
    public var retainsRecords = false
    /// The book holds what rings have freed. When it does not, attaching a ring that has freed records
    /// degrades the book (PKS_DEGRADED_HISTORY).
    public var hasHistory = true
    /// Records that no producer of this ABI writes after which a ring is quarantined; nil: never.
    public var violationsMax: Int?
    /// The segment says live at once; otherwise it says starting until `goLive`.
    public var startsLive = true

    /// Where every record goes on its way to the journal; nil without one. Rings are then freed only when the records are
    /// durable, whatever `retainsRecords` says.
    public var journal: RecordQueue?
    /// PKS_DEGRADED_* bits that hold from an earlier life of the book.
    public var degradedReasons: UInt64 = 0
    /// With a journal: slots show a record only when it is durable.
    public var isDurableFirst = false

    /// What a writer of files does: frees at once, believes that history is complete, starts live.
    public init() {}
}
