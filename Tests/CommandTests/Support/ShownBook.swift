import Accumulator
import CSeqlock
import ShmBridge

/// Shows a book in shared memory as its daemon would, or a little otherwise.
enum ShownBook {
    /// A segment with all positions of `book`, as of its last record; `change` may change what a slot shows.
    static func show(
        _ book: borrowing Book, in scratch: borrowing Scratch, durableSeq: UInt64, lacking: Int = 0,
        change: (UInt32, inout pks_position) -> Void = { _, _ in }
    ) throws -> SegmentWriter {
        var writer = try SegmentWriter(
            SegmentConfiguration(book: scratch.book, slotCapacity: 64),
            lock: WriterLock(book: scratch.book, runDirectory: scratch.runDirectory))
        for handle in 0..<UInt32(book.positionCount - lacking) {
            // SAFETY (all of this function): the handle is defined; a key record has the names at these offsets, and
            // the position outlives the call.
            let key = unsafe UnsafeRawBufferPointer(
                start: UnsafeRawPointer(book.keyRecord(handle)) + 16, count: 112)
            var entry = pks_directory_entry()
            unsafe withUnsafeMutableBytes(of: &entry) { unsafe $0.copyBytes(from: key) }
            entry.multiplier = 1
            guard let slot = writer.claimSlot(entry) else { preconditionFailure("the segment has room") }
            var position = unsafe book.position(handle).pointee.slot
            position.publish_ns = 1234
            change(handle, &position)
            unsafe writer.publish(slot: slot, value: &position)
        }
        writer.setApplied(book.seq)
        writer.setDurable(durableSeq)
        writer.setState(.live)
        return writer
    }
}
