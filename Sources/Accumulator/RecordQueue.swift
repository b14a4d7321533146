import CSeqlock

// SAFETY: `records` and `words` are mapped in init and unmapped in deinit; places are masked. A record belongs to the
// writer until `publishedSeq` covers it, and again once `durableSeq` does; in between the journal reads it.
/// Records on their way from a book's writer to its journal: one thread appends, one other takes. Neither ever waits in
/// here, and the room is bounded: a writer that finds none takes nothing more from its producers, so that a disk
/// slower than the feed shows at the producers as full rings.
///
/// Room comes back when a record is durable, so the capacity is also the most that can ever be applied and not durable.
@safe
public final class RecordQueue: @unchecked Sendable {
    /// How the journal is.
    public enum Condition: UInt64, Sendable {
        /// It takes what comes.
        case well = 0
        /// The disk has no room at the moment; it tries again.
        case waitsForSpace = 1
        /// It has failed and will report nothing durable any more.
        case failed = 2
    }

    /// Records that may be applied and not durable, a power of two.
    public let capacity: Int
    private let records: UnsafeMutableRawPointer
    private let words: UnsafeMutablePointer<UInt64>
    private let mask: UInt64

    // Lines of 128 bytes: what the writer writes, what the journal writes.
    private static let published = 0
    private static let durable = 16
    private static let condition = 17
    private static let wordCount = 32

    /// Room for `capacity` records, a power of two, that come after record `seq`, which is durable. Allocates 128
    /// bytes a record.
    public init(capacity: Int = 1 << 16, after seq: UInt64) {
        precondition(capacity >= 64 && capacity & (capacity - 1) == 0)
        self.capacity = capacity
        mask = UInt64(capacity - 1)
        unsafe records = HugePages.allocateZeroed(bytes: capacity * 128)
        unsafe words = HugePages.allocateZeroed(bytes: Self.wordCount * 8).assumingMemoryBound(
            to: UInt64.self)
        unsafe words[Self.published] = seq
        unsafe words[Self.durable] = seq
    }

    deinit {
        unsafe HugePages.free(records, bytes: capacity * 128)
        unsafe HugePages.free(UnsafeMutableRawPointer(words), bytes: Self.wordCount * 8)
    }

    // MARK: - The journal's side

    /// Records up to this one can be taken.
    public var publishedSeq: UInt64 {
        // SYNC: partner is the release store in RecordQueueEnd.publish.
        unsafe pks_load_acquire(words + Self.published)
    }

    /// A record that is published and not yet durable, 128 bytes. Valid until it is reported durable.
    @unsafe
    public func record(_ seq: UInt64) -> UnsafeRawPointer {
        // SAFETY: masked into the queue.
        unsafe UnsafeRawPointer(records + Int(truncatingIfNeeded: seq & mask) * 128)
    }

    /// Reports records up to this one durable; the writer may use their room again.
    public func setDurable(_ seq: UInt64) {
        // SYNC: partner is the acquire load in `durableSeq`.
        unsafe pks_store_release(words + Self.durable, seq)
    }

    /// Says how the journal is.
    public func setCondition(_ condition: Condition) {
        // SYNC: partner is the acquire load in `condition`.
        unsafe pks_store_release(words + Self.condition, condition.rawValue)
    }

    // MARK: - Either side

    /// Records up to this one are durable.
    public var durableSeq: UInt64 {
        // SYNC: partner is the release store in `setDurable`.
        unsafe pks_load_acquire(words + Self.durable)
    }

    /// How the journal is.
    public var condition: Condition {
        // SYNC: partner is the release store in `setCondition`.
        Condition(rawValue: unsafe pks_load_acquire(words + Self.condition)) ?? .failed
    }

    // MARK: - The writer's side

    /// The end for the one thread that appends. Valid as long as the queue, which its owner must keep.
    func writerEnd() -> RecordQueueEnd {
        // SAFETY: the owner of the end keeps the queue.
        unsafe RecordQueueEnd(
            records: records, mask: mask, publishedWord: words + Self.published,
            durableWord: words + Self.durable, appended: words[Self.published])
    }
}

/// The appending end of a queue: plain pointers, so that appending neither retains nor calls. One thread.
@safe
struct RecordQueueEnd {
    // SAFETY (all of this type): into the queue's memory, which the writer keeps; places are masked.
    let records: UnsafeMutableRawPointer
    let mask: UInt64
    let publishedWord: UnsafeMutablePointer<UInt64>
    let durableWord: UnsafeMutablePointer<UInt64>
    /// The last record appended.
    private(set) var appended: UInt64
    /// Some of it was streamed and may not be seen yet.
    private var hasStreamed = false

    init(
        records: UnsafeMutableRawPointer, mask: UInt64, publishedWord: UnsafeMutablePointer<UInt64>,
        durableWord: UnsafeMutablePointer<UInt64>, appended: UInt64
    ) {
        unsafe self.records = records
        self.mask = mask
        unsafe self.publishedWord = publishedWord
        unsafe self.durableWord = durableWord
        self.appended = appended
    }

    /// Appends a record under the next sequence number, with another `handle`. There must be room.
    @inline(__always)
    mutating func append(_ record: UnsafeRawPointer, handle: UInt32) {
        appended &+= 1
        let place = unsafe records + Int(truncatingIfNeeded: (appended & mask) &* 128)
        unsafe place.copyMemory(from: record, byteCount: 128)
        unsafe place.storeBytes(of: handle, toByteOffset: 4, as: UInt32.self)
    }

    /// The same past this core's caches: it does not read the record again, and to have the record's two lines it would
    /// have to wait until the journal's core gives them back. For many records on end; `publish` then waits for them.
    @inline(__always)
    mutating func stream(_ record: UnsafeRawPointer, handle: UInt32) {
        appended &+= 1
        hasStreamed = true
        // Places are 128 bytes from the beginning of a page, so aligned.
        unsafe pks_stream_copy(records + Int(truncatingIfNeeded: (appended & mask) &* 128), record, handle)
    }

    /// Lets the journal take everything appended.
    @inline(__always)
    mutating func publish() {
        if hasStreamed {
            // SYNC: with the release below; partner is the acquire load in RecordQueue.publishedSeq.
            pks_stream_fence()
            hasStreamed = false
        }
        // SYNC: partner is the acquire load in RecordQueue.publishedSeq.
        unsafe pks_store_release(publishedWord, appended)
    }

    /// Records up to this one are durable.
    @inline(__always)
    var durableSeq: UInt64 {
        // SYNC: partner is the release store in RecordQueue.setDurable.
        unsafe pks_load_acquire(durableWord)
    }

    /// How many more records fit.
    @inline(__always)
    var room: UInt64 { mask &+ 1 &- (appended &- durableSeq) }
}
