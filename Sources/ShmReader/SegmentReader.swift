/// The reading side of shared memory. This room attaches to a book's segment read-only and reads positions
/// from it without a system call or a lock. It never imports the writing side, and nothing it does can be
/// noticed by the writer.
public import CSeqlock
import Glibc
package import ShmFiles

// SAFETY: its pointers lie in `mapping`, which it owns and which nobody can write through.
/// One book's positions, mapped read-only. May be used by any number of threads at once, except for
/// `reattachIfNeeded`, which replaces it.
///
/// Every loop in here is bounded and ends in a typed answer.
@safe
public struct SegmentReader: ~Copyable, @unchecked Sendable {
    /// The book's name.
    public let book: String
    /// The file that is mapped.
    public let path: String
    /// Random, never zero: which life of the book this segment is.
    public let epoch: UInt64
    /// Slots that the segment has room for.
    public let slotCapacity: Int
    /// What the writer stated once, when it made the segment.
    public let header: pks_segment_header

    // SAFETY: all of these point into `mapping`, which lives as long as this value; SegmentGeometry has
    // checked that capacity times size fits behind each.
    @usableFromInline let slots: UnsafePointer<pks_slot>
    @usableFromInline let live: UnsafePointer<pks_live>
    @usableFromInline let changes: UnsafePointer<UInt64>
    @usableFromInline let changeMask: UInt64
    let liveWords: UnsafeRawPointer
    let directory: UnsafePointer<pks_directory_entry>
    let index: UnsafePointer<UInt64>
    let indexMask: Int
    let shmDirectory: String
    let allowedOwners: [UInt32]
    private let mapping: MappedFile

    /// Attaches to the segment of `book`. The segment must belong to this user, to root or to one of
    /// `allowedOwners`. `directory` is for tests. Throws a typed error for every file that is not a whole
    /// segment of this ABI; such a file is never touched through memory. Allocates; takes time in
    /// proportion to the size of the segment, because every page is brought in.
    public init(
        book: String, directory: String = "/dev/shm", allowedOwners: [UInt32] = []
    ) throws(AttachError) {
        let path = try Self.path(of: book, in: directory)
        let checked = try Self.open(path, allowedOwners)
        let header = checked.header
        let geometry = try translating { () throws(HeaderFault) in
            let geometry = try SegmentGeometry(header)
            guard FixedText.load(of: header.book) == book else { throw HeaderFault.invalid(field: "book") }
            return geometry
        } _: {
            AttachError($0, object: path)
        }
        let file = checked.takeFile()
        var mapping = try translating { () throws(SystemError) in
            try MappedFile(file, byteCount: geometry.byteCount, writable: false)
        } _: { error in
            // EFAULT: the file was cut short after the check, or has holes that no memory is left for.
            error.code == EFAULT
                ? AttachError.truncated(
                    object: path, neededBytes: geometry.byteCount,
                    actualBytes: (try? file.status().byteCount) ?? 0)
                : AttachError(error)
        }
        mapping.guardAgainstCuts()
        self.init(
            mapping, header, geometry, book: book, path: path, directory: directory,
            allowedOwners: allowedOwners)
    }

    /// A reader on the mapping of a writer in this process, which must live longer; for the thread sanitizer.
    package init(sharing mapping: borrowing MappedFile, book: String) throws(AttachError) {
        // SAFETY: the header lies at the start of the mapping and never changes.
        let header = unsafe mapping.base.load(as: pks_segment_header.self)
        let geometry = try translating { () throws(HeaderFault) in
            try SegmentGeometry(header)
        } _: {
            AttachError($0, object: book)
        }
        self.init(
            MappedFile(sharing: mapping), header, geometry, book: book, path: "", directory: "",
            allowedOwners: [])
    }

    private init(
        _ mapping: consuming MappedFile, _ header: pks_segment_header, _ geometry: SegmentGeometry,
        book: String, path: String, directory: String, allowedOwners: [UInt32]
    ) {
        // SAFETY: SegmentGeometry has checked that each part lies inside the mapping.
        let base = unsafe UnsafeRawPointer(mapping.base)
        self.book = book
        self.path = path
        epoch = header.epoch
        slotCapacity = geometry.slotCapacity
        self.header = header
        unsafe slots = (base + geometry.slotOffset).assumingMemoryBound(to: pks_slot.self)
        unsafe live = (base + geometry.liveOffset).assumingMemoryBound(to: pks_live.self)
        unsafe liveWords = base + geometry.liveOffset
        unsafe changes = (base + geometry.changeOffset).assumingMemoryBound(to: UInt64.self)
        changeMask = UInt64(geometry.changeCapacity - 1)
        let directoryBase = unsafe base + geometry.directoryOffset
        unsafe self.directory = directoryBase.assumingMemoryBound(to: pks_directory_entry.self)
        unsafe index = (base + geometry.indexOffset).assumingMemoryBound(to: UInt64.self)
        indexMask = geometry.indexCapacity - 1
        shmDirectory = directory
        self.allowedOwners = allowedOwners
        self.mapping = mapping
    }

    static func path(of book: String, in directory: String) throws(AttachError) -> String {
        try translating { () throws(NameFault) in
            try SharedNames.segmentPath(book: book, directory: directory)
        } _: {
            AttachError.badName(name: book, reason: $0.text)
        }
    }

    static func open(
        _ path: String, _ allowedOwners: [UInt32]
    ) throws(AttachError) -> HeaderCheck.Checked<pks_segment_header> {
        try translating { () throws(HeaderFault) in
            try HeaderCheck.open(
                path: path, flags: O_RDONLY, magic: UInt64(PKS_SEGMENT_MAGIC), empty: pks_segment_header(),
                allowedOwners: allowedOwners)
        } _: {
            AttachError($0, object: path)
        }
    }

    /// A word of the live lines. SYNC: partners are the release stores in SegmentWriter.
    func liveWord(_ field: KeyPath<pks_live, UInt64>) -> UInt64 {
        guard let offset = MemoryLayout<pks_live>.offset(of: field) else {
            preconditionFailure("every field of a C structure has an offset")
        }
        // SAFETY: the offset is that of a word inside the live lines.
        return unsafe pks_load_acquire((liveWords + offset).assumingMemoryBound(to: UInt64.self))
    }
}
