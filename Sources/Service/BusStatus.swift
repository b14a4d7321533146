import CSeqlock
import ShmBridge

/// How a book's bus is: plain values of one moment, as whoever runs the bus tells them. The service knows nothing of what
/// the bus is made of; it shows these in its figures and a few of them in the book's segment.
public struct BusStatus: Sendable, Equatable {
    /// What one of the two sides is doing.
    public enum State: String, Sendable, CaseIterable {
        /// Reading the journal before it publishes.
        case starting
        /// All is well.
        case live
        /// No connection; it is tried again and again.
        case connecting
        /// Connected, and something is missing or refused there; `trouble` says what.
        case waiting
        /// Ended for good; `trouble` says why.
        case failed
        /// Ended in good order.
        case stopped
    }

    /// What comes in.
    public var ingest = Ingest()
    /// What goes out.
    public var publisher = Publisher()

    /// Nothing yet.
    public init() {}

    /// The worse of the two sides.
    public var state: State {
        let order: [State] = [.stopped, .live, .starting, .waiting, .connecting, .failed]
        return order.last { $0 == ingest.state || $0 == publisher.state } ?? .starting
    }

    /// Alarms of both sides.
    public var alarmCount: UInt64 { ingest.alarmCount &+ publisher.alarmCount }

    /// What the segment shows.
    var words: BusWords {
        var words = BusWords()
        let state: Int32 =
            switch self.state {
            case .starting: PKS_BUS_STARTING
            case .live: PKS_BUS_LIVE
            case .connecting: PKS_BUS_CONNECTING
            case .waiting: PKS_BUS_WAITING
            case .failed: PKS_BUS_FAILED
            case .stopped: PKS_BUS_STOPPED
            }
        words.state = UInt64(state)
        words.ingestSeq = ingest.takenSeq
        words.ingestPending = ingest.pendingCount
        words.publishedSeq = publisher.publishedSeq
        words.alarms = alarmCount
        return words
    }
}

extension BusStatus {
    /// How often something of a kind has happened that should not.
    public struct AlarmCount: Sendable, Equatable {
        /// The kind's stable name.
        public var kind: String
        /// How often since the start.
        public var count: UInt64

        /// A kind and its count.
        public init(kind: String, count: UInt64) {
            self.kind = kind
            self.count = count
        }
    }

    /// From the stream of fills into the book.
    public struct Ingest: Sendable, Equatable {
        /// What it is doing.
        public var state = State.connecting
        /// The server, without secrets; empty when there is none.
        public var server = ""
        /// Connections made since the start.
        public var connectCount: UInt64 = 0
        /// The newest message of the stream that was taken.
        public var takenSeq: UInt64 = 0
        /// Everything of the stream up to here is durable.
        public var durableSeq: UInt64 = 0
        /// Messages for this book that the server has and had not delivered when it was asked last.
        public var pendingCount: UInt64 = 0
        /// Messages that were taken and are not acknowledged.
        public var unacknowledgedCount: UInt64 = 0
        /// Messages taken since the start.
        public var messageCount: UInt64 = 0
        /// Fills put on the ring since the start.
        public var fillCount: UInt64 = 0
        /// Deliveries of messages that had been taken before.
        public var redeliveredCount: UInt64 = 0
        /// Messages that went to the dead letters.
        public var poisonCount: UInt64 = 0
        /// Fills that were answered with a reject because they cannot be records.
        public var rejectCount: UInt64 = 0
        /// Lifecycle events that were answered.
        public var lifecycleCount: UInt64 = 0
        /// Dead letters and rejects that are not known to be stored yet.
        public var unstoredCount: UInt64 = 0
        /// Alarms since the start by kind, in the order of the kinds; every kind is there.
        public var alarms: [AlarmCount] = []
        /// The last alarm with its numbers; nil when there was none.
        public var lastAlarm: String?
        /// The alarms before it and it itself, oldest first, some.
        public var recentAlarms: [String] = []
        /// What is wrong now; nil when nothing is.
        public var trouble: String?

        /// Nothing yet.
        public init() {}

        /// All alarms since the start.
        public var alarmCount: UInt64 { alarms.reduce(0) { $0 &+ $1.count } }
    }

    /// From the book's journal to the streams that others read.
    public struct Publisher: Sendable, Equatable {
        /// What it is doing.
        public var state = State.starting
        /// The server, without secrets; empty when there is none.
        public var server = ""
        /// Connections made since the start.
        public var connectCount: UInt64 = 0
        /// Everything of the records up to this one is stored on the bus.
        public var publishedSeq: UInt64 = 0
        /// Durable records whose messages are not all known to be stored.
        public var lagRecords: UInt64 = 0
        /// Messages stored since the start, those that were there already not counted.
        public var storedCount: UInt64 = 0
        /// Messages that were found on the bus already.
        public var foundCount: UInt64 = 0
        /// Messages that were sent and are not answered yet.
        public var underWayCount: UInt64 = 0
        /// Messages that are ready and were not sent yet.
        public var unsentCount: UInt64 = 0
        /// Messages that were sent again, each time counted.
        public var resentCount: UInt64 = 0
        /// States of positions that gave way to newer ones.
        public var conflatedCount: UInt64 = 0
        /// Messages that a stream has refused, each time counted.
        public var refusedCount: UInt64 = 0
        /// What should not happen to a stream and has, since the start.
        public var alarmCount: UInt64 = 0
        /// The last alarm with its numbers; nil when there was none.
        public var lastAlarm: String?
        /// The alarms before it and it itself, oldest first, some.
        public var recentAlarms: [String] = []
        /// What holds it up now; nil when nothing does.
        public var trouble: String?
        /// Memory of the second book that it publishes from, bytes reserved.
        public var replicaBytes: Int = 0

        /// Nothing yet.
        public init() {}
    }
}
