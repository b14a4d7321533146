/// Where a journal ends: what a scan has found, and what a writer needs to go on.
public struct JournalEnd: Equatable, Sendable {
    /// Random, never zero: which journal.
    public var epoch: UInt64
    /// The last record; 0 in an empty journal.
    public var lastSeq: UInt64
    /// The block that the next record belongs to.
    public var block: UInt64
    /// The records of that block so far, 128 bytes each.
    public var partial: [UInt8]
    /// Checksum of the block before it; 0 before the first.
    public var previousCRC: UInt32
    /// The tail that must not be written next, because it holds `partial`.
    public var tailTurn: Int
    /// How often the journal has been opened for writing.
    public var life: UInt32
    /// Running time of the journal over all its openings, in ns, as its newest block says.
    public var elapsedNs: Int64
    /// Size of segments.
    public var layout: JournalLayout
    /// Bytes behind the end that a write left which nobody was told of.
    public var hasTornEnd: Bool

    /// How many records the partial block has.
    var partialCount: Int { partial.count / 128 }
}
