import BenchModel
import CLimits
import CSeqlock
import Foundation
import Journal
import Synchronization

/// P10: a durable commit of the journal, against the raw disk with the same writes by turns, with idle cores and with
/// all of them busy; and the ways of writing that the journal chose from.
struct CommitBench {
    var repetitions: Int
    var rounds: Int
    let path = NSTemporaryDirectory() + "pks-bench-commit-\(getpid())"

    private static let fileBytes: UInt64 = 64 << 20
    private static let patterns: [(name: String, code: Int32)] = [
        ("pwrite_fdatasync", LIMIT_DISK_PWRITE), ("ring_linked", LIMIT_DISK_LINKED),
        ("ring_then_fdatasync", LIMIT_DISK_RING), ("rwf_dsync", LIMIT_DISK_DSYNC),
    ]

    /// One size of commit, with one kind of load.
    private struct Case {
        let id: String
        let title: String
        let records: Int
        let bytes: Int
        let isBusy: Bool
    }

    /// One repetition's times, ns: the journal's, and each pattern's.
    private struct Times {
        var beganNs: Int64
        var journal: [UInt64] = []
        var raw: [[UInt64]] = Array(repeating: [], count: CommitBench.patterns.count)
    }

    func run(_ progress: Progress) throws -> [Goal] {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // SAFETY: opened here, used by this thread, closed at the end.
        guard let disk = unsafe limit_disk_open(path + "/raw", Self.fileBytes) else {
            throw BenchError(
                "P10: \(path): no disk for direct writes here (errno \(errno); set TMPDIR to one)")
        }
        defer { unsafe limit_disk_close(disk) }
        let record = 15 * JournalLayout.recordsPerBlock + 1
        return try [
            Case(id: "P10", title: "one record, cores idle", records: 1, bytes: 4096, isBusy: false),
            Case(id: "P10.busy", title: "one record, cores busy", records: 1, bytes: 4096, isBusy: true),
            Case(id: "P10.64k", title: "64 KiB, cores idle", records: record, bytes: 65536, isBusy: false),
            Case(
                id: "P10.64k.busy", title: "64 KiB, cores busy", records: record, bytes: 65536, isBusy: true),
        ].map { unsafe try measure($0, disk, progress) }
    }

    private func measure(_ one: Case, _ disk: OpaquePointer, _ progress: Progress) throws -> Goal {
        let began = pks_monotonic_ns()
        // SAFETY: the disk is open until the end of the run.
        let runs = try GuardedRuns(repetitions, progress) { number in
            let load = one.isBusy ? BusyCores() : nil
            defer { load?.end() }
            return unsafe try sample(one, disk, number)
        }
        let journal = Distribution(runs.samples.flatMap(\.journal))
        var detail = [
            ("journal_p50_us", journal.p50 / 1000), ("journal_p99_us", journal.p99 / 1000),
            ("journal_p999_us", journal.p999 / 1000),
        ]
        var series = [LatencySeries("journal_commit")]
        for (index, pattern) in Self.patterns.enumerated() {
            let times = runs.samples.flatMap { $0.raw[index] }
            guard !times.isEmpty else { continue }
            let raw = Distribution(times)
            detail += [
                ("\(pattern.name)_p50_us", raw.p50 / 1000), ("\(pattern.name)_p99_us", raw.p99 / 1000),
                ("\(pattern.name)_p999_us", raw.p999 / 1000),
            ]
            series.append(LatencySeries(pattern.name))
            for sample in runs.samples {
                series[series.count - 1].add(
                    sample.raw[index].map { Double($0) }, at: Double(sample.beganNs - began) / 1e9)
            }
        }
        for sample in runs.samples {
            series[0].add(sample.journal.map { Double($0) }, at: Double(sample.beganNs - began) / 1e9)
        }
        detail.append(("commits_of_each", Double(journal.count)))
        var goal = runs.goal(
            one.id, "p50 of a durable commit of \(one.title) / pwrite and fdatasync of as much", 1.3,
            value: { Distribution($0.journal).p50 / Distribution($0.raw[0]).p50 }, detail: detail)
        goal.series = series
        return goal
    }

    /// The journal and each pattern in turn, so that whatever else the disk does hits all of them.
    private func sample(
        _ one: Case, _ disk: OpaquePointer, _ repetition: Int
    ) throws -> Times {
        var times = Times(beganNs: pks_monotonic_ns())
        let book = "\(one.id)-\(repetition)"
        let directory = try DiskDirectory(path + "/" + book)
        var writer = try JournalWriter(
            directory, book: book, after: .beginning(epoch: 1, layout: JournalLayout()), nowRealtimeNs: 0)
        let record = [UInt8](repeating: 0x5a, count: 128)
        // SAFETY (all of this function): the record is 128 bytes and outlives the calls; the disk is open.
        for round in 0..<max(1, rounds / 50) {
            // Each of them begins as often as the others: what the disk does next it does to all.
            for turn in 0...Self.patterns.count {
                let index = (turn + round) % (Self.patterns.count + 1) - 1
                if index < 0 {
                    let start = pks_monotonic_ns()
                    for _ in 0..<one.records {
                        unsafe record.withUnsafeBytes { bytes in
                            guard let base = bytes.baseAddress else { return }
                            precondition(unsafe writer.append(base))
                        }
                    }
                    try writer.commit(nowRealtimeNs: 0)
                    times.journal.append(UInt64(clamping: pks_monotonic_ns() - start))
                    continue
                }
                let pattern = Self.patterns[index]
                let needsRing = pattern.code == LIMIT_DISK_LINKED || pattern.code == LIMIT_DISK_RING
                if unsafe needsRing && limit_disk_has_ring(disk) == 0 { continue }
                let at = UInt64(round * Self.patterns.count + index) * UInt64(one.bytes) % Self.fileBytes
                let start = pks_monotonic_ns()
                guard unsafe limit_disk_commit(disk, pattern.code, at, UInt32(one.bytes)) == 0 else {
                    throw BenchError("P10: \(pattern.name) failed")
                }
                let taken = UInt64(clamping: pks_monotonic_ns() - start)
                times.raw[index].append(taken)
            }
        }
        try FileManager.default.removeItem(atPath: path + "/" + book)
        return times
    }
}

/// Threads that keep every core busy until they are told to end.
final class BusyCores: Sendable {
    private let isEnding = Mutex(false)
    private let running = Mutex(0)

    init() {
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
            running.withLock { $0 += 1 }
            let thread = Thread { [self] in
                while !isEnding.withLock({ $0 }) {
                    for _ in 0..<1000 { pks_cpu_relax() }
                }
                running.withLock { $0 -= 1 }
            }
            thread.start()
        }
    }

    /// Returns when all have ended.
    func end() {
        isEnding.withLock { $0 = true }
        while running.withLock({ $0 > 0 }) { sched_yield() }
    }
}
