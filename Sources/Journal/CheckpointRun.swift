import Accumulator
import CJournal
import CSeqlock
import Glibc

/// Makes one checkpoint, by doing what a recovery does: it reads the newest one, applies the records after it to a
/// book of its own, and writes that. The book that is being published is never touched.
struct CheckpointRun {
    /// The journal's directory, opened for reading by this thread.
    let journal: any JournalDirectory
    let checkpoints: any CheckpointDirectory
    let config: BookConfig
    let layout: JournalLayout
    let epoch: UInt64
    /// What somebody else still needs.
    var hold = JournalHold()

    /// What was made.
    struct Made {
        let info: CheckpointInfo
        /// The one that it was made from, and that is kept beside it.
        let baseSeq: UInt64?
    }

    /// The last record of a full block up to `durableSeq`: a checkpoint covers full blocks, which stay as they are.
    static func fullSeq(_ durableSeq: UInt64) -> UInt64 {
        durableSeq / UInt64(JournalLayout.recordsPerBlock) * UInt64(JournalLayout.recordsPerBlock)
    }

    /// Makes a checkpoint of the last record up to `durableSeq` that it can; nil when there is one already that is as
    /// new. `isStopped` is asked now and then, and a yes ends it with `stopped`.
    func make(
        through durableSeq: UInt64, createdRealtimeNs: Int64, isStopped: () -> Bool
    ) throws(JournalError) -> Made? {
        let full = Self.fullSeq(durableSeq)
        let newest = try NewestCheckpoint.find(
            checkpoints, epoch: epoch, config: config, through: durableSeq)
        let baseSeq = newest.info?.seq
        if full <= baseSeq ?? 0 { return nil }
        var replay: BookReplay
        if let checkpoint = newest.take() {
            replay = try checkpoint.replay(path: checkpoints.path)
        } else {
            replay = BookReplay(name: config.name, hashSeed: config.hashSeed)
        }
        try apply(to: &replay, after: baseSeq ?? 0, through: full, isStopped)
        replay.flush()
        let seq = replay.book.seq
        guard seq == replay.lastSeq else {
            throw .unrecoverable(
                object: journal.path, reason: "the replay of \(replay.lastSeq) records ends at record \(seq)")
        }
        if seq <= baseSeq ?? 0 { return nil }
        if isStopped() { throw .stopped }
        let info = try Checkpoint.write(
            replay.book, passenger: replay.rings.encoded, to: checkpoints, epoch: epoch, keeping: baseSeq,
            hold: hold, createdRealtimeNs: createdRealtimeNs, isStopped: isStopped)
        return Made(info: info, baseSeq: baseSeq)
    }

    private func apply(
        to replay: inout BookReplay, after baseSeq: UInt64, through full: UInt64, _ isStopped: () -> Bool
    ) throws(JournalError) {
        let blocks = FullBlocks(journal, layout: layout, epoch: epoch)
        let path = journal.path
        let range = JournalLayout.block(ofRecord: baseSeq + 1)..<JournalLayout.block(ofRecord: full) + 1
        // SAFETY (all of this function): inside the records of the call.
        unsafe try blocks.run(range) { (firstSeq, records) throws(JournalError) in
            if firstSeq % 4096 < 31 && isStopped() { throw .stopped }
            let first = firstSeq > baseSeq ? 0 : Int(baseSeq + 1 - firstSeq) * 128
            var end = records.count
            if firstSeq + UInt64(records.count / 128) > full {
                // The last one: an announcement without what it announces is left for the next checkpoint.
                while end > first, unsafe Self.announces(records[end - 128]) { end -= 128 }
            }
            if first == end { return }
            unsafe try replay.take(
                UnsafeRawBufferPointer(rebasing: records[first..<end]), firstSeq + UInt64(first / 128),
                path: path, layout)
        }
    }

    /// Whether a record of this kind belongs to the one after it.
    private static func announces(_ kind: UInt8) -> Bool {
        kind == UInt8(PKS_KIND_EXTENSION) || kind == UInt8(PKS_KIND_INSTRUMENT)
    }
}
