import Accumulator
import CSeqlock
import Service
import ShmReader

/// Every metric that there is, in the order in which they are written. docs/metrics.md lists them.
package enum MetricCatalog {
    /// The families; `version` is that of the program.
    package static func families(version: String) -> [MetricFamily] {
        process(version) + bookState + bookCounts + bookSizes + MetricFamily.journal
            + MetricFamily.bus + ringState + ringCounts
    }

    private static func process(_ version: String) -> [MetricFamily] {
        [
            MetricFamily(
                "pks_build", .info, "Version of the program and of the shared-memory layout.",
                .service { _ in
                    var sample = MetricSample(1)
                    sample.labels = [
                        ("version", version), ("abi", "\(PKS_ABI_MAJOR).\(PKS_ABI_MINOR)"),
                        ("layout", String(pks_layout_hash(), radix: 16)),
                    ]
                    return [sample]
                }),
            MetricFamily(
                "pks_start_time_seconds", .gauge, unit: "seconds", "When the daemon started, since 1970.",
                .service { [MetricSample(seconds: $0.startedRealtimeNs)] }),
            MetricFamily(
                "pks_uptime_seconds", .gauge, unit: "seconds", "For how long the daemon has run.",
                .service { [MetricSample(seconds: $0.uptimeNs)] }),
            MetricFamily(
                "pks_process_cpu_seconds", .counter, unit: "seconds", "Processor time of the daemon.",
                .service { [MetricSample(seconds: $0.cpuNs)] }),
            MetricFamily(
                "pks_process_resident_memory_bytes", .gauge, unit: "bytes", "Resident memory of the daemon.",
                .service { [MetricSample($0.residentBytes)] }),
        ]
    }

    private static let bookState: [MetricFamily] = [
        MetricFamily(
            "pks_book", .info, "What a book is: its method and the epoch of its segment.",
            .book { book in
                var sample = MetricSample(1)
                sample.labels = [("method", book.method), ("epoch", String(book.epoch, radix: 16))]
                return [sample]
            }),
        MetricFamily(
            "pks_state", .stateSet, "State of a book's writer.",
            .book {
                MetricFamily.states("pks_state", StateNames.book, [$0.status.name])
            }),
        MetricFamily(
            "pks_degraded", .stateSet, "Why a book is degraded.",
            .book {
                MetricFamily.states(
                    "pks_degraded", StateNames.degraded.map(\.name),
                    StateNames.degradedReasons(of: $0.status))
            }),
        MetricFamily(
            "pks_heartbeat_age_seconds", .gauge, unit: "seconds", "Age of the writer's last sign of life.",
            .book { [MetricSample(seconds: $0.heartbeatAgeNs)] }),
    ]

    private static let bookCounts: [MetricFamily] = [
        MetricFamily("pks_fills", .counter, "Fills applied.", .book { [MetricSample($0.counters.fills)] }),
        MetricFamily(
            "pks_duplicates", .counter, "Fills that came again and changed nothing.",
            .book { [MetricSample($0.counters.duplicates)] }),
        MetricFamily(
            "pks_conflicts", .counter, "Fills that came again with other economics; they are rejects, too.",
            .book { [MetricSample($0.counters.conflicts)] }),
        MetricFamily(
            "pks_rejects", .counter, "Records refused, by reason.",
            .book { book in
                RejectReason.allCases.map { reason in
                    MetricSample(
                        book.rejects.first { $0.reason == reason }?.count ?? 0, "reason", reason.text)
                }
            }),
        MetricFamily(
            "pks_rejects_not_told", .counter, "Rejects that the list of distinct rejects had no room for.",
            .book { [MetricSample($0.rejectsNotTold)] }),
        MetricFamily(
            "pks_late", .counter, "Applied fills that were later than the watermark allows.",
            .book { [MetricSample($0.counters.late)] }),
        MetricFamily(
            "pks_matches", .counter, "Matches of an opening with a closing fill.",
            .book { [MetricSample($0.counters.matches)] }),
    ]

    private static let bookSizes: [MetricFamily] = [
        MetricFamily("pks_open_lots", .gauge, "Lots open.", .book { [MetricSample($0.counters.openLots)] }),
        MetricFamily(
            "pks_positions", .gauge, "Position slots taken.", .book { [MetricSample($0.positions)] }),
        MetricFamily(
            "pks_positions_capacity", .gauge, "Position slots there are.",
            .book { [MetricSample($0.positionsMax)] }),
        MetricFamily(
            "pks_applied_seq", .gauge, "The last record that all slots show.",
            .book { [MetricSample($0.appliedSeq)] }),
        MetricFamily(
            "pks_durable_seq", .gauge, "The last record that is on disk; 0 without a journal.",
            .book { [MetricSample($0.durableSeq)] }),
        MetricFamily(
            "pks_durable_lag_records", .gauge, unit: "records",
            "Records that are applied and not on disk yet; absent without a journal.",
            .book { book in
                book.hasJournal
                    ? [MetricSample(book.appliedSeq - min(book.appliedSeq, book.durableSeq))] : []
            }),
        MetricFamily(
            "pks_journal", .gauge, "1 when records are written to a journal, 0 when nothing is durable.",
            .book { [MetricSample(isTrue: $0.hasJournal)] }),
        MetricFamily(
            "pks_rings", .gauge, "Producers' rings attached.", .book { [MetricSample($0.rings.count)] }),
        MetricFamily(
            "pks_rings_quarantined", .gauge, "Of them, those that are read no more.",
            .book { [MetricSample($0.rings.count { $0.status.quarantineReason != nil })] }),
        MetricFamily(
            "pks_rings_refused", .gauge, "Rings that were found and not attached.",
            .book { [MetricSample($0.refusedRings.count)] }),
    ]

    private static let ringState: [MetricFamily] = [
        MetricFamily(
            "pks_ring_state", .stateSet, "State of a producer's ring.",
            .ring {
                MetricFamily.states("pks_ring_state", StateNames.ring, [StateNames.name(of: $0.status)])
            }),
        MetricFamily(
            "pks_ring_producer_alive", .gauge, "1 while the producer's process runs.",
            .ring { [MetricSample(isTrue: $0.isProducerAlive)] }),
        MetricFamily(
            "pks_ring_lag_records", .gauge, unit: "records", "Records that are not in the book yet.",
            .ring { [MetricSample($0.status.lag)] }),
        MetricFamily(
            "pks_ring_lag_seconds", .gauge, unit: "seconds",
            "For how long the oldest record that is not in the book has waited.",
            .ring { [MetricSample(seconds: $0.lagNs)] }),
        MetricFamily(
            "pks_ring_retained_records", .gauge, unit: "records",
            "Records that the ring still holds for a restart.",
            .ring { [MetricSample($0.status.tail - min($0.status.tail, $0.status.freed))] }),
        MetricFamily(
            "pks_ring_capacity_records", .gauge, unit: "records", "Records that fit.",
            .ring { [MetricSample($0.capacity)] }),
    ]

    private static let ringCounts: [MetricFamily] = [
        MetricFamily(
            "pks_ring_published_records", .counter, unit: "records",
            "Records that the producer has put on the ring since the ring was made.",
            .ring { [MetricSample($0.status.tail)] }),
        MetricFamily(
            "pks_ring_fills", .counter, "Fills of the ring that were applied in this life of the book.",
            .ring { [MetricSample($0.status.fills)] }),
        MetricFamily(
            "pks_ring_duplicates", .counter, "Fills of the ring that came again.",
            .ring { [MetricSample($0.status.duplicates)] }),
        MetricFamily(
            "pks_ring_rejects", .counter, "Records of the ring that were refused.",
            .ring { [MetricSample($0.status.rejects)] }),
    ]
}
