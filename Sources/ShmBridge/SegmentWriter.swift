/// The writing side of shared memory. This room makes, owns and retires segments and rings, and publishes
/// into them. It knows nothing of lots, money or files of fills, and it never reads back what it published:
/// whatever another process scribbles into shared memory, the writer's own numbers stay right.
public import CSeqlock
import Glibc
package import ShmFiles

// SAFETY: its pointers lie in the mapping and the private words that it owns; all that writes is mutating, so
// one thread at a time has it.
/// The only writer of one book's positions segment. One thread at a time; the hot methods neither allocate
/// nor call into the system nor wait.
///
/// Making one builds a new segment with all its memory reserved, marks a leftover one as retired and takes
/// its name. Dropping one only unmaps: readers see what they would see of a process that died. `stop` ends
/// it properly.
@safe
public struct SegmentWriter: ~Copyable, @unchecked Sendable {
    /// Slots that can ever be claimed.
    public let slotCapacity: Int
    /// Random, never zero: which life of the book this segment is.
    public let epoch: UInt64
    /// The file of the segment.
    public let path: String

    // SAFETY: all of these point into `mapping` or `counts`, which live as long as this value, at offsets
    // that `SegmentLayout` put inside them.
    @usableFromInline let slots: UnsafeMutablePointer<pks_slot>
    @usableFromInline let live: UnsafeMutablePointer<pks_live>
    @usableFromInline let changes: UnsafeMutablePointer<UInt64>
    @usableFromInline let heartbeat: UnsafeMutablePointer<UInt64>
    @usableFromInline let appliedSeq: UnsafeMutablePointer<UInt64>
    @usableFromInline let durableSeq: UnsafeMutablePointer<UInt64>
    /// How often each slot was published after it was claimed, where the caller does not count.
    @usableFromInline let republished: UnsafeMutablePointer<UInt64>
    @usableFromInline let changeMask: UInt64
    /// Changes appended so far, this process's own count.
    @usableFromInline var changeCount: UInt64 = 0
    /// Slots claimed so far, this process's own count.
    @usableFromInline var slotCount = 0

    let directory: UnsafeMutablePointer<pks_directory_entry>
    let index: UnsafeMutablePointer<UInt64>
    /// Which places of the index this process has taken, a bit each, to probe without reading shared memory.
    let takenPlaces: PrivateWords
    let indexMask: Int
    let counts: PrivateWords
    package let mapping: MappedFile
    let lock: WriterLock
    let fileStatus: FileStatus

    /// Builds the book's segment and puts it in its name's place. `lock` must be the lock of that book;
    /// it is held for the life of this value.
    /// Throws `noSpace` when shared memory is too small, `alreadyRunning` when a live process with another
    /// run directory owns the name, `badName`, `badConfiguration`, `system`.
    public init(_ configuration: SegmentConfiguration, lock: consuming WriterLock) throws(ShmError) {
        precondition(
            lock.book == configuration.book, "the lock is of another book")
        let path = try shmName(configuration.book) { () throws(NameFault) in
            try SharedNames.segmentPath(book: configuration.book, directory: configuration.directory)
        }
        let layout = try configuration.layout()
        let leftover = try SegmentLeftover.find(path: path)
        var building = try BuildingFile(path: path, byteCount: layout.byteCount, mode: configuration.mode)
        var mapping = try building.map(byteCount: layout.byteCount)
        mapping.guardAgainstCuts()
        let header = Self.header(configuration, layout)
        // SAFETY: all parts lie inside the mapping, where SegmentLayout put them; nobody else knows the file
        // before it gets its name.
        let base = unsafe mapping.base
        unsafe base.storeBytes(of: header, as: pks_segment_header.self)
        let live = unsafe (base + layout.liveOffset).assumingMemoryBound(to: pks_live.self)
        unsafe live.pointee.state = UInt64(PKS_STATE_STARTING)
        unsafe live.pointee.state_since_ns = UInt64(bitPattern: header.created_monotonic_ns)
        unsafe live.pointee.heartbeat_ns = UInt64(bitPattern: header.created_monotonic_ns)
        // Retired first, named second: a crash between the two leaves no reader on a segment that nobody
        // will ever retire.
        switch leftover {
        case .some(let leftover): leftover.retire()
        case .none: break
        }
        self.fileStatus = try building.name()
        self.slotCapacity = layout.slotCapacity
        self.epoch = header.epoch
        self.path = path
        self.changeMask = UInt64(layout.changeCapacity - 1)
        let liveBase = unsafe base + layout.liveOffset
        unsafe self.live = live
        unsafe heartbeat = word(liveBase, fieldOffset(\pks_live.heartbeat_ns))
        unsafe appliedSeq = word(liveBase, fieldOffset(\pks_live.applied_seq))
        unsafe durableSeq = word(liveBase, fieldOffset(\pks_live.durable_seq))
        unsafe directory = (base + layout.directoryOffset).assumingMemoryBound(to: pks_directory_entry.self)
        unsafe index = word(base, layout.indexOffset)
        unsafe changes = word(base, layout.changeOffset)
        unsafe slots = (base + layout.slotOffset).assumingMemoryBound(to: pks_slot.self)
        takenPlaces = PrivateWords(count: (layout.indexCapacity + 63) / 64)
        indexMask = layout.indexCapacity - 1
        let counts = PrivateWords(count: layout.slotCapacity)
        unsafe republished = counts.words
        self.counts = counts
        self.mapping = mapping
        self.lock = lock
    }

    private static func header(
        _ configuration: SegmentConfiguration, _ layout: SegmentLayout
    ) -> pks_segment_header {
        var header = pks_segment_header()
        header.magic = UInt64(PKS_SEGMENT_MAGIC)
        header.abi_major = UInt16(PKS_ABI_MAJOR)
        header.abi_minor = UInt16(PKS_ABI_MINOR)
        header.header_bytes = UInt32(MemoryLayout<pks_segment_header>.size)
        header.layout_hash = pks_layout_hash()
        header.segment_bytes = UInt64(layout.byteCount)
        header.slot_capacity = UInt32(layout.slotCapacity)
        header.index_capacity = UInt32(layout.indexCapacity)
        header.change_capacity = UInt32(layout.changeCapacity)
        header.slot_bytes = UInt32(MemoryLayout<pks_slot>.size)
        header.directory_entry_bytes = UInt32(MemoryLayout<pks_directory_entry>.size)
        header.price_decimals = configuration.priceDecimals
        header.qty_decimals = configuration.qtyDecimals
        header.fee_decimals = configuration.feeDecimals
        header.method = configuration.method
        header.live_offset = UInt64(layout.liveOffset)
        header.directory_offset = UInt64(layout.directoryOffset)
        header.index_offset = UInt64(layout.indexOffset)
        header.change_offset = UInt64(layout.changeOffset)
        header.slot_offset = UInt64(layout.slotOffset)
        header.epoch = randomEpoch()
        header.created_monotonic_ns = pks_monotonic_ns()
        header.created_realtime_ns = pks_realtime_ns()
        header.writer = ProcessIdentity.current()
        _ = FixedText.store(configuration.book, in: &header.book)
        return header
    }
}

/// A word at a byte offset of a mapping.
// SAFETY: its callers pass an offset inside a mapping, a multiple of eight.
@unsafe
func word(_ base: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<UInt64> {
    unsafe (base + offset).assumingMemoryBound(to: UInt64.self)
}
