import Service

extension StatsJSON {
    static func append(_ bus: BusStatus?, to json: inout JSONText) {
        guard let bus else {
            json.add("bus", literal: "null")
            return
        }
        json.beginObject("bus")
        json.add("state", bus.state.rawValue)
        json.add("alarms", bus.alarmCount)
        append(bus.ingest, to: &json)
        append(bus.publisher, to: &json)
        json.endObject()
    }

    private static func append(_ ingest: BusStatus.Ingest, to json: inout JSONText) {
        json.beginObject("ingest")
        json.add("state", ingest.state.rawValue)
        json.add("server", ingest.server)
        json.add("connects", ingest.connectCount)
        json.add("stream_seq", ingest.takenSeq)
        json.add("durable_stream_seq", ingest.durableSeq)
        json.add("pending", ingest.pendingCount)
        json.add("unacknowledged", ingest.unacknowledgedCount)
        json.add("messages", ingest.messageCount)
        json.add("fills", ingest.fillCount)
        json.add("redelivered", ingest.redeliveredCount)
        json.add("poison", ingest.poisonCount)
        json.add("rejects", ingest.rejectCount)
        json.add("lifecycle", ingest.lifecycleCount)
        json.add("unstored", ingest.unstoredCount)
        json.beginObject("alarms_by_kind")
        for alarm in ingest.alarms where alarm.count > 0 { json.add(alarm.kind, alarm.count) }
        json.endObject()
        add("last_alarm", ingest.lastAlarm, to: &json)
        add("trouble", ingest.trouble, to: &json)
        json.endObject()
    }

    private static func append(_ publisher: BusStatus.Publisher, to json: inout JSONText) {
        json.beginObject("publisher")
        json.add("state", publisher.state.rawValue)
        json.add("server", publisher.server)
        json.add("connects", publisher.connectCount)
        json.add("published_seq", publisher.publishedSeq)
        json.add("lag_records", publisher.lagRecords)
        json.add("stored", publisher.storedCount)
        json.add("found", publisher.foundCount)
        json.add("under_way", publisher.underWayCount)
        json.add("unsent", publisher.unsentCount)
        json.add("resent", publisher.resentCount)
        json.add("conflated", publisher.conflatedCount)
        json.add("refused", publisher.refusedCount)
        json.add("alarms", publisher.alarmCount)
        add("last_alarm", publisher.lastAlarm, to: &json)
        add("trouble", publisher.trouble, to: &json)
        json.add("memory_bytes", publisher.replicaBytes)
        json.endObject()
    }
}
