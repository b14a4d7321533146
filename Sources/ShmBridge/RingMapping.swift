import CSeqlock
import Glibc
import ShmFiles

// SAFETY (all of these): every pointer lies in `mapping`, which lives as long as this value, at an offset that
// RingLayout checked, with room behind it for what it points at.
/// A ring's file in memory, with the addresses of its parts.
@safe
struct RingMapping: ~Copyable {
    let layout: RingLayout
    let header: pks_ring_header
    let path: String
    let tail: UnsafeMutablePointer<UInt64>
    let producerState: UnsafeMutablePointer<UInt64>
    let producerHeartbeat: UnsafeMutablePointer<UInt64>
    let freed: UnsafeMutablePointer<UInt64>
    let applied: UnsafeMutablePointer<UInt64>
    let consumerState: UnsafeMutablePointer<UInt64>
    let consumerEpoch: UnsafeMutablePointer<UInt64>
    let cursors: UnsafeMutablePointer<pks_ring_cursors>
    let answers: UnsafeMutablePointer<UInt8>
    let keys: UnsafeMutableRawPointer
    let records: UnsafeMutableRawPointer
    private let mapping: MappedFile

    init(
        _ mapping: consuming MappedFile, layout: RingLayout, header: pks_ring_header, path: String
    ) {
        // SAFETY: the parts lie inside the mapping at these offsets, as RingLayout checked them.
        let base = unsafe mapping.base
        let cursorBase = unsafe base + layout.cursorOffset
        unsafe tail = word(cursorBase, fieldOffset(\pks_ring_cursors.tail))
        unsafe producerState = word(cursorBase, fieldOffset(\pks_ring_cursors.producer_state))
        unsafe producerHeartbeat = word(cursorBase, fieldOffset(\pks_ring_cursors.producer_heartbeat_ns))
        unsafe freed = word(cursorBase, fieldOffset(\pks_ring_cursors.freed))
        unsafe applied = word(cursorBase, fieldOffset(\pks_ring_cursors.applied))
        unsafe consumerState = word(cursorBase, fieldOffset(\pks_ring_cursors.consumer_state))
        unsafe consumerEpoch = word(cursorBase, fieldOffset(\pks_ring_cursors.consumer_epoch))
        unsafe cursors = cursorBase.assumingMemoryBound(to: pks_ring_cursors.self)
        unsafe answers = (base + layout.answerOffset).assumingMemoryBound(to: UInt8.self)
        unsafe keys = base + layout.keyOffset
        unsafe records = base + layout.recordOffset
        self.layout = layout
        self.header = header
        self.path = path
        self.mapping = mapping
    }

    /// Maps the ring that stands at `path`. Throws what is wrong with it.
    static func attach(
        path: String, book: String, producer: String, allowedOwners: [UInt32]
    ) throws(ShmError) -> RingMapping {
        let checked = try translating { () throws(HeaderFault) in
            try HeaderCheck.open(
                path: path, flags: O_RDWR, magic: UInt64(PKS_RING_MAGIC), empty: pks_ring_header(),
                allowedOwners: allowedOwners)
        } _: {
            ShmError($0, object: path)
        }
        let header = checked.header
        let layout = try translating { () throws(HeaderFault) in
            // Dashes may stand in both names, so two pairs of names can share one file name.
            guard FixedText.load(of: header.book) == book else { throw HeaderFault.invalid(field: "book") }
            guard FixedText.load(of: header.producer_name) == producer else {
                throw HeaderFault.invalid(field: "producer_name")
            }
            return try RingLayout(checking: header)
        } _: {
            ShmError($0, object: path)
        }
        let file = checked.takeFile()
        var mapping = try shmCall { () throws(SystemError) in
            try MappedFile(file, byteCount: layout.byteCount, writable: true)
        }
        mapping.guardAgainstCuts()
        return RingMapping(mapping, layout: layout, header: header, path: path)
    }

    /// The file was cut short under this mapping; see `FaultGuard`.
    var wasCut: Bool { mapping.wasCut }

    /// Where both sides stand, checked: freed <= tail <= freed + capacity.
    func positions() throws(ShmError) -> (freed: UInt64, tail: UInt64) {
        // SAFETY: words of the cursor lines. SYNC: partners are the release stores of both ends.
        let tail = unsafe pks_load_acquire(tail)
        let freed = unsafe pks_load_acquire(freed)
        guard tail >= freed, tail - freed <= UInt64(layout.recordCapacity) else {
            throw .invalid(object: path, field: "cursor")
        }
        return (freed, tail)
    }

    /// The key of a handle, as the producer left it in the key table; false when it was never defined.
    func loadKey(_ handle: Int, into key: inout pks_key_record) -> Bool {
        guard handle >= 0, handle < layout.handleCapacity else { return false }
        // SAFETY: the handle is below the capacity of the key table; the mask changes nothing.
        unsafe pks_ring_get(keys, UInt64.max, UInt64(handle), &key)
        return key.kind == UInt8(PKS_KIND_KEY) && key.handle == UInt32(handle)
    }
}
