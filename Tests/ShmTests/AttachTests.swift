import CSeqlock
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// Whatever stands under a segment's name: a reader gets a typed error or a segment that it can read, never
/// a signal.
@Suite struct AttachTests {
    // SAFETY (all of these): names passed to the C library live for the call.

    /// A stopped, whole segment with a few positions.
    private func segment(_ scratch: borrowing Scratch) throws -> String {
        var writer = try scratch.writer(slots: 8)
        for symbol in ["A", "B", "C"] { _ = try writer.claim(symbol) }
        try writer.stop(keep: true)
        return writer.path
    }

    private func attachError(_ scratch: borrowing Scratch) -> AttachError? {
        do throws(AttachError) {
            _ = try SegmentReader(book: "main", directory: scratch.path)
            return nil
        } catch {
            return error
        }
    }

    /// Uses every way of reading; the answers do not matter, the end does.
    private func readEverything(_ reader: borrowing SegmentReader) {
        for slot in 0..<min(reader.slotCapacity, 64) { _ = reader.view(of: slot) }
        _ = reader.find(account: "acc", strategy: "strat", symbol: "B")
        _ = (reader.counters, reader.appliedSeq, reader.writerStatus(), reader.isRetired)
        reader.scan { _, _ in }
        var cursor = reader.changeCursor() &- 3
        for _ in 0..<8 { _ = reader.nextChange(&cursor) }
        var snapshot = PositionSnapshot()
        _ = reader.snapshot(into: &snapshot, rounds: 3)
    }

    @Test func aBookWithoutASegmentIsNotFound() throws {
        let scratch = try Scratch()
        #expect(attachError(scratch) == .notFound(object: scratch.segmentPath("main")))
    }

    @Test func aFileOfAnotherKindHasTheWrongMagic() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        try FilePatch.write(UInt64(0x1234), at: 0, of: path)
        #expect(attachError(scratch) == .wrongMagic(object: path))
    }

    @Test func anotherAbiVersionIsNamed() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        try FilePatch.write(UInt16(2), at: 8, of: path)
        try FilePatch.write(UInt16(7), at: 10, of: path)
        #expect(attachError(scratch) == .wrongVersion(object: path, major: 2, minor: 7))
    }

    @Test func aLaterMinorVersionIsAccepted() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        try FilePatch.write(UInt16(7), at: 10, of: path)
        #expect(attachError(scratch) == nil)
    }

    @Test func anotherLayoutOfTheSameVersionIsRefused() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        try FilePatch.write(pks_layout_hash() ^ 1, at: 16, of: path)
        #expect(attachError(scratch) == .wrongLayout(object: path))
    }

    @Test func aFileCutShortAnywhereIsTruncated() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        let whole = try required(Files.size(path))
        for byteCount in [whole - 1, whole - 4096, 8192, 4097, 4096, 4095, 256, 255, 40, 39, 8, 1, 0] {
            try FilePatch.truncate(path, to: byteCount)
            guard case .truncated(_, let needed, let actual) = attachError(scratch) else {
                Issue.record("\(byteCount) bytes: \(String(describing: attachError(scratch)))")
                continue
            }
            #expect(needed > actual)
            #expect(actual == byteCount)
        }
    }

    @Test func aSegmentUnderAnotherBooksNameIsRefused() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        _ = unsafe rename(path, scratch.segmentPath("other"))
        #expect(throws: AttachError.invalid(object: scratch.segmentPath("other"), field: "book")) {
            _ = try SegmentReader(book: "other", directory: scratch.path)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "giving a file away needs root"))
    func aSegmentOfAnotherUserIsRefusedUnlessThatUserIsAllowed() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        _ = unsafe chown(path, 12345, 12345)
        #expect(attachError(scratch) == .wrongOwner(object: path, uid: 12345))
        let reader = try SegmentReader(book: "main", directory: scratch.path, allowedOwners: [12345])
        #expect(reader.slotCount == 3)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func aSegmentThatThisUserMayNotReadSaysSo() throws {
        let scratch = try Scratch()
        let path = try segment(scratch)
        _ = unsafe chmod(path, 0)
        #expect(attachError(scratch) == .system(code: EACCES, operation: "open", object: path))
    }

    @Test func whatIsNoRegularFileIsRefusedWithoutWaiting() throws {
        let scratch = try Scratch()
        let path = scratch.segmentPath("main")
        _ = unsafe mkfifo(path, 0o600)
        #expect(attachError(scratch) == .wrongMagic(object: path))
        _ = unsafe unlink(path)
        _ = unsafe symlink("/dev/zero", path)
        #expect(attachError(scratch) == .system(code: ELOOP, operation: "open", object: path))
        _ = unsafe unlink(path)
        try Files.makeDirectory(path)
        #expect(attachError(scratch) == .wrongMagic(object: path))
        _ = unsafe rmdir(path)
    }

    @Test func garbageIsNeverMoreThanATypedError() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        for _ in 0..<200 {
            let count = Int.random(in: 0...20_000, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            try Files.write(scratch.segmentPath("main"), bytes)
            #expect(attachError(scratch) != nil, "seed \(seed)")
        }
    }

    @Test func aHeaderWithAnyWordChangedIsRefusedOrReadWithoutASignal() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        let path = try segment(scratch)
        let whole = try Files.bytes(path)
        let wild: [UInt64] = [
            0, 1, 7, 8, 127, 128, 4095, 4096, 1 << 20, 1 << 31, 1 << 32, 1 << 62, 1 << 63, UInt64.max,
            UInt64.max - 127, UInt64(whole.count), UInt64(whole.count - 128), UInt64(whole.count + 128),
        ]
        var refused = 0
        for _ in 0..<2000 {
            try Files.write(path, whole)
            for _ in 0...Int.random(in: 0...1, using: &random) {
                let value = wild.randomElement(using: &random) ?? 0
                let offset = 8 * Int.random(in: 3..<16, using: &random)
                if Bool.random(using: &random) {
                    try FilePatch.write(value, at: offset, of: path)
                } else {
                    let half = 4 * Int.random(in: 0...1, using: &random)
                    try FilePatch.write(UInt32(truncatingIfNeeded: value), at: offset + half, of: path)
                }
            }
            do throws(AttachError) {
                let reader = try SegmentReader(book: "main", directory: scratch.path)
                readEverything(reader)
            } catch {
                refused += 1
            }
        }
        print("header fuzz, seed \(seed): \(refused) of 2000 refused")
        #expect(refused > 500)
    }

    @Test func aSegmentFullOfNoiseBehindAGoodHeaderIsReadWithoutASignal() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let scratch = try Scratch()
        let path = try segment(scratch)
        var bytes = try Files.bytes(path)
        for _ in 0..<50 {
            for index in 4096..<bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            try Files.write(path, bytes)
            let reader = try scratch.reader()
            readEverything(reader)
        }
    }
}
