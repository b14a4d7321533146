import CSeqlock
import ShmFiles

/// Byte offsets of a ring's parts, checked: all cursors, answers, keys and records below their capacities are
/// inside the mapping.
struct RingLayout {
    let recordCapacity: Int
    let handleCapacity: Int
    let cursorOffset: Int
    let answerOffset: Int
    let keyOffset: Int
    let recordOffset: Int
    let byteCount: Int

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
