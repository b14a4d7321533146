public import CSeqlock
import Glibc
import ShmFiles

// SAFETY: its pointers lie in `ring`, which it owns; what changes through it is mutating, so one thread at
// a time has it.
/// The receiving end of a fill ring, for the writer of its book. One thread at a time; the hot methods
/// neither allocate nor call into the system nor wait.
///
/// It trusts nothing that a producer can write: sizes are copied and checked once, cursors are bounded each
/// time, records are copied before they are looked at. A ring that breaks the rules is quarantined: it
/// gives no more records, and everything else goes on.
@safe
public struct RingConsumer: ~Copyable, @unchecked Sendable {
    /// The producer's name.
    public let producer: String
    /// The file of the ring.
    public var path: String { ring.path }
    /// Random, never zero: which life of the ring this is.
    public var epoch: UInt64 { ring.header.epoch }
    /// Handles are below this.
    public var handleCapacity: Int { ring.layout.handleCapacity }
    /// Base address of the records, for prefetching; record n lies at (n & recordMask) x 128.
    public let records: UnsafeRawPointer
    /// Capacity less one.
    public let recordMask: UInt64
    /// Records freed so far: reading begins here after a restart. This process's own count.
    @inlinable public var freed: UInt64 { freedCount }
    /// Records before this one can be read; as `available` last saw it.
    public private(set) var tail: UInt64
    /// The ring is broken and gives no more records.
    public private(set) var isQuarantined = false
    /// Why, one of PKS_QUARANTINE_*. This process's own word, which no producer can change.
    public private(set) var quarantineReason = PKS_QUARANTINE_NONE

    // SAFETY: these point into `ring`, which lives as long as this value.
    @usableFromInline let tailWord: UnsafePointer<UInt64>
    @usableFromInline let producerStateWord: UnsafePointer<UInt64>
    @usableFromInline let appliedWord: UnsafeMutablePointer<UInt64>
    @usableFromInline let freedWord: UnsafeMutablePointer<UInt64>
    @usableFromInline let cursors: UnsafeMutablePointer<pks_ring_cursors>
    @usableFromInline var freedCount: UInt64
    let ring: RingMapping

    /// Attaches to the ring of `producer`. Reading begins at `freed`. `segmentEpoch` tells the producer
    /// which life of the book reads its ring. Throws `notFound` and a typed error for every file that is
    /// not a whole ring of this ABI with possible cursors.
    public init(
        book: String, producer: String, segmentEpoch: UInt64, directory: String = "/dev/shm",
        allowedOwners: [UInt32] = []
    ) throws(ShmError) {
        let path = try shmName(producer) { () throws(NameFault) in
            try SharedNames.ringPath(book: book, producer: producer, directory: directory)
        }
        let ring = try RingMapping.attach(
            path: path, book: book, producer: producer, allowedOwners: allowedOwners)
        let (freed, tail) = try ring.positions()
        // SAFETY: words of the consumer's lines. SYNC: partners are the acquire loads in pks_producer.c.
        unsafe pks_store_release(ring.applied, freed)
        unsafe pks_store_relaxed(&ring.cursors.pointee.quarantine_reason, UInt64(PKS_QUARANTINE_NONE))
        unsafe pks_store_relaxed(&ring.cursors.pointee.fills, 0)
        unsafe pks_store_relaxed(&ring.cursors.pointee.duplicates, 0)
        unsafe pks_store_relaxed(&ring.cursors.pointee.rejects, 0)
        unsafe pks_store_release(ring.consumerEpoch, segmentEpoch)
        unsafe pks_store_release(ring.consumerState, UInt64(PKS_RING_OPEN))
        self.producer = producer
        unsafe records = UnsafeRawPointer(ring.records)
        recordMask = UInt64(ring.layout.recordCapacity - 1)
        freedCount = freed
        unsafe cursors = ring.cursors
        self.tail = tail
        unsafe tailWord = UnsafePointer(ring.tail)
        unsafe producerStateWord = UnsafePointer(ring.producerState)
        unsafe appliedWord = ring.applied
        unsafe freedWord = ring.freed
        self.ring = ring
    }

    /// The producers that have a ring for `book`, sorted; rings that cannot be attached are left out.
    public static func producers(
        book: String, directory: String = "/dev/shm", allowedOwners: [UInt32] = []
    ) throws(ShmError) -> [String] {
        let names = try shmCall { () throws(SystemError) in try Paths.names(in: directory) }
        let prefix = PKS_RING_PREFIX.dropFirst() + book + "-"
        var producers: [String] = []
        for name in names where name.hasPrefix(prefix) {
            let producer = String(name.dropFirst(prefix.count))
            guard
                let header = try? HeaderCheck.open(
                    path: directory + "/" + name, flags: O_RDWR, magic: UInt64(PKS_RING_MAGIC),
                    empty: pks_ring_header(), allowedOwners: allowedOwners
                ).header
            else { continue }
            if FixedText.load(of: header.book) == book, FixedText.load(of: header.producer_name) == producer {
                producers.append(producer)
            }
        }
        return producers.sorted()
    }
}

extension RingConsumer {
    /// Whether the producer's cursor has moved since `refresh` last looked.
    @inlinable @inline(__always)
    public var hasNews: Bool {
        // SAFETY: a word of the producer's line. SYNC: none, `refresh` looks again.
        unsafe pks_load_relaxed(tailWord) != tail
    }

    /// Looks how far the producer is; the records `freed..<tail` can then be read. Returns false, for good,
    /// when the ring is quarantined.
    @inlinable @inline(__always)
    public mutating func refresh() -> Bool {
        // SAFETY: a word of the producer's line. SYNC: partner is pks_producer_publish.
        let seen = unsafe pks_load_acquire(tailWord)
        if seen == tail { return !isQuarantined }
        return advance(to: seen)
    }

    /// Copies record `number` (freed <= number < tail) into private memory.
    @inlinable @inline(__always)
    public func get(_ number: UInt64, into record: UnsafeMutablePointer<pks_fill_record>) {
        precondition(number &- freed < tail &- freed, "not a record that can be read")
        // SAFETY: the record's place is masked into the ring.
        unsafe pks_ring_get(records, recordMask, number, record)
    }

    /// Where record `number` lies, for prefetching only.
    @inlinable @inline(__always)
    public func recordAddress(_ number: UInt64) -> UnsafeRawPointer {
        // SAFETY: masked into the ring.
        unsafe records + Int(truncatingIfNeeded: (number & recordMask) &* UInt64(PKS_RECORD_BYTES))
    }

    /// Asks the cache for the record that the producer puts next. A hint, for a consumer that waits.
    @inlinable @inline(__always)
    public func prefetchNext() {
        let record = unsafe recordAddress(tail)
        // SAFETY: an address of the ring; a hint changes nothing.
        unsafe pks_prefetch_read(record)
        unsafe pks_prefetch_read(record + 64)
    }

    /// Tells the producer that records before `number` are in the book.
    @inlinable @inline(__always)
    public mutating func setApplied(_ number: UInt64) {
        precondition(number >= freed && number <= tail, "applied runs from freed to tail")
        // SAFETY: a word of the consumer's lines.
        // SYNC: partner is the acquire load in pks_producer_applied.
        unsafe pks_store_release(appliedWord, number)
    }

    /// Gives the producer the room of the records before `number`, which are durable and applied.
    @inlinable @inline(__always)
    public mutating func setFreed(_ number: UInt64) {
        precondition(number >= freed && number <= tail, "freed only grows, up to tail")
        freedCount = number
        // SAFETY: a word of the consumer's lines.
        // SYNC: partner is the acquire load in pks_producer_freed. The release keeps the copies of the
        // records before it.
        unsafe pks_store_release(freedWord, number)
    }

    /// The key of a handle from the ring's key table, for fills whose KEY record was freed before this
    /// consumer started; false when the handle was never defined. Check it like any record.
    public func key(_ handle: UInt32, into key: inout pks_key_record) -> Bool {
        ring.loadKey(Int(handle), into: &key)
    }

    /// Answers a handle's key with one of PKS_ANSWER_*. A handle beyond the capacity is ignored.
    public mutating func setAnswer(_ handle: UInt32, _ answer: UInt8) {
        guard Int(handle) < handleCapacity else { return }
        // SAFETY: one byte a handle. SYNC: partner is the acquire load in pks_producer_answer.
        unsafe pks_store_byte_release(ring.answers + Int(handle), answer)
    }

    /// Says that the writer has just looked at this ring, and what became of the ring's records in this life
    /// of the book. For people and for the producer's own account; nothing is decided by it.
    @inlinable @inline(__always)
    public mutating func setCounts(fills: UInt64, duplicates: UInt64, rejects: UInt64, nowNs: Int64) {
        // SAFETY: words of the consumer's lines.
        // SYNC: partners are the acquire loads in RingView and in the producer. The heartbeat comes last: whoever
        // sees it sees counts that are at least as new.
        unsafe pks_store_relaxed(&cursors.pointee.fills, fills)
        unsafe pks_store_relaxed(&cursors.pointee.duplicates, duplicates)
        unsafe pks_store_relaxed(&cursors.pointee.rejects, rejects)
        unsafe pks_store_release(&cursors.pointee.consumer_heartbeat_ns, UInt64(bitPattern: nowNs))
    }

    /// Stops reading this ring for good, and tells the producer why (PKS_QUARANTINE_*).
    public mutating func quarantine(_ reason: Int32) {
        isQuarantined = true
        quarantineReason = reason
        tail = freed
        // SAFETY: a word of the consumer's lines. SYNC: as the state below, whose release it precedes.
        unsafe pks_store_relaxed(&cursors.pointee.quarantine_reason, UInt64(reason))
        // SAFETY: a word of the consumer's lines.
        // SYNC: partner is the acquire load in pks_producer_quarantine.
        unsafe pks_store_release(ring.consumerState, UInt64(PKS_RING_QUARANTINED))
    }

    /// The ring's file was cut short, and this process reads zeros in its place. Only known where
    /// `FaultGuard.install` was called; elsewhere such a ring ends the process.
    public var wasCut: Bool { ring.wasCut }

    /// The producer has said that nothing comes after what is published. Refresh once more after seeing it.
    @inlinable @inline(__always)
    public var isClosed: Bool {
        // SAFETY: a word of the producer's line.
        // SYNC: partner is the release store in pks_producer_close.
        unsafe pks_load_acquire(producerStateWord) == UInt64(PKS_RING_CLOSED)
    }

    /// The producer's last sign of life, CLOCK_MONOTONIC ns.
    public var producerHeartbeatNs: Int64 {
        // SAFETY: a word of the producer's line.
        // SYNC: partner is the release store in pks_producer_beat.
        Int64(bitPattern: unsafe pks_load_acquire(ring.producerHeartbeat))
    }

    /// Takes a new tail over if it is possible; if not, quarantines the ring.
    @usableFromInline @inline(never)
    mutating func advance(to seen: UInt64) -> Bool {
        if isQuarantined { return false }
        guard seen >= tail, seen &- freed <= recordMask &+ 1 else {
            quarantine(wasCut ? PKS_QUARANTINE_FILE : PKS_QUARANTINE_CURSORS)
            return false
        }
        tail = seen
        return true
    }
}
