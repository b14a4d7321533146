import Accumulator
import JournalSupport
import Synchronization
import TestSupport

// SAFETY: one thread of a test.
/// A book's durable records in memory: they become durable bit by bit, and what nobody holds goes.
final class StoryRecords: DurableRecords, @unchecked Sendable {
    let book = "main"
    let epoch: UInt64
    let story: JournalStory
    /// Records between two states that a replay can begin with.
    private let checkpointEvery: UInt64 = 130
    private var random: SeededRandom
    private(set) var durable: UInt64
    private(set) var heldFromSeq: UInt64 = 1
    /// Records before this one are gone.
    private(set) var firstSeq: UInt64 = 1
    /// Whether what is not held goes at once.
    let forgets: Bool

    /// `durable` of them are durable at the beginning: all that a life before could have seen.
    init(
        _ story: JournalStory, seed: UInt64, epoch: UInt64 = 0xabc, forgets: Bool = false, durable: UInt64 = 0
    ) {
        self.story = story
        self.epoch = epoch
        self.forgets = forgets
        random = SeededRandom(seed: seed)
        self.durable = durable
    }

    var count: UInt64 { UInt64(story.records.count) }

    var durableSeq: UInt64 {
        if durable < count, random.chance(30) {
            durable = min(count, durable + UInt64.random(in: 1...40, using: &random))
        }
        return durable
    }

    func replay(through seq: UInt64) throws(DurableRecordsError) -> BookReplay {
        let base = seq / checkpointEvery * checkpointEvery
        if base + 1 < firstSeq {
            throw .gone(fromSeq: seq + 1, possibleSeq: firstSeq, place: "test", reason: "they were removed")
        }
        var replay = BookReplay(name: book, hashSeed: 5)
        let bytes = story.records.prefix(Int(base)).flatMap { $0 }
        do throws(ReplayError) {
            // SAFETY: the array outlives the call.
            let taken: Result<Void, ReplayError> = unsafe bytes.withUnsafeBytes { bytes in
                Result { () throws(ReplayError) in unsafe try replay.take(bytes, firstSeq: 1) }
            }
            try taken.get()
        } catch { throw .failed(error.description) }
        return replay
    }

    func read(
        from seq: UInt64, countMax: Int,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) -> Void
    ) throws(DurableRecordsError) -> UInt64 {
        if seq < firstSeq { throw .failed("record \(seq) was asked for, which nobody held") }
        var next = seq
        while next <= durable && next < seq + UInt64(countMax) {
            // Runs of a block, as a journal gives them.
            let end = min(durable, next + 30 - (next - 1) % 31)
            let bytes = story.records[Int(next - 1)..<Int(end)].flatMap { $0 }
            // SAFETY: the array outlives the call.
            unsafe bytes.withUnsafeBytes { unsafe body(next, $0) }
            next = end + 1
        }
        return next
    }

    func hold(fromSeq seq: UInt64) throws(DurableRecordsError) {
        heldFromSeq = seq
        if forgets { firstSeq = max(firstSeq, (seq - 1) / checkpointEvery * checkpointEvery + 1) }
    }
}
