import Accumulator
import BenchModel
import CLimits
import CSeqlock
import FillProducer
import Foundation
import Journal
import ShmBridge

/// P9: a ring into the slots with the journal on, against off, in turn: how long a backlog takes, which the disk's
/// bandwidth limits, and how long a single fill takes, which it must not.
struct JournalBench {
    var repetitions: Int
    var keyCount = 100
    var fillCount = 2_000_000
    var rounds = 20_000
    /// Between two single fills, ns.
    private let gapNs: Int64 = 20_000
    private let bench: BenchSegment
    private let path = NSTemporaryDirectory() + "pks-bench-journal-\(getpid())"

    private struct Sample {
        var backlogNs = 0.0
        /// Until the last one is durable; 0 without a journal.
        var durableNs = 0.0
        var singles: [UInt64] = []
        var beganNs: Int64 = 0
        /// Of the backlog's commits.
        var recordsPerCommit = 0.0
        var commitNs = 0.0
    }

    /// So many times the records that the book takes without a journal must the disk take, for a figure to be of the
    /// journal and not of the disk.
    private static var diskShareMin: Double { 1.5 }

    init(repetitions: Int) throws {
        self.repetitions = repetitions
        bench = try BenchSegment(slotCapacity: 16384)
        var (first, second): (Int32, Int32) = (0, 0)
        // SAFETY: both numbers live for the call.
        if unsafe limit_two_cpus(&first, &second) == 0 { cpus = (first, second) }
    }

    /// Of the writer and of the journal's thread; nil where there is one core only.
    private var cpus: (writer: Int32, journal: Int32)?

    func run(_ progress: Progress) throws -> [Goal] {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let interrupts = DiskInterrupts()
        let recordBytes = Double(JournalLayout.blockBytes) / Double(JournalLayout.recordsPerBlock)
        func isFit(_ run: (on: Sample, off: Sample, disk: Double)) -> Bool {
            // A disk that gives less than the book needs, and some, decides the figure alone.
            run.disk / recordBytes >= Self.diskShareMin * 1e9 / run.off.backlogNs
        }
        let runs = try GuardedRuns(repetitions, progress, isFit: isFit) { number in
            let before = number % 2 == 0 ? try sample(isOn: false) : nil
            let on = try sample(isOn: true)
            return (on: on, off: try before ?? sample(isOn: false), disk: try diskBytesPerSecond())
        }
        let (onNs, offNs) = (runs.median(\.on.backlogNs), runs.median(\.off.backlogNs))
        let singles = runs.samples.map { (Distribution($0.on.singles), Distribution($0.off.singles)) }
        func figure(_ isOn: Bool, _ part: (Distribution) -> Double) -> Double {
            Statistics.median(singles.map { part(isOn ? $0.0 : $0.1) })
        }
        var publish = Goal(
            id: "P9.publish", title: "one fill into its slot, p99.9, journal on / off",
            repetitions: singles.map { $0.0.p999 / $0.1.p999 }, goal: 1.2, isNoisy: runs.isNoisy,
            detail: [
                ("on_p50_ns", figure(true, \.p50)), ("off_p50_ns", figure(false, \.p50)),
                ("on_p99_ns", figure(true, \.p99)), ("off_p99_ns", figure(false, \.p99)),
                ("on_p999_ns", figure(true, \.p999)), ("off_p999_ns", figure(false, \.p999)),
                ("gap_ns", Double(gapNs)),
            ] + runs.machineFigures)
        publish.series = [
            series("journal_on", runs.samples.map(\.on)), series("journal_off", runs.samples.map(\.off)),
        ]
        return [
            runs.goal(
                "P9", "throughput of a backlog into the slots, journal on / off", 0.8, .atLeast,
                value: { $0.off.backlogNs / $0.on.backlogNs },
                detail: [
                    ("ns_per_fill", onNs), ("off_ns_per_fill", offNs), ("on_fills_per_second", 1e9 / onNs),
                    ("off_fills_per_second", 1e9 / offNs),
                    ("durable_ns_per_fill", runs.median(\.on.durableNs)), ("bytes_per_record", recordBytes),
                    ("disk_bytes_per_second", runs.median(\.disk)),
                    ("disk_records_per_second", runs.median(\.disk) / recordBytes),
                    ("repetitions_with_a_slow_disk", Double(runs.unfit)),
                    ("records_per_commit", runs.median(\.on.recordsPerCommit)),
                    ("commit_ns", runs.median(\.on.commitNs)), ("fills", Double(fillCount)),
                ] + cpus(interrupts)),
            publish,
        ]
    }

    /// Where the two threads and the disk's interrupts were.
    private func cpus(_ interrupts: DiskInterrupts) -> [(name: String, value: Double)] {
        var figures: [(name: String, value: Double)] = []
        if let cpus {
            figures = [("cpu_writer", Double(cpus.writer)), ("cpu_journal", Double(cpus.journal))]
        }
        if let cpu = interrupts.busiestSince() { figures.append(("cpu_disk_interrupts", Double(cpu))) }
        return figures
    }

    private func series(_ name: String, _ samples: [Sample]) -> LatencySeries {
        var series = LatencySeries(name)
        for sample in samples {
            for start in stride(from: 0, to: sample.singles.count, by: PairRuns.blockRounds) {
                let block = sample.singles[start..<min(start + PairRuns.blockRounds, sample.singles.count)]
                let seconds = Double(sample.beganNs - samples[0].beganNs + Int64(start) * gapNs) / 1e9
                series.add(block.map { Double($0) }, at: seconds)
            }
        }
        return series
    }

    /// What the disk takes in commits of 1 MiB, which is what a long backlog makes of the journal's.
    private func diskBytesPerSecond() throws -> Double {
        // SAFETY (all of this function): opened here, used by this thread, closed at the end.
        guard let disk = unsafe limit_disk_open(path + "/raw", 64 << 20) else {
            throw BenchError("P9: \(path): no disk for direct writes here (set TMPDIR to one)")
        }
        defer { unsafe limit_disk_close(disk) }
        let start = pks_monotonic_ns()
        for piece in 0..<256 {
            let at = UInt64(piece % 64) << 20
            guard unsafe limit_disk_commit(disk, LIMIT_DISK_PWRITE, at, 1 << 20) == 0 else {
                throw BenchError("P9: writing failed")
            }
        }
        return 256 * Double(1 << 20) / (Double(pks_monotonic_ns() - start) / 1e9)
    }

    // MARK: - One run

    private func sample(isOn: Bool) throws -> Sample {
        // SAFETY (all of this function): paths are strings of this process.
        Traces.removeRingLockAtEnd(book: bench.book, producer: "p")
        var producer = try FillProducer(
            ProducerOptions(
                book: bench.book, producer: "p", recordCapacity: 1 << 21, handleCapacity: max(keyCount, 1024))
        )
        defer { _ = unsafe unlink(producer.path) }
        let config = BookConfig(
            name: bench.book, positionsMax: max(keyCount, 1024), lotsMax: 1 << 20,
            identitiesMax: (1 << 22) - 32)
        var book = Book(config)
        book.prefault(lots: 1 << 18)
        let queue = RecordQueue(capacity: 1 << 16, after: 0)
        var options = BookWriterOptions()
        let directory = path + "/" + bench.book
        if isOn { options.journal = queue }
        let committer = isOn ? try committer(queue, directory) : nil
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var writer = BookWriter(book: book, segment: try bench.makeWriter(), options: options)
        if isOn { writer.logBounds() }
        // Each thread has a core of its own, as with `pks run --pin`: the journal's is where it is started.
        if let cpus { limit_pin_for_now(cpus.journal) }
        defer { limit_unpin() }
        try committer?.start()
        defer { committer?.stop(withinNs: 1_000_000_000) }
        if let cpus { limit_pin_for_now(cpus.writer) }
        let consumer = try RingConsumer(book: bench.book, producer: "p", segmentEpoch: writer.epoch)
        let ring = writer.attach(consumer)
        var fills = FillStream(keyCount: keyCount)
        fills.define(&producer)
        producer.publish()
        while writer.book.positionCount < keyCount { _ = writer.drain(ring: ring) }
        var sample = Sample()
        sample.beganNs = pks_monotonic_ns()
        sample.singles = singles(&writer, ring, &producer, &fills)
        fills.put(&producer, count: fillCount)
        let before = writer.book.counters.fills
        let figures = committer?.figures
        let start = pks_monotonic_ns()
        while writer.book.counters.fills - before < UInt64(fillCount) { _ = writer.drain(ring: ring) }
        sample.backlogNs = Double(pks_monotonic_ns() - start) / Double(fillCount)
        if isOn {
            while queue.durableSeq < writer.book.seq {
                if let failure = committer?.failure { throw BenchError("P9: \(failure)") }
                _ = writer.drain(ring: ring)
            }
            sample.durableNs = Double(pks_monotonic_ns() - start) / Double(fillCount)
            if let old = figures, let new = committer?.figures, new.commits > old.commits {
                let commits = Double(new.commits - old.commits)
                sample.recordsPerCommit = Double(new.records - old.records) / commits
                sample.commitNs = Double(new.totalNs - old.totalNs) / commits
            }
        }
        try writer.stop(keep: false)
        return sample
    }

    private func committer(_ queue: RecordQueue, _ directory: String) throws -> JournalCommitter {
        // One file for the whole run, so that none is made inside what is measured.
        let bytes = (fillCount + rounds + 1 << 16) / 31 + 4096
        let journal = try JournalWriter(
            DiskDirectory(directory), book: bench.book,
            after: .beginning(epoch: 1, layout: JournalLayout(blocksPerSegment: bytes)), nowRealtimeNs: 0)
        return JournalCommitter(queue, to: journal, name: "pks-j-bench")
    }

    /// Single fills, one due every `gapNs`: when the writer is done with each, from when it was due.
    private func singles(
        _ writer: inout BookWriter, _ ring: Int, _ producer: inout FillProducer, _ fills: inout FillStream
    ) -> [UInt64] {
        var times: [UInt64] = []
        times.reserveCapacity(rounds)
        var dueNs = pks_monotonic_ns() + gapNs
        for _ in 0..<rounds {
            fills.put(&producer, count: 1)
            while pks_monotonic_ns() < dueNs { pks_cpu_relax() }
            let before = writer.book.counters.fills
            while writer.book.counters.fills == before { _ = writer.drain(ring: ring) }
            times.append(UInt64(clamping: pks_monotonic_ns() - dueNs))
            dueNs += gapNs
        }
        return times
    }
}
