import CSeqlock
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// A header that promises more than its file has, by as little as the alignment allows.
@Suite struct GeometryTests {
    /// One field of a header, and where the last part that still fits would begin.
    struct Part {
        var field: String
        var headerOffset: Int
        var bytes: Int
    }

    private func attachError(_ scratch: borrowing Scratch) -> AttachError? {
        do throws(AttachError) {
            _ = try SegmentReader(book: "main", directory: scratch.path)
            return nil
        } catch {
            return error
        }
    }

    private func ringError(_ scratch: borrowing Scratch) -> ShmError? {
        do throws(ShmError) {
            _ = try RingConsumer(book: "main", producer: "p1", segmentEpoch: 1, directory: scratch.path)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyPartOfASegmentMustEndInsideTheFile() throws {
        let scratch = try Scratch()
        do { _ = try scratch.writer(slots: 8, changes: 64) }
        let path = scratch.segmentPath("main")
        let whole = try Files.bytes(path)
        for part in [
            Part(field: "live_offset", headerOffset: 56, bytes: 1024),
            Part(field: "directory_offset", headerOffset: 64, bytes: 8 * 160),
            Part(field: "index_offset", headerOffset: 72, bytes: 16 * 8),
            Part(field: "change_offset", headerOffset: 80, bytes: 64 * 8),
            Part(field: "slot_offset", headerOffset: 88, bytes: 8 * 256),
        ] {
            let last = whole.count - part.bytes
            try Files.write(path, whole)
            try FilePatch.write(UInt64(last), at: part.headerOffset, of: path)
            #expect(attachError(scratch) == nil, "\(part.field)")
            for wild in [UInt64(last + 128), UInt64(last - 64), UInt64(whole.count), UInt64.max - 127] {
                try FilePatch.write(wild, at: part.headerOffset, of: path)
                #expect(attachError(scratch) == .invalid(object: path, field: part.field), "\(wild)")
            }
        }
    }

    @Test func everyCapacityOfASegmentMustBePossible() throws {
        let scratch = try Scratch()
        do { _ = try scratch.writer(slots: 8, changes: 64) }
        let path = scratch.segmentPath("main")
        let whole = try Files.bytes(path)
        for (field, offset, wild) in [
            ("slot_capacity", 32, [0, UInt32.max]), ("index_capacity", 36, [0, 12, UInt32.max]),
            ("change_capacity", 40, [0, 63, 1 << 31]), ("slot_bytes", 44, [0, 128, 257]),
            ("directory_entry_bytes", 48, [0, 192]), ("header_bytes", 12, [0, 255, 4096]),
        ] {
            try Files.write(path, whole)
            for value in wild {
                try FilePatch.write(value, at: offset, of: path)
                #expect(attachError(scratch) == .invalid(object: path, field: field), "\(value)")
            }
        }
        try Files.write(path, whole)
        try FilePatch.write(UInt64(0), at: 96, of: path)
        #expect(attachError(scratch) == .invalid(object: path, field: "epoch"))
        try Files.write(path, whole)
        try FilePatch.write(UInt64(whole.count + 1), at: 24, of: path)
        #expect(
            attachError(scratch)
                == .truncated(object: path, neededBytes: whole.count + 1, actualBytes: whole.count))
    }

    @Test func everyPartOfARingMustEndInsideTheFile() throws {
        let scratch = try Scratch()
        do { _ = try scratch.producer(records: 8, handles: 128) }
        let path = scratch.path + PKS_RING_PREFIX + "main-p1"
        let whole = try Files.bytes(path)
        for part in [
            Part(field: "cursor_offset", headerOffset: 48, bytes: 384),
            Part(field: "answer_offset", headerOffset: 56, bytes: 128),
            Part(field: "key_offset", headerOffset: 64, bytes: 128 * 128),
            Part(field: "record_offset", headerOffset: 72, bytes: 8 * 128),
        ] {
            let last = whole.count - part.bytes
            try Files.write(path, whole)
            try FilePatch.write(UInt64(last), at: part.headerOffset, of: path)
            #expect(ringError(scratch) == nil, "\(part.field)")
            for wild in [UInt64(last + 128), UInt64(last - 64), UInt64(whole.count), UInt64.max - 127] {
                try FilePatch.write(wild, at: part.headerOffset, of: path)
                #expect(ringError(scratch) == .invalid(object: path, field: part.field), "\(wild)")
            }
        }
    }

    @Test func everyCapacityOfARingMustBePossible() throws {
        let scratch = try Scratch()
        do { _ = try scratch.producer(records: 8, handles: 128) }
        let path = scratch.path + PKS_RING_PREFIX + "main-p1"
        let whole = try Files.bytes(path)
        for (field, offset, wild) in [
            ("record_capacity", 32, [0, 1, 7, 1 << 27, UInt32.max]),
            ("handle_capacity", 36, [0, UInt32.max]),
            ("record_bytes", 40, [0, 64, 129]),
        ] {
            try Files.write(path, whole)
            for value in wild {
                try FilePatch.write(value, at: offset, of: path)
                #expect(ringError(scratch) == .invalid(object: path, field: field), "\(value)")
            }
        }
    }
}
