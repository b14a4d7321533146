/// Whoever takes the records of a feed: a ring, a set of rings, a test. Called on the feed's thread, in the
/// order of the rows.
public protocol FillSink {
    /// Makes ready for the records of a book that was not seen before; `index` counts books from 0. Nil when it
    /// can take them, else why not, in words: every row of that book is then a reject.
    mutating func openBook(_ name: String, index: Int) -> String?

    /// Takes one record of 128 bytes (`pks_key_record`, `pks_extension_record` or `pks_fill_record`), which is
    /// valid for the call only and aligned to 8. A KEY comes before the first record with its handle; an
    /// EXTENSION comes directly before its FILL. False stops the feed.
    mutating func send(_ record: UnsafeRawPointer, book: Int) -> Bool

    /// Takes note of what was not used. False stops the feed.
    mutating func reject(_ reject: FeedReject) -> Bool

    /// Hears now and then, about once every 256 KiB of a file, how far the feed is.
    mutating func progress(_ progress: FeedProgress)
}

extension FillSink {
    /// Does nothing.
    public mutating func progress(_ progress: FeedProgress) {}
}

/// How far a feed is in a file.
public struct FeedProgress: Sendable {
    /// The path as given.
    public var file: String
    /// Bytes read, as stored (compressed ones for gzip).
    public var bytesRead: Int
    /// The size of the file as stored; nil for a pipe.
    public var bytesTotal: Int?
    /// Fills sent so far, of all files.
    public var fills: Int
}

/// What a feed did, over all its files.
public struct FeedSummary: Sendable, Equatable {
    /// Fills sent.
    public var fills = 0
    /// Rows, lines and files not used.
    public var rejects = 0
    /// Lines read.
    public var lines = 0
    /// What FIX logs hold besides fills, by kind.
    public var ignored: [IgnoredKind: Int] = [:]
    /// CSV columns and JSON keys that mean nothing to us, in quotes; at most 64.
    public var unknownNames: [String] = []

    /// Nothing yet.
    public init() {}
}
