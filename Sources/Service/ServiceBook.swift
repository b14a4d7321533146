import Accumulator
import CSeqlock
public import Journal
import LotMatching
import ShmReader

/// What a book of the daemon was made with.
public struct ServiceBook: Sendable {
    /// Its name.
    public let name: String
    /// The method of keys without an override.
    public let method: String
    /// The most positions, open lots, remembered identities and rings.
    public let positionsMax: Int
    /// The most open lots.
    public let lotsMax: Int
    /// The most fills that duplicates are told from.
    public let identitiesMax: Int
    /// The most rings at a time.
    public let ringsMax: Int
    /// Private memory reserved, bytes.
    public let memoryBytes: Int
    /// All of it was brought in at the start.
    public let isPrefaulted: Bool
    /// Shared memory of the segment, bytes; all of it is brought in.
    public let segmentBytes: Int
    /// The file of the segment.
    public let segmentPath: String
    /// Where the journal is; nil without one.
    public let journalPath: String?
    /// How it is written, for people: "io_uring, O_DIRECT".
    public let journalWritePath: String?
    /// What was recovered from it; nil without a journal, and for a new one.
    public let recovery: RecoveryReport?

    init(_ host: BookHost) {
        let config = host.options.config
        name = config.name
        method = config.method.name
        positionsMax = config.positionsMax
        lotsMax = config.lotsMax
        identitiesMax = config.identitiesMax
        ringsMax = host.options.ringsMax
        memoryBytes = host.memory.bytes
        isPrefaulted = host.memory.isPrefaulted
        segmentBytes = Int(clamping: host.reader.header.segment_bytes)
        segmentPath = host.segmentPath
        journalPath = host.journal?.path
        journalWritePath = host.journal?.writePath.description
        recovery = host.journal?.report
    }
}
