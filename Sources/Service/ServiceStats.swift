public import Accumulator
public import Journal
public import ShmReader

/// What a running daemon tells of itself: one moment as its control thread saw it.
public struct ServiceStats: Sendable {
    /// The daemon's process.
    public var pid: UInt32
    /// When it started, ns since 1970.
    public var startedRealtimeNs: Int64
    /// For how long it has run, ns.
    public var uptimeNs: Int64
    /// Processor time of the process so far, ns.
    public var cpuNs: Int64
    /// Memory of the process that is resident, bytes.
    public var residentBytes: Int
    /// Its books, in the order of the configuration.
    public var books: [BookStats]
}

/// One book of a running daemon.
public struct BookStats: Sendable {
    /// The book's name.
    public var book: String
    /// How its writer is.
    public var status: WriterStatus
    /// Epoch of its segment.
    public var epoch: UInt64
    /// The method of keys without an override.
    public var method: String
    /// Records applied, and on disk (0 without a journal).
    public var appliedSeq: UInt64
    /// The last record that is on disk; 0 without a journal.
    public var durableSeq: UInt64
    /// Whether a journal is on; without one nothing becomes durable.
    public var hasJournal: Bool
    /// Age of the writer's heartbeat, ns.
    public var heartbeatAgeNs: Int64
    /// Position slots taken, and how many there are.
    public var positions: Int
    /// Position slots there are.
    public var positionsMax: Int
    /// The book's counters.
    public var counters: ShmReader.BookCounters
    /// Refused records by reason; reasons that never occurred are left out.
    public var rejects: [(reason: RejectReason, count: UInt64)]
    /// Different rejects, the newest last; bounded.
    public var distinctRejects: [DistinctReject]
    /// Rejects that are counted but not told apart, because there were too many different ones.
    public var rejectsNotTold: UInt64
    /// Attached rings by producer.
    public var rings: [RingStats]
    /// Rings that were found and not attached, with the reason, by producer.
    public var refusedRings: [(producer: String, reason: String)]
    /// What the journal does; nil without one.
    public var journal: JournalStats?
    /// What connects the book with a bus; nil when it is on none.
    public var bus: BusStatus?
}

/// A book's journal as its threads tell of it.
public struct JournalStats: Sendable, Equatable {
    /// Where it is.
    public var path: String
    /// How it is written, for people: "io_uring, O_DIRECT".
    public var writePath: String
    /// What was made durable.
    public var commits: CommitFigures
    /// What was made of checkpoints; nil when none are made.
    public var checkpoints: CheckpointerFigures?
    /// What there is of its files, and what was done about them.
    public var files: SegmentKeeperFigures
    /// Room that is left where it is, bytes; nil when that is not known.
    public var freeBytes: Int?

    /// The figures of one moment.
    public init(
        path: String, writePath: String, commits: CommitFigures, checkpoints: CheckpointerFigures?,
        files: SegmentKeeperFigures, freeBytes: Int?
    ) {
        self.path = path
        self.writePath = writePath
        self.commits = commits
        self.checkpoints = checkpoints
        self.files = files
        self.freeBytes = freeBytes
    }
}

/// One producer's ring as the daemon sees it.
public struct RingStats: Sendable {
    /// The producer's name.
    public var producer: String
    /// Records that fit.
    public var capacity: Int
    /// Cursors, states and counts.
    public var status: RingStatus
    /// For how long the oldest record that is not in the book yet has waited, ns; 0 when there is none. As fine
    /// as the control thread's looks.
    public var lagNs: Int64
    /// Whether the producer's process runs, as far as can be told.
    public var isProducerAlive: Bool
}

/// Records that were refused for one reason, of one producer and one key.
public struct DistinctReject: Sendable, Equatable {
    /// Why.
    public var reason: RejectReason
    /// Whose ring they came from.
    public var producer: String
    /// The key; nil when the handle had none.
    public var key: KeyNames?
    /// How many.
    public var count: UInt64
    /// When the first came, ns since 1970 by the daemon's clock.
    public var firstRealtimeNs: Int64
    /// When the last came.
    public var lastRealtimeNs: Int64
    /// The trade id of the last.
    public var lastTradeID: String
    /// The producer's own reference of the last (a line, a stream sequence).
    public var lastSourceRef: UInt64
}
