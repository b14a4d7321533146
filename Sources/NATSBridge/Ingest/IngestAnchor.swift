/// A message of the stream as it was when this book took it, by which the stream is known again. A sequence number
/// alone says nothing: a server that has lost the end of a stream gives the same numbers to other messages.
public struct IngestAnchor: Equatable, Sendable {
    /// Its place in the stream.
    public var sequence: UInt64
    /// When the server stored it, ns since 1970.
    public var storedNs: Int64
    /// CRC-32C of its content.
    public var checksum: UInt32
    /// The book's journal held it at this record at the latest; 0 when it is not known.
    public var journalSequence: UInt64

    /// An anchor of these parts.
    public init(sequence: UInt64, storedNs: Int64, checksum: UInt32, journalSequence: UInt64 = 0) {
        self.sequence = sequence
        self.storedNs = storedNs
        self.checksum = checksum
        self.journalSequence = journalSequence
    }
}

/// What a look at the stream says of an anchor.
enum AnchorFinding: Equatable, Sendable {
    /// The same message is there.
    case same
    /// Another message is there.
    case other
    /// Nothing is there (any more).
    case gone
}
