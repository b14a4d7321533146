import CSeqlock
public import ShmBridge

/// One producer's ring as a book's writer sees it: how far it has been read, which of the book's keys each of
/// the ring's handles means, and what became of its records. Making one allocates, so that a thread that may
/// wait makes it and the writer only takes it over.
@safe
public struct RingFeed: ~Copyable {
    /// What the book says of a handle that no KEY of this ring has defined.
    static var noKey: UInt32 { .max }
    /// And of one whose KEY was refused.
    static var refusedKey: UInt32 { .max - 1 }

    var consumer: RingConsumer
    /// The next record to apply.
    var next: UInt64
    /// The book has what came before it.
    let isResumed: Bool
    /// Handles from here on are yet to be defined from the ring's key table.
    var keysNext: UInt32
    /// What became of the ring's records since it was attached.
    var fills: UInt64 = 0
    var duplicates: UInt64 = 0
    var rejects: UInt64 = 0
    /// Of the refused ones, those that no producer of this ABI writes.
    var violations: UInt64 = 0
    /// The writer has taken note that the ring is read no more.
    var isCountedOut = false
    // SAFETY: handleCapacity entries, allocated in init and freed in deinit; indexed below that only.
    private let bookHandles: UnsafeMutablePointer<UInt32>
    private let handleCapacity: UInt32

    /// Up to which record the ring was drained when the book had taken which one: what is freed when that is durable.
    var marks: DurableMarks

    /// A ring from where its consumer begins, or from record `resumedAt` on, when the book has those before it:
    /// from what is freed to the end. Allocates four bytes a handle.
    public init(_ consumer: consuming RingConsumer, resumedAt: UInt64? = nil) {
        // Not a property of `self` in the condition: capturing the unfinished value makes Swift 6.3.1 destroy a
        // consumer that is not there yet.
        let (freed, tail) = (consumer.freed, consumer.tail)
        let first = resumedAt ?? freed
        precondition(first >= freed && first <= tail, "a ring goes on inside itself")
        next = first
        isResumed = resumedAt != nil
        handleCapacity = UInt32(consumer.handleCapacity)
        // With nothing taken every KEY is yet to come, before the fills that need it.
        keysNext = first > 0 ? 0 : handleCapacity
        unsafe bookHandles = UnsafeMutablePointer<UInt32>.allocate(capacity: Int(handleCapacity))
        unsafe bookHandles.initialize(repeating: Self.noKey, count: Int(handleCapacity))
        marks = DurableMarks()
        self.consumer = consumer
    }

    deinit { unsafe bookHandles.deallocate() }

    /// The producer's name.
    public var producer: String { consumer.producer }

    /// Which life of the ring this is.
    public var epoch: UInt64 { consumer.epoch }

    /// The next of the ring's records to apply.
    public var nextRecord: UInt64 { next }

    /// The book's handle for the ring's, or one that no key has.
    @inline(__always)
    func bookHandle(_ handle: UInt32) -> UInt32 {
        handle < handleCapacity ? unsafe bookHandles[Int(handle)] : Self.noKey
    }

    mutating func setBookHandle(_ handle: UInt32, _ bookHandle: UInt32) {
        guard handle < handleCapacity else { return }
        unsafe bookHandles[Int(handle)] = bookHandle
    }

    /// There are kept keys to define, or records that the last look at the ring has seen.
    @inline(__always)
    var hasMore: Bool { next != consumer.tail || keysNext < handleCapacity }

    /// How many handles the ring may define.
    var handleCount: UInt32 { handleCapacity }

    /// Up to where records may be freed when half of the ring is kept: a writer that comes back reads them
    /// again. A ring of fewer than four records keeps none, so that a fill and its extension find room.
    var retainedFrom: UInt64 {
        let capacity = consumer.recordMask &+ 1
        let kept = capacity >= 4 ? capacity / 2 : 0
        return next &- consumer.freed > kept ? next &- kept : consumer.freed
    }
}

/// How far a ring was drained when the book had taken so many records: the newest few places, oldest first. When there
/// is no room for another the newest gives way, so that freeing comes later but never too early.
struct DurableMarks {
    private static var capacity: UInt32 { 64 }
    private var seqs = InlineArray<64, UInt64>(repeating: 0)
    private var nexts = InlineArray<64, UInt64>(repeating: 0)
    private var first: UInt32 = 0
    private var count: UInt32 = 0

    /// After record `seq` of the book the ring's records before `next` are in it.
    @inline(__always)
    mutating func add(seq: UInt64, next: UInt64) {
        if count == Self.capacity { count &-= 1 }
        let place = Int((first &+ count) & (Self.capacity &- 1))
        seqs[place] = seq
        nexts[place] = next
        count &+= 1
    }

    /// Takes off what is durable with record `seq`; the ring's records before the result may be freed. Nil when
    /// nothing new is.
    mutating func take(durableSeq seq: UInt64) -> UInt64? {
        var next: UInt64?
        while count != 0 && seqs[Int(first)] <= seq {
            next = nexts[Int(first)]
            first = (first &+ 1) & (Self.capacity &- 1)
            count &-= 1
        }
        return next
    }
}
