import Service

/// The daemon's lines about one book's bus: a line a change, and not a line an attempt.
struct BusLog {
    /// What was told of one side since all was well.
    private struct Side {
        var state = BusStatus.State.starting
        var wasLive = false
        var told: Set<String> = []

        /// Lines kept to be told from; more different ones in a row are left out.
        private static let toldMax = 16

        /// The line that a look is worth; nil when there is nothing new.
        mutating func line(
            _ title: String, _ state: BusStatus.State, server: String, trouble: String?
        ) -> String? {
            let before = self.state
            self.state = state
            switch state {
            case .live:
                told.removeAll()
                defer { wasLive = true }
                return before == .live
                    ? nil : "\(title): \(wasLive ? "connected again" : "connected") to \(server)"
            case .connecting, .waiting, .failed:
                let words =
                    switch state {
                    case .connecting: "no connection, trying again"
                    case .waiting: "waiting"
                    default: "ended"
                    }
                // Until there is a reason there may be nothing wrong: a connection takes its time.
                guard let trouble, told.count < Self.toldMax, told.insert("\(words)\(trouble)").inserted
                else { return nil }
                return "\(title): \(words): \(trouble)"
            case .starting, .stopped: return nil
            }
        }
    }

    private let book: String
    private var ingest = Side()
    private var publisher = Side()
    private var ingestAlarms: UInt64 = 0
    private var publisherAlarms: UInt64 = 0

    init(book: String) { self.book = book }

    /// The lines that are new with this state.
    mutating func lines(_ status: BusStatus) -> [String] {
        var lines: [String] = []
        let newIn = Int(clamping: status.ingest.alarmCount &- ingestAlarms)
        lines += status.ingest.recentAlarms.suffix(newIn).map { "bus in: alarm: \($0)" }
        let newOut = Int(clamping: status.publisher.alarmCount &- publisherAlarms)
        lines += status.publisher.recentAlarms.suffix(newOut).map { "bus out: alarm: \($0)" }
        ingestAlarms = status.ingest.alarmCount
        publisherAlarms = status.publisher.alarmCount
        let sides = [
            ingest.line(
                "bus in", status.ingest.state, server: status.ingest.server, trouble: status.ingest.trouble),
            publisher.line(
                "bus out", status.publisher.state, server: status.publisher.server,
                trouble: status.publisher.trouble),
        ]
        return (lines + sides.compactMap { $0 }).map { "book \(book): \($0)" }
    }
}
