public import CSeqlock
import Glibc
import ShmFiles

/// What putting something on a ring gave.
@frozen
public enum RingPut: UInt8, Sendable {
    /// It is on the ring; `publish` shows it to the consumer.
    case ok = 1
    /// There is no room: the consumer has not freed enough. Nothing was put.
    case full = 2
    /// The consumer has given up on this ring or its cursor is impossible. Nothing was put.
    case quarantined = 3
    /// The handle is beyond the ring's capacity of handles. Nothing was put.
    case badHandle = 4
    /// The handle names another key already. Nothing was put.
    case redefined = 5
}

// SAFETY: its pointers lie in `ring`, which it owns; what changes through it is mutating, so one thread at
// a time has it.
/// The sending end of a fill ring: one process, one thread at a time. Putting neither allocates nor calls
/// into the system nor waits.
@safe
public struct RingProducer: ~Copyable, @unchecked Sendable {
    /// The file of the ring.
    public var path: String { ring.path }
    /// Records that fit.
    public var recordCapacity: Int { ring.layout.recordCapacity }
    /// Handles that can be defined.
    public var handleCapacity: Int { ring.layout.handleCapacity }
    /// The ring was left by an earlier life of this producer, and goes on where that ended.
    public var isResumed: Bool { ring.isResumed }

    // SAFETY: `records` and `cursors` point into `ring`, which lives as long as this value.
    @usableFromInline let records: UnsafeMutableRawPointer
    @usableFromInline let cursors: UnsafeMutablePointer<pks_ring_cursors>
    @usableFromInline let recordMask: UInt64
    @usableFromInline let capacity: UInt64
    /// Records put so far, published or not; this process's own count.
    @usableFromInline var tail: UInt64
    /// The consumer's cursor as last seen; read again only when it says that the ring is full.
    @usableFromInline var freedSeen: UInt64
    let ring: RingMapping
    let lock: WriterLock

    /// Makes the producer's ring, or goes on with the one that an earlier life of the producer left: its
    /// records are still the consumer's, and its sizes stay. `lock` must be the lock of that producer.
    /// Throws `noSpace`, `badConfiguration`, `badName`, `system`; and for a ring that exists but cannot be
    /// trusted to be whole (`truncated`, `wrongVersion`, `wrongLayout`, `invalid`, `wrongOwner`), because
    /// it may hold fills that nobody has applied yet. A file that is no ring at all is replaced.
    public init(_ configuration: RingConfiguration, lock: consuming WriterLock) throws(ShmError) {
        precondition(
            lock.book == configuration.book && lock.producer == configuration.producer,
            "the lock is of another producer")
        let path = try configuration.path()
        try configuration.check()
        let ring = try Self.openOrCreate(configuration, path: path)
        let (freed, tail) = try ring.positions()
        // SAFETY: words of the producer's line. SYNC: partner is the acquire load in RingConsumer.
        unsafe pks_store_release(ring.producerHeartbeat, UInt64(bitPattern: pks_monotonic_ns()))
        unsafe pks_store_release(ring.producerState, UInt64(PKS_RING_OPEN))
        self.tail = tail
        freedSeen = freed
        capacity = UInt64(ring.layout.recordCapacity)
        recordMask = UInt64(ring.layout.recordCapacity - 1)
        unsafe records = ring.records
        unsafe cursors = ring.cursors
        self.ring = ring
        self.lock = lock
    }

    private static func openOrCreate(
        _ configuration: RingConfiguration, path: String
    ) throws(ShmError) -> RingMapping {
        do throws(ShmError) {
            return try RingMapping.attach(
                path: path, book: configuration.book, producer: configuration.producer, allowedOwners: [])
        } catch {
            switch error {
            case .notFound, .wrongMagic: return try create(configuration, path: path)
            default: throw error
            }
        }
    }

    private static func create(
        _ configuration: RingConfiguration, path: String
    ) throws(ShmError) -> RingMapping {
        let layout = RingLayout(
            recordCapacity: configuration.recordCapacity, handleCapacity: configuration.handleCapacity)
        var building = try BuildingFile(path: path, byteCount: layout.byteCount, mode: configuration.mode)
        let mapping = try building.map(byteCount: layout.byteCount)
        let header = Self.header(configuration, layout)
        // SAFETY: the header's page is the first of the mapping, and nobody else knows the file yet.
        unsafe mapping.base.storeBytes(of: header, as: pks_ring_header.self)
        _ = try building.name()
        return RingMapping(mapping, layout: layout, header: header, path: path, isResumed: false)
    }

    private static func header(_ configuration: RingConfiguration, _ layout: RingLayout) -> pks_ring_header {
        var header = pks_ring_header()
        header.magic = UInt64(PKS_RING_MAGIC)
        header.abi_major = UInt16(PKS_ABI_MAJOR)
        header.abi_minor = UInt16(PKS_ABI_MINOR)
        header.header_bytes = UInt32(MemoryLayout<pks_ring_header>.size)
        header.layout_hash = pks_layout_hash()
        header.ring_bytes = UInt64(layout.byteCount)
        header.record_capacity = UInt32(layout.recordCapacity)
        header.handle_capacity = UInt32(layout.handleCapacity)
        header.record_bytes = UInt32(PKS_RECORD_BYTES)
        header.cursor_offset = UInt64(layout.cursorOffset)
        header.answer_offset = UInt64(layout.answerOffset)
        header.key_offset = UInt64(layout.keyOffset)
        header.record_offset = UInt64(layout.recordOffset)
        header.epoch = randomEpoch()
        header.created_monotonic_ns = pks_monotonic_ns()
        header.created_realtime_ns = pks_realtime_ns()
        header.producer = ProcessIdentity.current()
        _ = FixedText.store(configuration.book, in: &header.book)
        _ = FixedText.store(configuration.producer, in: &header.producer_name)
        return header
    }
}
