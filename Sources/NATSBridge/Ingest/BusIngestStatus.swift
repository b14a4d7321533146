import Synchronization

/// How a book's ingest is. A plain value, as of a moment.
public struct BusIngestStatus: Equatable, Sendable {
    /// How the connection is.
    public enum Connection: String, Sendable {
        /// Not yet, or not again.
        case connecting
        /// Connected; messages are asked for.
        case reading
        /// Connected, but something is missing or refused; `lastError` says what.
        case waiting
        /// Ended.
        case stopped
    }

    /// How the connection is.
    public var connection = Connection.connecting
    /// The server, without secrets; empty when there is none.
    public var server = ""
    /// Connections made so far.
    public var connectCount: UInt64 = 0
    /// The newest message of the stream that was taken.
    public var takenSequence: UInt64 = 0
    /// Everything of the stream up to here is durable.
    public var durableSequence: UInt64 = 0
    /// Everything of the stream up to here may be acknowledged.
    public var keptSequence: UInt64 = 0
    /// Messages that were taken and are not acknowledged.
    public var unacknowledgedCount = 0
    /// Messages for this book that the server has and had not delivered when it was asked last.
    public var pendingCount: UInt64 = 0
    /// Messages taken.
    public var messageCount: UInt64 = 0
    /// Fills put on the ring.
    public var fillCount: UInt64 = 0
    /// Deliveries of messages that had been taken before.
    public var redeliveredCount: UInt64 = 0
    /// Messages that went to the dead letters.
    public var poisonCount: UInt64 = 0
    /// Fills that were answered with TradeRejected because they could not be records.
    public var rejectCount: UInt64 = 0
    /// Lifecycle events answered.
    public var lifecycleCount: UInt64 = 0
    /// Dead letters and rejects that are not known to be stored yet.
    public var unstoredCount = 0
    /// Alarms by kind, since the start.
    public var alarmCounts: [IngestAlarm.Kind: UInt64] = [:]
    /// The last alarm, with its numbers; empty when there was none.
    public var lastAlarm = ""
    /// The alarms before it and it itself, oldest first: the last `recentAlarmsMax`.
    public var recentAlarms: [String] = []
    /// What is wrong now, or was last; empty when nothing was.
    public var lastError = ""
    /// Why dead letters or rejects cannot be stored, so that their messages are not acknowledged; empty when they can.
    public var storeTrouble = ""
    /// Why the server hands out nothing though it is asked; empty when it does.
    public var pullTrouble = ""

    /// So many alarms are kept to be told.
    public static let recentAlarmsMax = 16

    /// Nothing yet.
    public init() {}

    /// All alarms since the start.
    public var alarmCount: UInt64 { alarmCounts.values.reduce(0, +) }
}

/// The status where other threads can read it.
final class IngestBoard: Sendable {
    private let status = Mutex(BusIngestStatus())

    var current: BusIngestStatus { status.withLock { $0 } }

    func update(_ change: (inout BusIngestStatus) -> Void) { status.withLock { change(&$0) } }

    func alarm(_ alarm: IngestAlarm) {
        status.withLock {
            $0.alarmCounts[alarm.kind, default: 0] += 1
            $0.lastAlarm = alarm.text
            $0.recentAlarms = $0.recentAlarms.suffix(BusIngestStatus.recentAlarmsMax - 1) + [alarm.text]
        }
    }

    func noteStoreTrouble(_ error: BusError) { status.withLock { $0.storeTrouble = error.description } }

    func error(_ error: BusError) { status.withLock { $0.lastError = error.description } }
}
