import Service

extension MetricFamily {
    /// A family about what comes in, with a sample for each book on a bus.
    private static func ingest(
        _ name: String, _ type: MetricType, unit: String? = nil, _ help: String,
        _ sample: @escaping @Sendable (BusStatus.Ingest) -> MetricSample
    ) -> MetricFamily {
        MetricFamily(name, type, unit: unit, help, .book { $0.bus.map { [sample($0.ingest)] } ?? [] })
    }

    /// A family about what goes out, with a sample for each book on a bus.
    private static func publisher(
        _ name: String, _ type: MetricType, unit: String? = nil, _ help: String,
        _ sample: @escaping @Sendable (BusStatus.Publisher) -> MetricSample
    ) -> MetricFamily {
        MetricFamily(name, type, unit: unit, help, .book { $0.bus.map { [sample($0.publisher)] } ?? [] })
    }

    private static let busStates = BusStatus.State.allCases.map(\.rawValue)

    /// What connects books with a bus. Absent for books that are on none.
    static let bus: [MetricFamily] = busBothWays + busIngest + busIngestTrouble + busPublisher

    private static let busBothWays: [MetricFamily] = [
        MetricFamily(
            "pks_bus_ingest_state", .stateSet, "What takes fills from the bus.",
            .book { book in
                book.bus.map { states("pks_bus_ingest_state", busStates, [$0.ingest.state.rawValue]) } ?? []
            }),
        MetricFamily(
            "pks_bus_publisher_state", .stateSet, "What publishes to the bus.",
            .book { book in
                book.bus.map { states("pks_bus_publisher_state", busStates, [$0.publisher.state.rawValue]) }
                    ?? []
            }),
        MetricFamily(
            "pks_bus_alarms", .counter,
            "What should not happen to a stream and has; pks stats tells the last.",
            .book { $0.bus.map { [MetricSample($0.alarmCount)] } ?? [] }),
    ]

    private static let busIngest: [MetricFamily] = [
        ingest("pks_bus_ingest_connects", .counter, "Connections made to take fills.") {
            MetricSample($0.connectCount)
        },
        ingest("pks_bus_ingest_stream_seq", .gauge, "The newest message of the stream that was taken.") {
            MetricSample($0.takenSeq)
        },
        ingest("pks_bus_ingest_durable_stream_seq", .gauge, "Everything of the stream up to here is durable.")
        {
            MetricSample($0.durableSeq)
        },
        ingest(
            "pks_bus_ingest_pending_messages", .gauge, unit: "messages",
            "Messages that the server had not delivered yet when it was asked last."
        ) { MetricSample($0.pendingCount) },
        ingest(
            "pks_bus_ingest_unacknowledged_messages", .gauge, unit: "messages",
            "Messages that were taken and are not acknowledged, because they are not durable yet."
        ) { MetricSample($0.unacknowledgedCount) },
        ingest("pks_bus_ingest_received", .counter, "Messages taken.") { MetricSample($0.messageCount) },
        ingest("pks_bus_ingest_fills", .counter, "Fills put on the book's ring.") {
            MetricSample($0.fillCount)
        },
        ingest("pks_bus_ingest_lifecycle", .counter, "Lifecycle events answered.") {
            MetricSample($0.lifecycleCount)
        },
    ]

    private static let busIngestTrouble: [MetricFamily] = [
        ingest("pks_bus_ingest_redelivered", .counter, "Deliveries of messages that had been taken before.") {
            MetricSample($0.redeliveredCount)
        },
        ingest("pks_bus_ingest_poison", .counter, "Messages that went to the dead letters.") {
            MetricSample($0.poisonCount)
        },
        ingest("pks_bus_ingest_rejects", .counter, "Fills that were answered with a reject as they came in.")
        {
            MetricSample($0.rejectCount)
        },
        ingest(
            "pks_bus_ingest_unstored_messages", .gauge, unit: "messages",
            "Dead letters and rejects that are not known to be stored yet."
        ) { MetricSample($0.unstoredCount) },
        MetricFamily(
            "pks_bus_ingest_alarms", .counter, "Alarms of what takes fills, by kind.",
            .book { book in
                (book.bus?.ingest.alarms ?? []).map { MetricSample($0.count, "kind", $0.kind) }
            }),
    ]

    private static let busPublisher: [MetricFamily] = [
        publisher("pks_bus_publisher_connects", .counter, "Connections made to publish.") {
            MetricSample($0.connectCount)
        },
        publisher("pks_bus_published_seq", .gauge, "Everything of the records up to here is on the bus.") {
            MetricSample($0.publishedSeq)
        },
        publisher(
            "pks_bus_publish_lag_records", .gauge, unit: "records",
            "Durable records whose messages are not all known to be stored."
        ) { MetricSample($0.lagRecords) },
        publisher("pks_bus_published", .counter, "Messages stored.") { MetricSample($0.storedCount) },
        publisher("pks_bus_publish_found", .counter, "Messages that were found on the bus already.") {
            MetricSample($0.foundCount)
        },
        publisher(
            "pks_bus_publish_under_way_messages", .gauge, unit: "messages",
            "Messages that were sent and are not answered yet."
        ) { MetricSample($0.underWayCount) },
        publisher(
            "pks_bus_publish_unsent_messages", .gauge, unit: "messages",
            "Messages that are ready and were not sent yet."
        ) { MetricSample($0.unsentCount) },
        publisher("pks_bus_publish_resent", .counter, "Messages that were sent again.") {
            MetricSample($0.resentCount)
        },
        publisher(
            "pks_bus_publish_conflated", .counter, "States of positions that gave way to newer ones."
        ) { MetricSample($0.conflatedCount) },
        publisher("pks_bus_publish_refused", .counter, "Messages that a stream has refused.") {
            MetricSample($0.refusedCount)
        },
        publisher("pks_bus_publisher_alarms", .counter, "Alarms of what publishes.") {
            MetricSample($0.alarmCount)
        },
        publisher(
            "pks_bus_publisher_memory_bytes", .gauge, unit: "bytes",
            "Memory of the second book that is published from."
        ) { MetricSample($0.replicaBytes) },
    ]
}
