import Accumulator
import CSeqlock
import Journal
package import Service
import ShmReader

/// The daemon's figures as JSON: one object on one line. Lengths of time are seconds, moments are RFC 3339 in UTC,
/// counts are whole numbers. docs/metrics.md lists the names.
package enum StatsJSON {
    /// What a response with it says of itself.
    package static let contentType = "application/json"

    /// All figures. A pure function. Allocates.
    package static func render(_ stats: ServiceStats, version: String) -> [UInt8] {
        var json = JSONText()
        json.beginObject()
        json.add("version", version)
        json.add("abi", "\(PKS_ABI_MAJOR).\(PKS_ABI_MINOR)")
        json.add("pid", stats.pid)
        json.add("started", SecondsText.moment(stats.startedRealtimeNs))
        json.add("uptime_seconds", seconds: stats.uptimeNs)
        json.add("cpu_seconds", seconds: stats.cpuNs)
        json.add("resident_bytes", stats.residentBytes)
        json.beginArray("books")
        for book in stats.books { append(book, to: &json) }
        json.endArray()
        json.endObject()
        json.endLine()
        return json.bytes
    }

    private static func append(_ journal: JournalStats?, to json: inout JSONText) {
        guard let journal else {
            json.add("journal_figures", literal: "null")
            return
        }
        json.beginObject("journal_figures")
        json.add("path", journal.path)
        json.add("write_path", journal.writePath)
        json.add("segment", journal.commits.segment)
        json.add("commits", journal.commits.commits)
        json.add("commit_seconds", seconds: journal.commits.totalNs)
        json.add("longest_commit_seconds", seconds: journal.commits.longestNs)
        json.add("retries", journal.commits.retries)
        add("trouble", journal.commits.trouble, to: &json)
        json.add("bytes", journal.files.byteCount)
        if let free = journal.freeBytes {
            json.add("free_bytes", free)
        } else {
            json.add("free_bytes", literal: "null")
        }
        json.add("files_removed", journal.files.removed)
        add("files_error", journal.files.error, to: &json)
        json.add("checkpoint_seq", journal.checkpoints?.lastSeq ?? 0)
        json.add("checkpoints", journal.checkpoints?.count ?? 0)
        add("checkpoint_error", journal.checkpoints?.error, to: &json)
        json.endObject()
    }

    static func add(_ name: String, _ text: String?, to json: inout JSONText) {
        if let text { json.add(name, text) } else { json.add(name, literal: "null") }
    }

    private static func append(_ book: BookStats, to json: inout JSONText) {
        json.beginObject()
        json.add("book", book.book)
        json.add("state", book.status.name)
        json.beginArray("degraded_reasons")
        for reason in StateNames.degradedReasons(of: book.status) { json.add(nil, reason) }
        json.endArray()
        json.add("method", book.method)
        json.add("epoch", String(book.epoch, radix: 16))
        json.add("heartbeat_age_seconds", seconds: book.heartbeatAgeNs)
        json.add("applied_seq", book.appliedSeq)
        json.add("journal", book.hasJournal)
        json.add("durable_seq", book.durableSeq)
        if book.hasJournal {
            json.add("durable_lag_records", book.appliedSeq - min(book.appliedSeq, book.durableSeq))
        } else {
            json.add("durable_lag_records", literal: "null")
        }
        append(book.journal, to: &json)
        append(book.bus, to: &json)
        json.add("positions", book.positions)
        json.add("positions_max", book.positionsMax)
        json.add("fills", book.counters.fills)
        json.add("duplicates", book.counters.duplicates)
        json.add("conflicts", book.counters.conflicts)
        json.add("rejects", book.counters.rejects)
        json.add("late", book.counters.late)
        json.add("matches", book.counters.matches)
        json.add("open_lots", book.counters.openLots)
        json.beginObject("rejects_by_reason")
        for reject in book.rejects { json.add(reject.reason.text, reject.count) }
        json.endObject()
        json.beginArray("distinct_rejects")
        for reject in book.distinctRejects { append(reject, to: &json) }
        json.endArray()
        json.add("rejects_not_told", book.rejectsNotTold)
        json.beginArray("rings")
        for ring in book.rings { append(ring, to: &json) }
        json.endArray()
        json.beginArray("refused_rings")
        for refused in book.refusedRings {
            json.beginObject()
            json.add("producer", refused.producer)
            json.add("reason", refused.reason)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private static func append(_ reject: DistinctReject, to json: inout JSONText) {
        json.beginObject()
        json.add("reason", reject.reason.text)
        json.add("producer", reject.producer)
        if let key = reject.key {
            json.add("account", key.account)
            json.add("strategy", key.strategy)
            json.add("symbol", key.symbol)
        }
        json.add("count", reject.count)
        json.add("first", SecondsText.moment(reject.firstRealtimeNs))
        json.add("last", SecondsText.moment(reject.lastRealtimeNs))
        json.add("last_trade_id", reject.lastTradeID)
        json.add("last_source_ref", reject.lastSourceRef)
        json.endObject()
    }

    private static func append(_ ring: RingStats, to json: inout JSONText) {
        json.beginObject()
        json.add("producer", ring.producer)
        json.add("state", StateNames.name(of: ring.status))
        if let reason = ring.status.quarantineReason {
            json.add("quarantine_reason", StateNames.quarantineReason(reason))
        }
        json.add("producer_alive", ring.isProducerAlive)
        json.add("lag_records", ring.status.lag)
        json.add("lag_seconds", seconds: ring.lagNs)
        json.add("capacity_records", ring.capacity)
        json.add("retained_records", ring.status.tail - min(ring.status.tail, ring.status.freed))
        json.add("published_records", ring.status.tail)
        json.add("fills", ring.status.fills)
        json.add("duplicates", ring.status.duplicates)
        json.add("rejects", ring.status.rejects)
        json.endObject()
    }
}
