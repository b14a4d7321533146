import NATSBridge
import Service

extension BusStatus {
    /// What the two sides of a book's bus say of themselves, in the service's words.
    init(_ bus: BookBus) {
        self.init()
        ingest = Ingest(bus.ingestStatus)
        publisher = Publisher(bus.publisherStatus)
    }
}

extension BusStatus.Ingest {
    init(_ status: BusIngestStatus) {
        self.init()
        state =
            switch status.connection {
            case .connecting: .connecting
            case .reading: .live
            case .waiting: .waiting
            case .stopped: .stopped
            }
        server = status.server
        connectCount = status.connectCount
        takenSeq = status.takenSequence
        durableSeq = status.durableSequence
        pendingCount = status.pendingCount
        unacknowledgedCount = UInt64(clamping: status.unacknowledgedCount)
        messageCount = status.messageCount
        fillCount = status.fillCount
        redeliveredCount = status.redeliveredCount
        poisonCount = status.poisonCount
        rejectCount = status.rejectCount
        lifecycleCount = status.lifecycleCount
        unstoredCount = UInt64(clamping: status.unstoredCount)
        alarms = IngestAlarm.Kind.allCases.map { kind in
            BusStatus.AlarmCount(kind: kind.rawValue, count: status.alarmCounts[kind] ?? 0)
        }
        lastAlarm = status.lastAlarm.isEmpty ? nil : status.lastAlarm
        recentAlarms = status.recentAlarms
        // What was wrong last is of the past once messages are read again; what holds a part of it up is not.
        let isWrong = status.connection == .connecting || status.connection == .waiting
        let troubles = [isWrong ? status.lastError : "", status.storeTrouble, status.pullTrouble]
        trouble = troubles.first { !$0.isEmpty }
        if state == .live && trouble != nil { state = .waiting }
    }
}

extension BusStatus.Publisher {
    init(_ status: BusPublisherStatus) {
        self.init()
        state =
            switch status.state {
            case .starting: .starting
            case .connecting: .connecting
            case .publishing: .live
            case .waiting: .waiting
            case .failed: .failed
            case .stopped: .stopped
            }
        server = status.server
        connectCount = status.connectCount
        publishedSeq = status.publishedSeq
        lagRecords = status.lagRecords
        storedCount = status.storedCount
        foundCount = status.foundCount
        underWayCount = UInt64(clamping: status.underWayCount)
        unsentCount = UInt64(clamping: status.unsentCount)
        resentCount = status.resentCount
        conflatedCount = status.conflatedCount
        refusedCount = status.refusedCount
        alarmCount = status.alarmCount
        lastAlarm = status.lastAlarm
        recentAlarms = status.recentAlarms
        trouble = status.trouble
        replicaBytes = status.replicaBytes
    }
}
