import CSeqlock
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// What stands where a new segment goes, and what readers of it learn.
@Suite struct LeftoverTests {
    // SAFETY (all of these): names passed to the C library live for the call.

    @Test func aStoppedSegmentIsRetiredAndReplaced() throws {
        let scratch = try Scratch()
        var first = try scratch.writer()
        _ = try first.claim("OLD")
        try first.stop(keep: true, nowNs: 5)
        let firstEpoch = first.epoch
        _ = consume first
        var reader = try scratch.reader()
        #expect(reader.writerStatus() == .stopped(sinceNs: 5))
        #expect(try reader.reattachIfNeeded() == .current(epoch: firstEpoch))

        let second = try scratch.writer()
        #expect(second.epoch != firstEpoch)
        #expect(reader.isRetired == true)
        #expect(reader.find(account: "acc", strategy: "strat", symbol: "OLD") == 0)
        #expect(try reader.reattachIfNeeded() == .reattached(fromEpoch: firstEpoch, toEpoch: second.epoch))
        #expect(reader.slotCount == 0)
        #expect(scratch.files() == ["main.lock", "pks-positions-v1-main"])
    }

    @Test func aSegmentThatIsNotKeptLosesItsNameAndItsReadersKeepTheirValues() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        _ = try writer.claim("OLD")
        var reader = try scratch.reader()
        let epoch = reader.epoch
        try writer.stop(keep: false)
        #expect(scratch.files() == ["main.lock"])
        var value = pks_position()
        #expect(reader.read(0, into: &value) == .value)
        #expect(try reader.reattachIfNeeded() == .gone(epoch: epoch))
        #expect(reader.read(0, into: &value) == .value)
        _ = consume writer
        let next = try scratch.writer()
        #expect(try reader.reattachIfNeeded() == .reattached(fromEpoch: epoch, toEpoch: next.epoch))
    }

    @Test func stoppingDoesNotRemoveASegmentThatTookThePlace() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        _ = unsafe unlink(scratch.segmentPath("main"))
        try Files.write(scratch.segmentPath("main"), [1, 2, 3])
        try writer.stop(keep: false)
        #expect(Files.size(scratch.segmentPath("main")) == 3)
    }

    @Test func noHostileLeftoverBlocksOrHarmsANewWriter() throws {
        let scratch = try Scratch()
        let path = scratch.segmentPath("main")
        let victim = scratch.path + "/victim"
        try Files.write(victim, [7, 7, 7])
        var writer = try scratch.writer()
        try writer.stop(keep: true)
        _ = consume writer
        let good = try Files.bytes(path)
        var wildOffset = good
        for index in 56..<64 { wildOffset[index] = 0xff }
        let leftovers: [(name: String, make: () throws -> Void)] = [
            ("empty", { try Files.write(path, []) }),
            ("garbage", { try Files.write(path, [UInt8](repeating: 0xa5, count: 9999)) }),
            ("cut in the header", { try Files.write(path, [UInt8](good.prefix(100))) }),
            ("cut after the header", { try Files.write(path, [UInt8](good.prefix(4096))) }),
            ("cut in the live lines", { try Files.write(path, [UInt8](good.prefix(4100))) }),
            ("a wild offset", { try Files.write(path, wildOffset) }),
            ("a fifo", { _ = unsafe mkfifo(path, 0o600) }),
            ("a link", { _ = unsafe symlink(victim, path) }),
            (
                "a half-built file",
                { try Files.write(scratch.path + "/.pks-positions-v1-main.building", [1]) }
            ),
        ]
        for leftover in leftovers {
            _ = unsafe unlink(path)
            try leftover.make()
            var next = try scratch.writer()
            #expect(try scratch.reader().epoch == next.epoch, "\(leftover.name)")
            try next.stop(keep: false)
            #expect(scratch.files() == ["main.lock", "victim"], "\(leftover.name)")
            #expect(try Files.bytes(victim) == [7, 7, 7], "\(leftover.name)")
        }
    }

    @Test func aDirectoryUnderTheNameIsATypedErrorAndNothingIsLeftBehind() throws {
        let scratch = try Scratch()
        let path = scratch.segmentPath("main")
        try Files.makeDirectory(path)
        do {
            _ = try scratch.writer()
            Issue.record("made a segment over a directory")
        } catch ShmError.system(_, let operation, _) {
            #expect(operation == "rename")
        }
        _ = unsafe rmdir(path)
        #expect(scratch.files() == ["main.lock"])
    }

    @Test(.enabled(if: geteuid() == 0, "giving a file away needs root"))
    func rootReplacesALeftoverOfAnotherUser() throws {
        let scratch = try Scratch()
        let path = scratch.segmentPath("main")
        var writer = try scratch.writer()
        try writer.stop(keep: true)
        _ = consume writer
        _ = unsafe chown(path, 12345, 12345)
        let next = try scratch.writer()
        #expect(try scratch.reader().epoch == next.epoch)
    }

    @Test func theSegmentHasExactlyItsModeWhateverTheUmaskIs() throws {
        let scratch = try Scratch()
        let tool = try Subprocess(
            ["sh", "-c", "umask 0777; exec \"$0\" hold \"$1\"", Subprocess.tool, scratch.path],
            input: .pipe(InputPipe()))
        #expect(tool.line() == "ready")
        #expect(Files.mode(scratch.segmentPath("main")) == 0o640)
        #expect(Files.mode(scratch.path + "/main.lock") == 0o600)
    }

    @Test func aWildConfigurationIsRefusedBeforeAnythingIsMade() throws {
        let scratch = try Scratch()
        let wild: [(inout SegmentConfiguration) -> Void] = [
            { $0.slotCapacity = 0 }, { $0.slotCapacity = -1 }, { $0.slotCapacity = Int.max },
            { $0.changeCapacity = 3 }, { $0.changeCapacity = 1 }, { $0.priceDecimals = 19 },
            { $0.method = 0 },
            { $0.method = 6 },
        ]
        for change in wild {
            var configuration = scratch.configuration()
            change(&configuration)
            do {
                _ = try SegmentWriter(
                    configuration, lock: WriterLock(book: "main", runDirectory: scratch.path))
                Issue.record("accepted \(configuration)")
            } catch ShmError.badConfiguration {}
        }
        #expect(scratch.files() == ["main.lock"])
    }

    @Test func theListerNamesTheBooksThereAre() throws {
        let scratch = try Scratch()
        #expect(try SegmentLister.books(directory: scratch.path) == [])
        let first = try scratch.writer("zinc")
        let second = try scratch.writer("aluminium-3m")
        #expect(try SegmentLister.books(directory: scratch.path) == ["aluminium-3m", "zinc"])
        #expect(first.epoch != second.epoch)
    }
}
