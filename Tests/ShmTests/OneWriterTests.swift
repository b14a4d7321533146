import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import ShmReader
import TestSupport
import Testing

@Suite struct OneWriterTests {
    // SAFETY (all of these): names passed to the C library live for the call.

    @Test func aSecondWriterIsToldWhoRunsAndTouchesNothing() throws {
        let scratch = try Scratch()
        let first = try Subprocess.tool("hold", scratch.path)
        #expect(first.line() == "ready")
        let reader = try scratch.reader()
        let (epoch, files) = (reader.epoch, scratch.files())

        let second = try Subprocess.tool("create", scratch.path, "64")
        let message = try required(second.line())
        #expect(message.contains("already running as process \(first.pid)"))
        let end = second.wait()
        #expect(end == 75)

        #expect(throws: ShmError.alreadyRunning(object: scratch.path + "/main.lock", pid: UInt32(first.pid)))
        {
            _ = try WriterLock(book: "main", runDirectory: scratch.path)
        }
        #expect(scratch.files() == files)
        #expect(reader.isRetired == false)
        #expect(try scratch.reader().epoch == epoch)
    }

    @Test func aWriterWithAnotherRunDirectoryDoesNotTakeALiveBookOver() throws {
        let scratch = try Scratch()
        let other = try Scratch()
        let first = try Subprocess.tool("hold", scratch.path)
        #expect(first.line() == "ready")
        let (book, otherRun) = (scratch.configuration(), other.path)
        #expect(throws: ShmError.alreadyRunning(object: scratch.segmentPath("main"), pid: UInt32(first.pid)))
        {
            _ = try SegmentWriter(book, lock: WriterLock(book: "main", runDirectory: otherRun))
        }
        #expect(try scratch.reader().isRetired == false)
    }

    @Test func theLockIsFreeOnceItsHolderIsGone() throws {
        let scratch = try Scratch()
        do {
            let writer = try scratch.writer()
            #expect(writer.slotCapacity == 16)
            #expect(throws: ShmError.self) { _ = try WriterLock(book: "main", runDirectory: scratch.path) }
        }
        let lock = try WriterLock(book: "main", runDirectory: scratch.path)
        #expect(lock.book == "main")
    }

    @Test func booksAndProducersHaveLocksOfTheirOwn() throws {
        let scratch = try Scratch()
        let first = try WriterLock(book: "a", runDirectory: scratch.path)
        let second = try WriterLock(book: "b", runDirectory: scratch.path)
        let producer = try scratch.producer("p", book: "a")
        #expect(Set([first.path, second.path, scratch.path + "/a-p.ring.lock"]).count == 3)
        #expect(scratch.files().contains("a-p.ring.lock") && producer.isResumed == false)
        #expect(throws: ProducerError.self) { _ = try scratch.producer("p", book: "a") }
    }

    @Test func lockFilesAreForTheirUserAlone() throws {
        let scratch = try Scratch()
        let lock = try WriterLock(book: "a", runDirectory: scratch.path + "/new")
        var status = stat()
        #expect(unsafe stat(lock.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(unsafe stat(scratch.path + "/new", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        _ = unsafe unlink(lock.path)
        _ = unsafe rmdir(scratch.path + "/new")
    }

    @Test func aRunDirectoryThatOthersControlIsRefused() throws {
        let scratch = try Scratch()
        func refused(_ path: String, at place: SourceLocation = #_sourceLocation) {
            do throws(ShmError) {
                _ = try WriterLock(book: "main", runDirectory: path)
                Issue.record("took a lock in \(path)", sourceLocation: place)
            } catch {
                if case .unsafeRunDirectory = error { return }
                Issue.record("another error: \(error)", sourceLocation: place)
            }
        }
        let open = scratch.path + "/open"
        try Files.makeDirectory(open)
        for mode: mode_t in [0o770, 0o702, 0o1777] {
            _ = unsafe chmod(open, mode)
            refused(open)
        }
        _ = unsafe chmod(open, 0o700)
        let link = scratch.path + "/link"
        _ = unsafe symlink(open, link)
        refused(link)
        let file = scratch.path + "/file"
        close(unsafe creat(file, 0o600))
        refused(file)
        if geteuid() == 0 {
            _ = unsafe chown(open, 12345, 12345)
            refused(open)
        }
        _ = unsafe rmdir(open)
    }

    @Test(arguments: ["", ".hidden", "-dash", "a/b", "a b", "Ü", "x.ring", String(repeating: "x", count: 65)])
    func aNameThatCannotBeAFileNameIsRefusedEverywhere(name: String) throws {
        let scratch = try Scratch()
        func isBadName(_ body: () throws -> Void) -> Bool {
            do { try body() } catch ShmError.badName { return true } catch AttachError.badName {
                return true
            } catch ProducerError.badName { return true } catch { return false }
            return false
        }
        #expect(isBadName { _ = try WriterLock(book: name, runDirectory: scratch.path) })
        #expect(isBadName { _ = try scratch.producer(name) })
        #expect(isBadName { _ = try SegmentReader(book: name, directory: scratch.path) })
        #expect(
            isBadName {
                _ = try RingConsumer(book: "main", producer: name, segmentEpoch: 1, directory: scratch.path)
            })
        #expect(scratch.files() == [])
    }
}
