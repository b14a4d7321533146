import CSeqlock
import ShmFiles

/// Where the parts of a segment lie, checked against the size of its file. After this check every slot,
/// directory entry, index entry and change entry below its capacity is inside the mapping.
struct SegmentGeometry {
    let byteCount: Int
    let slotCapacity: Int
    let indexCapacity: Int
    let changeCapacity: Int
    let liveOffset: Int
    let directoryOffset: Int
    let indexOffset: Int
    let changeOffset: Int
    let slotOffset: Int

    /// `header.segment_bytes` is known to be at most the size of the file.
    init(_ header: pks_segment_header) throws(HeaderFault) {
        guard header.slot_bytes == UInt32(MemoryLayout<pks_slot>.size) else {
            throw .invalid(field: "slot_bytes")
        }
        guard header.directory_entry_bytes == UInt32(MemoryLayout<pks_directory_entry>.size) else {
            throw .invalid(field: "directory_entry_bytes")
        }
        guard header.epoch != 0 else { throw .invalid(field: "epoch") }
        let totalBytes = header.segment_bytes
        byteCount = Int(clamping: totalBytes)
        slotCapacity = try Self.capacity(header.slot_capacity, "slot_capacity", powerOfTwo: false)
        indexCapacity = try Self.capacity(header.index_capacity, "index_capacity", powerOfTwo: true)
        changeCapacity = try Self.capacity(header.change_capacity, "change_capacity", powerOfTwo: true)
        liveOffset = try Self.part(
            header.live_offset, bytes: MemoryLayout<pks_live>.size, of: totalBytes, "live_offset")
        directoryOffset = try Self.part(
            header.directory_offset, bytes: slotCapacity * MemoryLayout<pks_directory_entry>.size,
            of: totalBytes, "directory_offset")
        indexOffset = try Self.part(
            header.index_offset, bytes: indexCapacity * 8, of: totalBytes, "index_offset")
        changeOffset = try Self.part(
            header.change_offset, bytes: changeCapacity * 8, of: totalBytes, "change_offset")
        slotOffset = try Self.part(
            header.slot_offset, bytes: slotCapacity * MemoryLayout<pks_slot>.size, of: totalBytes,
            "slot_offset")
    }

    private static func capacity(
        _ stated: UInt32, _ field: String, powerOfTwo: Bool
    ) throws(HeaderFault) -> Int {
        guard stated >= 1, stated <= UInt32(PKS_CAPACITY_MAX) * 4 else { throw .invalid(field: field) }
        if powerOfTwo, stated & (stated - 1) != 0 { throw .invalid(field: field) }
        return Int(stated)
    }

    private static func part(
        _ offset: UInt64, bytes: Int, of totalBytes: UInt64, _ field: String
    ) throws(HeaderFault) -> Int {
        // The capacities bound `bytes` far below 2^40, so the subtraction is all that can go wrong.
        guard offset % UInt64(PKS_LINE_BYTES) == 0, UInt64(bytes) <= totalBytes,
            offset <= totalBytes - UInt64(bytes)
        else { throw .invalid(field: field) }
        return Int(offset)
    }
}
