import Journal
import Service

extension MetricFamily {
    /// A family with one sample for each book that has a journal.
    private static func journal(
        _ name: String, _ type: MetricType, unit: String? = nil, _ help: String,
        _ sample: @escaping @Sendable (JournalStats) -> MetricSample?
    ) -> MetricFamily {
        MetricFamily(
            name, type, unit: unit, help,
            .book { book in book.journal.flatMap(sample).map { [$0] } ?? [] })
    }

    /// What journals do. Absent for books without one.
    static let journal: [MetricFamily] = [
        journal("pks_journal_commits", .counter, "Commits that the disk has finished.") {
            MetricSample($0.commits.commits)
        },
        journal(
            "pks_journal_commit_seconds", .counter, unit: "seconds", "Time that they took together."
        ) { MetricSample(seconds: $0.commits.totalNs) },
        journal(
            "pks_journal_longest_commit_seconds", .gauge, unit: "seconds",
            "The longest of them since the daemon started."
        ) { MetricSample(seconds: $0.commits.longestNs) },
        journal(
            "pks_journal_retries", .counter,
            "Commits that the disk did not take, for want of room, and that were tried again."
        ) { MetricSample($0.commits.retries) },
        journal("pks_journal_waits", .gauge, "1 while the disk takes nothing and it is tried again.") {
            MetricSample(isTrue: $0.commits.trouble != nil)
        },
        journal("pks_journal_segment", .gauge, "Number of the file that is written to.") {
            MetricSample($0.commits.segment)
        },
        journal("pks_journal_bytes", .gauge, unit: "bytes", "Size of all files of the journal.") {
            MetricSample($0.files.byteCount)
        },
        journal("pks_journal_free_bytes", .gauge, unit: "bytes", "Room that is left where the journal is.") {
            $0.freeBytes.map { MetricSample($0) }
        },
        journal("pks_journal_files_removed", .counter, "Old files removed since the daemon started.") {
            MetricSample($0.files.removed)
        },
        journal(
            "pks_journal_files_failed", .gauge,
            "1 when the last attempt to make the next file or to remove an old one failed."
        ) { MetricSample(isTrue: $0.files.error != nil) },
        journal("pks_checkpoint_seq", .gauge, "The last record in the newest checkpoint; 0 without one.") {
            $0.checkpoints.map { MetricSample($0.lastSeq) }
        },
        journal("pks_checkpoints", .counter, "Checkpoints made since the daemon started.") {
            $0.checkpoints.map { MetricSample($0.count) }
        },
        journal("pks_checkpoint_failed", .gauge, "1 when the last attempt at a checkpoint failed.") {
            $0.checkpoints.map { MetricSample(isTrue: $0.error != nil) }
        },
    ]
}
