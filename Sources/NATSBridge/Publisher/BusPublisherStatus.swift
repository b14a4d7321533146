/// What a book's publisher tells of itself: one moment.
public struct BusPublisherStatus: Equatable, Sendable {
    /// What it is doing.
    public enum State: String, Equatable, Sendable {
        /// Making the book that it publishes from.
        case starting
        /// There is no connection; it tries again and again.
        case connecting
        /// All is well.
        case publishing
        /// The server is there and does not take what is sent; it tries again and again. See `trouble`.
        case waiting
        /// It has ended for good because the journal cannot be read. See `trouble`.
        case failed
        /// It was told to end.
        case stopped
    }

    /// What it is doing.
    public var state = State.starting
    /// The server, without secrets; empty without a connection.
    public var server = ""
    /// Everything of the records up to this one is stored on the bus.
    public var publishedSeq: UInt64 = 0
    /// Durable records.
    public var durableSeq: UInt64 = 0
    /// Messages stored in this life, those that were found to be there already not counted.
    public var storedCount: UInt64 = 0
    /// Messages that were found on the bus already, from a life or a connection before.
    public var foundCount: UInt64 = 0
    /// Messages that were sent and are not answered yet.
    public var underWayCount = 0
    /// Messages that are ready and were not sent yet.
    public var unsentCount = 0
    /// Messages that were sent again, each time counted.
    public var resentCount: UInt64 = 0
    /// States of positions that gave way to newer ones.
    public var conflatedCount: UInt64 = 0
    /// Messages that a stream has refused, each time counted.
    public var refusedCount: UInt64 = 0
    /// Connections that were opened.
    public var connectCount: UInt64 = 0
    /// What should not happen to a stream and has: it was made anew, cut short, or belongs to another journal; and
    /// records that cannot be published because they were removed.
    public var alarmCount: UInt64 = 0
    /// The last of them, with its numbers; nil when there was none.
    public var lastAlarm: String?
    /// The alarms before it and it itself, oldest first, some.
    public var recentAlarms: [String] = []
    /// What holds it up now; nil when nothing does.
    public var trouble: String?
    /// Private memory of the second book, bytes reserved.
    public var replicaBytes = 0

    /// Nothing yet.
    public init() {}

    /// Durable records whose messages are not all known to be stored.
    public var lagRecords: UInt64 { durableSeq > publishedSeq ? durableSeq - publishedSeq : 0 }
}
