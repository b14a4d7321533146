public import CSeqlock

/// What putting something on a ring gave. Unless it is `ok`, nothing was put.
@frozen
public enum PutAnswer: Sendable {
    /// It is on the ring; `publish` shows it to the writer.
    case ok
    /// There is no room: publish, let the writer free some, and try again.
    case full
    /// The writer has given up on this ring, or its cursor is impossible.
    case quarantined
    /// The handle is beyond the ring's capacity of handles, or none is left.
    case badHandle
    /// The handle names another key already.
    case redefined
    /// A name of the key is empty, longer than its field, or has a NUL.
    case badKey

    @inlinable @inline(__always)
    init(_ code: Int32) {
        self = code == PKS_PUT_OK ? .ok : Self.refusal(code)
    }

    @usableFromInline
    static func refusal(_ code: Int32) -> PutAnswer {
        switch code {
        case PKS_PUT_FULL: .full
        case PKS_PUT_QUARANTINED: .quarantined
        case PKS_PUT_BAD_HANDLE: .badHandle
        case PKS_PUT_REDEFINED: .redefined
        default: .badKey
        }
    }
}

/// The book's answer to a key: the values of PKS_ANSWER_*.
public enum KeyAnswer: UInt8, Sendable, CaseIterable {
    /// None yet.
    case pending = 0
    /// Fills of this handle are taken.
    case accepted = 1
    /// The instrument has other decimals.
    case decimals = 2
    /// The book has no room for another position.
    case capacity = 3
    /// A name is empty or not padded text, or the handle is beyond the capacity.
    case malformed = 4
    /// The handle names another key already.
    case redefined = 5
}

/// What became of a producer's records in one life of the book.
public struct ProducerCounts: Equatable, Sendable {
    /// Which life of the book; 0 when no writer has ever read the ring.
    public var writerEpoch: UInt64
    /// Applied fills.
    public var fills: UInt64
    /// Fills that came again and changed nothing.
    public var duplicates: UInt64
    /// Records that the book refused.
    public var rejects: UInt64

    /// Counts of these parts.
    public init(writerEpoch: UInt64 = 0, fills: UInt64 = 0, duplicates: UInt64 = 0, rejects: UInt64 = 0) {
        self.writerEpoch = writerEpoch
        self.fills = fills
        self.duplicates = duplicates
        self.rejects = rejects
    }
}
