public import Accumulator
import Glibc

/// Reads a journal in order while its writer goes on, and gives the state to begin with: for a consumer that has its own
/// pace. A record costs its share of a read of up to 64 blocks.
///
/// It gives no record beyond the one that the caller says is durable, takes no lock, and disturbs nobody. One thread at a
/// time; allocates its buffers once, and small things at each call.
public final class JournalFollower {
    /// A tail is written to now and then while it is read; there are two, so another look finds the other one whole.
    private static let tailLooks = 200

    private let journal: any JournalDirectory
    private let checkpoints: any CheckpointDirectory
    private let config: BookConfig
    private let layout: JournalLayout
    private let epoch: UInt64
    private let full: FullBlocks
    private let newest = BlockBuffer(count: 1)

    /// A follower of the journal in `journal`, opened for looking, of this layout and epoch; its checkpoints are in
    /// `checkpoints`. `config` gives the name, the hash seed, and what the journal does not say.
    public init(
        _ journal: any JournalDirectory, checkpoints: any CheckpointDirectory, config: BookConfig,
        layout: JournalLayout, epoch: UInt64
    ) {
        self.journal = journal
        self.checkpoints = checkpoints
        self.config = config
        self.layout = layout
        self.epoch = epoch
        full = FullBlocks(journal, layout: layout, epoch: epoch)
    }

    // MARK: - Where to begin

    /// A replay of all records up to one that is not after `seq`: from the newest whole checkpoint, or an empty book when
    /// there is none and the journal begins with its first record. Nil when neither is there. Throws `system`,
    /// `unrecoverable`.
    public func replay(through seq: UInt64) throws(JournalError) -> BookReplay? {
        let first = try firstSeq()
        let newest = try NewestCheckpoint.find(
            checkpoints, epoch: epoch, config: config, through: seq)
        if let info = newest.info, info.seq + 1 >= first, let checkpoint = newest.take() {
            return try checkpoint.replay(path: checkpoints.path)
        }
        return first == 1 ? BookReplay(name: config.name, hashSeed: config.hashSeed) : nil
    }

    /// The first record that can be gone on with: 1, or the one behind the oldest checkpoint whose records are there.
    /// Nil when no record can. It says nothing about whether the checkpoint is whole. Throws `system`.
    public func possibleSeq() throws(JournalError) -> UInt64? {
        let first = try firstSeq()
        if first == 1 { return 1 }
        return try Checkpoint.seqs(checkpoints).filter { $0 + 1 >= first }.min().map { $0 + 1 }
    }

    /// The first record that the journal has.
    private func firstSeq() throws(JournalError) -> UInt64 {
        let low = try journal.names().compactMap { JournalLayout.segment(ofName: $0) }.min()
        return JournalLayout.firstRecord(ofBlock: layout.firstBlock(ofSegment: low ?? 0))
    }

    // MARK: - Records

    /// Calls `body` with records from `seq` on, in order and in runs of a block at most, through `durableSeq` or until
    /// `countMax` or a few more have come. Returns the record that comes next. The records are only valid during the
    /// call. Throws `damaged` with file and offset when they cannot be believed, `system` when a file cannot be had.
    public func read(
        from seq: UInt64, through durableSeq: UInt64, countMax: Int,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) -> UInt64 {
        precondition(seq > 0 && countMax > 0)
        if seq > durableSeq { return seq }
        let last = min(durableSeq, seq + UInt64(countMax) - 1)
        let block = JournalLayout.block(ofRecord: seq)
        // Blocks that are durable whole.
        let end = durableSeq / UInt64(JournalLayout.recordsPerBlock)
        if block < end {
            let past = min(end, JournalLayout.block(ofRecord: last) + 1)
            // SAFETY: inside the records of the call.
            unsafe try full.run(block..<past) { (firstSeq, records) throws(JournalError) in
                let skipped = firstSeq < seq ? Int(seq - firstSeq) * 128 : 0
                unsafe try body(
                    max(seq, firstSeq), UnsafeRawBufferPointer(rebasing: records[skipped...]))
            }
            return JournalLayout.firstRecord(ofBlock: past)
        }
        // SAFETY: the body is only passed on.
        unsafe try readNewest(block, from: seq, through: durableSeq, body)
        return durableSeq + 1
    }

    /// The records of the block that is being filled: in one of two tails, or by now in the block itself.
    private func readNewest(
        _ number: UInt64, from seq: UInt64, through durableSeq: UInt64,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        let first = JournalLayout.firstRecord(ofBlock: number)
        let (from, count) = (Int(seq - first), Int(durableSeq + 1 - first))
        let name = JournalLayout.name(ofSegment: layout.segment(ofBlock: number))
        let file = try journal.open(name)
        let places = [
            JournalLayout.offset(ofTail: 0), JournalLayout.offset(ofTail: 1), layout.offset(ofBlock: number),
        ]
        for look in 0..<Self.tailLooks {
            for offset in places {
                // SAFETY (all of this function): a block of the buffer, and records in it.
                let got = unsafe try file.read(at: offset, into: newest.bytes(0..<1))
                guard got == JournalLayout.blockBytes,
                    let header = unsafe JournalBlock.open(UnsafeRawPointer(newest.block(0)), epoch: epoch),
                    header.number == number, header.count >= count
                else { continue }
                let records = unsafe UnsafeRawBufferPointer(
                    start: newest.record(from, ofBlock: 0), count: (count - from) * 128)
                return unsafe try body(seq, records)
            }
            if look > 10 { IdlePause.sleep(ns: 50_000) }
        }
        throw .damaged(
            object: "\(journal.path)/\(name)", offset: layout.offset(ofBlock: number),
            reason: "record \(durableSeq) cannot be read, though it was durable")
    }
}
