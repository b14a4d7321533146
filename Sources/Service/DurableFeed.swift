import Accumulator
import Journal

// SAFETY: the follower is used by one thread at a time, as the protocol asks of its callers; the rest is immutable or
// safe for any thread by itself.
/// A journaled book's durable records, for those who follow it at their own pace. It reads files and leaves the writer,
/// its queue and the commits alone.
@safe
final class DurableFeed: DurableRecords, @unchecked Sendable {
    let book: String
    let epoch: UInt64
    private let path: String
    private let queue: RecordQueue
    private let follower: JournalFollower
    private let journalHold: JournalHold

    /// A feed of the journal in `path` that `queue` leads to. Throws `system` when the directory cannot be opened.
    init(
        _ config: BookConfig, path: String, queue: RecordQueue, layout: JournalLayout, epoch: UInt64,
        hold: JournalHold
    ) throws(JournalError) {
        book = config.name
        self.path = path
        self.queue = queue
        self.epoch = epoch
        journalHold = hold
        follower = JournalFollower(
            try DiskDirectory(path, access: .looking), checkpoints: CheckpointFolder(path: path),
            config: config, layout: layout, epoch: epoch)
    }

    var durableSeq: UInt64 { queue.durableSeq }

    func replay(through seq: UInt64) throws(DurableRecordsError) -> BookReplay {
        let possibleSeq: UInt64?
        do throws(JournalError) {
            if let replay = try follower.replay(through: seq) { return replay }
            possibleSeq = try follower.possibleSeq()
        } catch { throw .failed(error.description) }
        guard let possibleSeq, possibleSeq > seq + 1 else {
            throw .failed(
                "\(path): no whole checkpoint, and no beginning of the journal, from which record \(seq + 1) can be "
                    + "followed (restore a checkpoint or the older files of the journal from a copy)")
        }
        throw .gone(
            fromSeq: seq + 1, possibleSeq: possibleSeq, place: path,
            reason: "the files before record \(possibleSeq) were removed")
    }

    func read(
        from seq: UInt64, countMax: Int,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) -> Void
    ) throws(DurableRecordsError) -> UInt64 {
        do throws(JournalError) {
            // SAFETY: the records are only passed on, for the call.
            return unsafe try follower.read(from: seq, through: queue.durableSeq, countMax: countMax) {
                (firstSeq, records) throws(JournalError) in unsafe body(firstSeq, records)
            }
        } catch { throw .failed(error.description) }
    }

    func hold(fromSeq seq: UInt64) throws(DurableRecordsError) {
        do throws(JournalError) {
            try journalHold.set(fromSeq: seq, checkpoints: CheckpointFolder(path: path))
        } catch { throw .failed(error.description) }
    }
}
