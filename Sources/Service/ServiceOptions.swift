public import Accumulator

/// What the daemon is told of one book.
public struct BookOptions: Sendable {
    /// Name, method, instruments and capacities.
    public var config: BookConfig
    /// The most producers' rings at a time, 1...64.
    public var ringsMax: Int = 64
    /// How the writer waits.
    public var wait: WaitStrategy = .adaptive
    /// The CPU that the writer's thread is bound to; nil: none.
    public var cpu: Int?
    /// Entries of the segment's change ring, a power of two.
    public var changeCapacity: Int = 1 << 16
    /// Permission bits of the segment; readers need to read it.
    public var segmentMode: UInt32 = 0o640
    /// Users, besides this one and root, whose rings are read.
    public var allowedOwners: [UInt32] = []
    /// Records that no producer of this ABI writes after which a ring is quarantined.
    public var violationsMax: Int = 64
    /// The book's private memory is brought in at the start when it is not more than this; otherwise pages come
    /// when they are first touched, and a fill that touches a new one waits for it.
    public var prefaultBytesMax: Int = 256 << 20

    /// Where the book's journal is and how it is kept; nil: positions are in memory only.
    public var journal: JournalOptions?

    /// A book with the product's defaults.
    public init(config: BookConfig = BookConfig()) { self.config = config }
}

/// What the daemon is told.
public struct ServiceOptions: Sendable {
    /// The books; at least one, and no name twice.
    public var books: [BookOptions]
    /// Where locks and the daemon's socket live; nobody else may write there.
    public var runDirectory: String
    /// Where segments and rings live; anything else than the default is for tests.
    public var shmDirectory: String = "/dev/shm"

    /// A daemon of these books.
    public init(books: [BookOptions], runDirectory: String) {
        self.books = books
        self.runDirectory = runDirectory
    }
}
