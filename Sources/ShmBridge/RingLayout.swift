import CSeqlock
import ShmFiles

/// What a fill ring is made for. A ring that exists already keeps the sizes it was made with.
public struct RingConfiguration: Sendable, Equatable {
    /// The book that the fills are for.
    public var book: String
    /// The producer's name, unique within the book; letters, digits, dot, dash and underscore.
    public var producer: String
    /// Records that fit, a power of two, 2...2^26.
    public var recordCapacity: Int
    /// Handles that can be defined, 1...2^24.
    public var handleCapacity: Int
    /// Permission bits. The book's writer needs to read and write; 0600 serves one user, 0660 a group.
    public var mode: UInt32
    /// Where rings live; anything else than the default is for tests.
    public var directory: String

    /// A ring of the product's defaults: 8 MiB of records.
    public init(
        book: String, producer: String, recordCapacity: Int = 65536, handleCapacity: Int = 4096,
        mode: UInt32 = 0o600, directory: String = "/dev/shm"
    ) {
        self.book = book
        self.producer = producer
        self.recordCapacity = recordCapacity
        self.handleCapacity = handleCapacity
        self.mode = mode
        self.directory = directory
    }

    func path() throws(ShmError) -> String {
        try shmName(producer) { () throws(NameFault) in
            try SharedNames.ringPath(book: book, producer: producer, directory: directory)
        }
    }

    func check() throws(ShmError) {
        guard (2...Int(PKS_RING_CAPACITY_MAX)).contains(recordCapacity),
            recordCapacity & (recordCapacity - 1) == 0
        else {
            throw .badConfiguration(
                reason: "ring capacity \(recordCapacity) is not a power of two "
                    + "in 2...\(PKS_RING_CAPACITY_MAX)")
        }
        guard (1...Int(PKS_HANDLE_CAPACITY_MAX)).contains(handleCapacity) else {
            throw .badConfiguration(
                reason: "handle capacity \(handleCapacity) is not in 1...\(PKS_HANDLE_CAPACITY_MAX)")
        }
    }
}

/// Byte offsets of a ring's parts, made for a new ring or checked for one that exists. After the check all
/// cursors, answers, keys and records below their capacities are inside the mapping.
struct RingLayout {
    let recordCapacity: Int
    let handleCapacity: Int
    let cursorOffset: Int
    let answerOffset: Int
    let keyOffset: Int
    let recordOffset: Int
    let byteCount: Int

    init(recordCapacity: Int, handleCapacity: Int) {
        let page = Int(PKS_PAGE_BYTES)
        func pages(_ bytes: Int) -> Int { (bytes + page - 1) / page * page }
        self.recordCapacity = recordCapacity
        self.handleCapacity = handleCapacity
        cursorOffset = page
        answerOffset = cursorOffset + page
        keyOffset = answerOffset + pages(handleCapacity)
        recordOffset = keyOffset + pages(handleCapacity * Int(PKS_RECORD_BYTES))
        byteCount = recordOffset + pages(recordCapacity * Int(PKS_RECORD_BYTES))
    }

    /// `header.ring_bytes` is known to be at most the size of the file.
    init(checking header: pks_ring_header) throws(HeaderFault) {
        guard header.record_bytes == UInt32(PKS_RECORD_BYTES) else { throw .invalid(field: "record_bytes") }
        let records = header.record_capacity
        guard records >= 2, records <= UInt32(PKS_RING_CAPACITY_MAX), records & (records - 1) == 0 else {
            throw .invalid(field: "record_capacity")
        }
        let handles = header.handle_capacity
        guard handles >= 1, handles <= UInt32(PKS_HANDLE_CAPACITY_MAX) else {
            throw .invalid(field: "handle_capacity")
        }
        let totalBytes = header.ring_bytes
        func part(_ offset: UInt64, bytes: Int, _ field: String) throws(HeaderFault) -> Int {
            guard offset % UInt64(PKS_LINE_BYTES) == 0, UInt64(bytes) <= totalBytes,
                offset <= totalBytes - UInt64(bytes)
            else { throw .invalid(field: field) }
            return Int(offset)
        }
        recordCapacity = Int(records)
        handleCapacity = Int(handles)
        byteCount = Int(clamping: totalBytes)
        cursorOffset = try part(
            header.cursor_offset, bytes: MemoryLayout<pks_ring_cursors>.size, "cursor_offset")
        answerOffset = try part(header.answer_offset, bytes: Int(handles), "answer_offset")
        keyOffset = try part(
            header.key_offset, bytes: Int(handles) * Int(PKS_RECORD_BYTES), "key_offset")
        recordOffset = try part(
            header.record_offset, bytes: Int(records) * Int(PKS_RECORD_BYTES), "record_offset")
    }
}
