import Accumulator
import BenchModel
import CJournal
import CSeqlock
import Foundation
import Journal

/// P11: a book from its journal, per fill: reading, checking and applying; and from a checkpoint. The files are in the
/// page cache: what a disk adds is its own speed.
struct RecoveryBench {
    var repetitions: Int
    var keyCount = 100
    var fillCount = 2_000_000
    let path = NSTemporaryDirectory() + "pks-bench-recovery-\(getpid())"
    let config = BookConfig(name: "bench")

    private struct Sample {
        var journalNs = 0.0
        var readNs = 0.0
        var checkpointNs = 0.0
        var makingNs = 0.0
        var byteCount = 0
    }

    func run(_ progress: Progress) throws -> [Goal] {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let end = try write()
        let runs = try GuardedRuns(repetitions, progress) { _ in try sample(end) }
        let fills = Double(fillCount)
        let perFill = runs.median(\.journalNs) / fills
        return [
            runs.goal(
                "P11", "recovery from the journal, fills a second", 8e6, .atLeast,
                value: { fills / $0.journalNs * 1e9 },
                detail: [
                    ("ns_per_fill", perFill), ("fills_per_second", 1e9 / perFill), ("fills", fills),
                    ("keys", Double(keyCount)),
                    ("page_cache_read_ns_per_fill", runs.median(\.readNs) / fills),
                    ("ratio_to_page_cache_read", runs.median { $0.journalNs / $0.readNs }),
                    ("checkpoint_ns_per_fill_remembered", runs.median(\.checkpointNs) / fills),
                    ("checkpoint_seconds_to_make", runs.median(\.makingNs) / 1e9),
                    ("checkpoint_bytes", Double(runs.samples.first?.byteCount ?? 0)),
                ])
        ]
    }

    /// The limit: the journal's bytes, read and not looked at. Ns.
    private func timeOfReading() throws -> Double {
        let start = pks_monotonic_ns()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            guard let file = FileHandle(forReadingAtPath: path + "/" + name) else { continue }
            defer { try? file.close() }
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {}
        }
        return Double(pks_monotonic_ns() - start)
    }

    private func sample(_ end: JournalEnd) throws -> Sample {
        var sample = Sample()
        let checkpoints = CheckpointFolder(path: path)
        for seq in try Checkpoint.seqs(checkpoints) {
            try checkpoints.remove(CheckpointInfo.name(ofSeq: seq))
        }
        sample.readNs = try timeOfReading()
        let digest = try recover(&sample.journalNs)
        var options = CheckpointerOptions()
        options.recordsAtStop = 1
        let checkpointer = Checkpointer(
            Checkpointer.Place(
                config: config, layout: end.layout, epoch: end.epoch,
                journal: { [path] () throws(JournalError) in try DiskDirectory(path, access: .looking) },
                checkpoints: { [path] in CheckpointFolder(path: path) }), options: options, newestSeq: 0)
        checkpointer.finish(durableSeq: end.lastSeq)
        let figures = checkpointer.figures
        guard figures.count == 1 else { throw BenchError("no checkpoint: \(figures.error ?? "not due")") }
        (sample.makingNs, sample.byteCount) = (figures.lastSeconds * 1e9, figures.lastByteCount)
        guard try recover(&sample.checkpointNs) == digest else {
            throw BenchError("P11: the checkpoint makes another book than the journal")
        }
        return sample
    }

    /// Recovers the book, and returns how its first position stands.
    private func recover(_ ns: inout Double) throws -> [Int64] {
        let start = pks_monotonic_ns()
        guard
            let recovered = try recoverBook(
                DiskDirectory(path, access: .looking), checkpoints: CheckpointFolder(path: path),
                config: config)
        else { throw BenchError("P11: there is no journal") }
        ns = Double(pks_monotonic_ns() - start)
        guard recovered.book.counters.fills == UInt64(fillCount) else {
            throw BenchError("P11: \(recovered.book.counters.fills) fills were recovered")
        }
        return (0..<UInt32(keyCount)).map { handle in
            // SAFETY: every key was defined.
            unsafe recovered.book.position(handle).pointee.slot.net_qty
        }
    }

    // MARK: - The journal

    /// Writes a journal of random fills, as P7's.
    private func write() throws -> JournalEnd {
        let directory = try DiskDirectory(path)
        let layout = JournalLayout()
        var writer = try JournalWriter(
            directory, book: config.name, after: .beginning(epoch: 1, layout: layout), nowRealtimeNs: 0)
        var config = pks_config_record()
        (config.kind, config.version, config.handle) = (UInt8(PKS_KIND_CONFIG), 1, .max)
        (config.positions_max, config.lots_max) = (UInt64(max(keyCount, 1024)), 1 << 20)
        (config.identities_max, config.identity_window_ns) = ((1 << 21) - 32, 1 << 60)
        try append(config, &writer)
        var instrument = pks_instrument_record()
        instrument.kind = UInt8(PKS_KIND_INSTRUMENT)
        (instrument.price_decimals, instrument.qty_decimals, instrument.fee_decimals) = (8, 8, 8)
        (instrument.multiplier, instrument.method, instrument.handle) = (1, 1, .max)
        var key = pks_key_record()
        (key.kind, key.price_decimals, key.qty_decimals, key.fee_decimals) = (UInt8(PKS_KIND_KEY), 8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        for handle in 0..<keyCount {
            BenchText.write("SYM\(handle)", into: &instrument, at: 80)
            BenchText.write("SYM\(handle)", into: &key, at: 80)
            key.handle = UInt32(handle)
            try append(instrument, &writer)
            try append(key, &writer)
        }
        var random = BenchRandom(state: 42)
        var record = pks_fill_record()
        record.kind = UInt8(PKS_KIND_FILL)
        for n in 0..<fillCount {
            let bits = random.next()
            record.handle = UInt32(truncatingIfNeeded: (bits >> 32) % UInt64(keyCount))
            record.side = UInt8(bits & 1 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
            record.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
            record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
            record.event_ns = 1_700_000_000_000_000_000 + Int64(n) * 1000
            BenchText.write(10_000_000_000 + UInt64(n), into: &record, at: 40)
            BenchText.write(70_000_000_000 + UInt64(n / 3), into: &record, at: 80)
            try append(record, &writer)
        }
        try writer.commit(nowRealtimeNs: 0)
        // Through the page cache, so that it is there for those that are measured.
        // SAFETY: the records are not looked at.
        let scan = try JournalScan(DiskDirectory(path, access: .looking), book: self.config.name)
        guard let end = unsafe try scan.run({ _, _ in }) else {
            throw BenchError("P11: the journal is gone")
        }
        return end
    }

    private func append<Record>(_ record: Record, _ writer: inout JournalWriter) throws {
        // SAFETY: all kinds are 128 bytes, and this one outlives the call.
        try unsafe withUnsafeBytes(of: record) { bytes in
            guard let base = bytes.baseAddress else { return }
            while unsafe !writer.append(base) { try writer.commit(nowRealtimeNs: 0) }
        }
    }
}
