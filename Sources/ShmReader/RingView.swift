public import CSeqlock
import Glibc
import ShmFiles

/// How the two ends of a ring are, as one look found them. Cursors count records since the ring was made;
/// times are CLOCK_MONOTONIC ns. The words are loaded one after the other while both ends run.
public struct RingStatus: Sendable, Equatable {
    /// Records that the producer has published.
    public var tail: UInt64
    /// Of them, those that are in the book.
    public var applied: UInt64
    /// Of them, those that the producer may overwrite.
    public var freed: UInt64
    /// The producer has said that nothing comes any more.
    public var isClosed: Bool
    /// Why the writer reads this ring no more, one of PKS_QUARANTINE_*; nil while it does.
    public var quarantineReason: UInt64?
    /// Epoch of the segment that the ring feeds; 0 when no writer has ever read it.
    public var consumerEpoch: UInt64
    /// The producer's last sign of life; 0 when it gives none.
    public var producerHeartbeatNs: Int64
    /// The writer's last look at this ring.
    public var consumerHeartbeatNs: Int64
    /// What became of the ring's records in this life of the book: applied fills,
    public var fills: UInt64
    /// fills that came again,
    public var duplicates: UInt64
    /// and records that were refused.
    public var rejects: UInt64

    /// Records that are not in the book yet. A scribbled cursor can make it any number up to the capacity of the
    /// largest ring.
    public var lag: UInt64 { tail >= applied ? min(tail - applied, UInt64(PKS_RING_CAPACITY_MAX)) : 0 }
}

// SAFETY: its pointer lies in `mapping`, which it owns and which nobody can write through.
/// A producer's fill ring, looked at read-only: how far its ends are, not what is on it. Any number of threads
/// at once. Whoever may read the ring's file may have one; neither end notices.
@safe
public struct RingView: ~Copyable, @unchecked Sendable {
    /// The book that the ring feeds.
    public let book: String
    /// The producer's name.
    public let producer: String
    /// The header as it was at the attach. What the producer stated when it made the ring stays; the process may
    /// change.
    public let header: pks_ring_header
    /// Records that fit.
    public var capacity: Int { Int(header.record_capacity) }

    // SAFETY: points into `mapping`; the offset was checked.
    private let cursors: UnsafeRawPointer
    private let mapping: MappedFile

    /// Attaches to the ring of `producer`. The file must belong to this user, to root or to one of
    /// `allowedOwners`. Throws a typed error for every file that is not a ring of this ABI. Maps the pages up to
    /// the cursors only. Allocates.
    public init(
        book: String, producer: String, directory: String = "/dev/shm", allowedOwners: [UInt32] = []
    ) throws(AttachError) {
        let path = try translating { () throws(NameFault) in
            try SharedNames.ringPath(book: book, producer: producer, directory: directory)
        } _: {
            AttachError.badName(name: "\(book)-\(producer)", reason: $0.text)
        }
        let checked = try translating { () throws(HeaderFault) in
            try HeaderCheck.open(
                path: path, flags: O_RDONLY, magic: UInt64(PKS_RING_MAGIC), empty: pks_ring_header(),
                allowedOwners: allowedOwners)
        } _: {
            AttachError($0, object: path)
        }
        let header = checked.header
        let offset = header.cursor_offset
        guard FixedText.load(of: header.book) == book else {
            throw .invalid(object: path, field: "book")
        }
        guard FixedText.load(of: header.producer_name) == producer else {
            throw .invalid(object: path, field: "producer_name")
        }
        // The cursors follow the header; a place far behind it is no ring that pks has made.
        let end = Int(clamping: offset) + MemoryLayout<pks_ring_cursors>.size
        guard offset % UInt64(PKS_LINE_BYTES) == 0, offset <= UInt64(PKS_PAGE_BYTES) * 16,
            UInt64(end) <= header.ring_bytes
        else { throw .invalid(object: path, field: "cursor_offset") }
        let file = checked.takeFile()
        var mapping = try translating { () throws(SystemError) in
            try MappedFile(file, byteCount: end, writable: false)
        } _: {
            AttachError($0)
        }
        mapping.guardAgainstCuts()
        self.book = book
        self.producer = producer
        self.header = header
        // SAFETY: the cursors lie inside the mapping, as just checked.
        unsafe cursors = UnsafeRawPointer(mapping.base) + Int(offset)
        self.mapping = mapping
    }

    /// Looks at both ends once. Allocates nothing, never waits.
    public func status() -> RingStatus {
        // What came first is loaded last, so that no cursor seems to be ahead of the one before it.
        let freed = word(\.freed)
        let applied = word(\.applied)
        let tail = word(\.tail)
        let isQuarantined = word(\.consumer_state) == UInt64(PKS_RING_QUARANTINED)
        return RingStatus(
            tail: tail, applied: applied, freed: freed,
            isClosed: word(\.producer_state) == UInt64(PKS_RING_CLOSED),
            quarantineReason: isQuarantined ? word(\.quarantine_reason) : nil,
            consumerEpoch: word(\.consumer_epoch),
            producerHeartbeatNs: Int64(bitPattern: word(\.producer_heartbeat_ns)),
            consumerHeartbeatNs: Int64(bitPattern: word(\.consumer_heartbeat_ns)),
            fills: word(\.fills), duplicates: word(\.duplicates), rejects: word(\.rejects))
    }

    /// Whether the process that has the ring now still runs, as far as can be told from this pid namespace. Reads
    /// /proc.
    public var isProducerAlive: Bool { ProcessIdentity.isAlive(owner) }

    /// The process that has the ring now: each life of the producer writes itself into the header.
    private var owner: pks_owner {
        guard let offset = MemoryLayout<pks_ring_header>.offset(of: \pks_ring_header.producer) else {
            preconditionFailure("every field of a C structure has an offset")
        }
        var owner = pks_owner()
        // SAFETY: the header lies at the start of the mapping, and the owner in whole words inside it.
        // SYNC: partners are the release stores of `take_over`, which writes the word with the pid last: looked at
        // first, it is 0 or comes with the rest.
        unsafe withUnsafeMutableBytes(of: &owner) { bytes in
            for place in stride(from: 0, to: bytes.count, by: 8) {
                let word = unsafe (mapping.base + offset + place).assumingMemoryBound(to: UInt64.self)
                unsafe bytes.storeBytes(of: pks_load_acquire(word), toByteOffset: place, as: UInt64.self)
            }
        }
        return owner
    }

    /// The producers that have a file of a ring's name for `book`, sorted. Dashes may stand in both names, so some
    /// may turn out to be another book's when they are attached. Throws `system`.
    public static func producers(
        book: String, directory: String = "/dev/shm"
    ) throws(AttachError) -> [String] {
        let names = try translating { () throws(SystemError) in
            try Paths.names(in: directory)
        } _: {
            AttachError($0)
        }
        let prefix = PKS_RING_PREFIX.dropFirst() + book + "-"
        return names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
    }

    private func word(_ field: KeyPath<pks_ring_cursors, UInt64>) -> UInt64 {
        guard let offset = MemoryLayout<pks_ring_cursors>.offset(of: field) else {
            preconditionFailure("every field of a C structure has an offset")
        }
        // SAFETY: the offset is that of a word inside the cursors.
        // SYNC: partners are the release stores of the producer and of RingConsumer.
        return unsafe pks_load_acquire((cursors + offset).assumingMemoryBound(to: UInt64.self))
    }
}
