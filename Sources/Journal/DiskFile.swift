import Glibc
import ShmFiles

/// A segment's file on a real disk. Writes go past the page cache where the file system can; reads come through a
/// descriptor of their own and read ahead.
final class DiskFile: JournalFile {
    let name: String
    let byteCount: Int
    private let reading: DiskDescriptor
    /// Nil in a directory that is open for looking only.
    private let writing: DiskDescriptor?
    private let ring: WriteRing?
    private var hasFailed = false

    /// Opens a file that is there. Throws `wrongFile` when it is not a regular one, `system`.
    init(
        _ directory: borrowing FileHandle, _ name: String, forWriting: Bool, ring: WriteRing?
    ) throws(JournalError) {
        self.name = name
        self.ring = ring
        reading = try DiskDescriptor(directory, name, O_RDONLY)
        let status = try reading.status()
        guard status.isRegularFile else {
            throw .wrongFile(object: reading.path, reason: "is not a regular file")
        }
        byteCount = status.byteCount
        writing = forWriting ? try DiskDescriptor.forWriting(directory, name).descriptor : nil
    }

    private var object: String { reading.path }

    func commit(_ writes: [JournalWrite]) throws(JournalError) { try commit(writes) { false } }

    func commit(_ writes: [JournalWrite], meanwhile: () -> Bool) throws(JournalError) {
        precondition(!hasFailed, "a file that has failed takes nothing more")
        guard let writing else { preconditionFailure("a directory that is open for looking takes nothing") }
        do throws(JournalError) {
            try write(writes, to: writing.number, meanwhile: meanwhile)
            // Any error of a sync is final: the kernel may have dropped what it could not write, and a second sync
            // would not say so.
            if fdatasync(writing.number) != 0 { throw .commitFailed(code: errno, object: object) }
        } catch {
            hasFailed = !error.isRetryable
            throw error
        }
    }

    /// Writes a piece and leaves syncing to the caller.
    func writeUnsynced(_ write: JournalWrite) throws(JournalError) {
        guard let writing else { preconditionFailure("a directory that is open for looking takes nothing") }
        try finish(write, to: writing.number, from: 0)
    }

    /// One small piece is fastest by a plain write. Through the ring several are on their way at once, and a large
    /// one leaves this thread free for what else there is.
    private func write(
        _ writes: [JournalWrite], to descriptor: Int32, meanwhile: () -> Bool
    ) throws(JournalError) {
        var done = [Int](repeating: 0, count: writes.count)
        let byteCount = writes.reduce(0) { $0 + $1.byteCount }
        if let ring, ring.isUsable, writes.count > 1 || byteCount >= Self.ringFrom,
            writes.count <= WriteRing.piecesMax
        {
            ring.write(descriptor, writes, done: &done, meanwhile: meanwhile)
        }
        for (index, write) in writes.enumerated() {
            if done[index] < 0 {
                let code = Int32(-done[index])
                if code != EINTR && code != EAGAIN { throw failure(code) }
                done[index] = 0
            }
            try finish(write, to: descriptor, from: done[index])
        }
    }

    /// Writes what is left of a piece.
    private func finish(_ write: JournalWrite, to descriptor: Int32, from start: Int) throws(JournalError) {
        var done = start
        while done < write.byteCount {
            // Direct writes begin at whole sectors: half of one is written again.
            done -= done % JournalLayout.blockBytes
            // SAFETY: the range begins inside the bytes and ends with them.
            let count = unsafe pwrite(
                descriptor, write.bytes.baseAddress.map { unsafe $0 + done }, write.byteCount - done,
                off_t(write.offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            if count < JournalLayout.blockBytes && count < write.byteCount - done { throw failure(EAGAIN) }
            done += count
        }
    }

    private func failure(_ code: Int32) -> JournalError {
        JournalError.isPassing(code)
            ? .interrupted(code: code, object: object) : .commitFailed(code: code, object: object)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        var done = 0
        while done < buffer.count {
            // SAFETY: the range begins inside the buffer and ends with it.
            let count = unsafe pread(
                reading.number, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done,
                off_t(offset + done))
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(code: errno, operation: "pread", object: object)
            }
            if count == 0 { break }
            done += count
        }
        if done >= Self.readAheadFrom {
            posix_fadvise(
                reading.number, off_t(offset + done), off_t(Self.readAheadBytes), POSIX_FADV_WILLNEED)
        }
        return done
    }

    private static let ringFrom = 1 << 16
    // Large reads are parts of a long one: the disk works on what comes next while this is looked at.
    private static let readAheadFrom = 1 << 18
    private static let readAheadBytes = 8 << 20
}

/// An open descriptor of a file in a journal's directory; closed when nobody has it any more.
final class DiskDescriptor {
    let number: Int32
    let path: String

    init(_ directory: borrowing FileHandle, _ name: String, _ flags: Int32, mode: mode_t = 0)
        throws(JournalError)
    {
        let (parent, path) = (directory.descriptor, directory.path + "/" + name)
        self.path = path
        // SAFETY: the name lives for the call.
        let opened = try journalCall { () throws(SystemError) in
            try retryingInterrupts("openat", path) {
                Int(unsafe openat(parent, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode))
            }
        }
        number = Int32(opened)
    }

    deinit { close(number) }

    /// One for writing: past the page cache when the file system can.
    static func forWriting(
        _ directory: borrowing FileHandle, _ name: String
    ) throws(JournalError) -> (descriptor: DiskDescriptor, isDirect: Bool) {
        do throws(JournalError) {
            return (try DiskDescriptor(directory, name, O_RDWR | __O_DIRECT), true)
        } catch {
            guard case .system(EINVAL, _, _) = error else { throw error }
            return (try DiskDescriptor(directory, name, O_RDWR), false)
        }
    }

    /// What the file is now.
    func status() throws(JournalError) -> FileStatus {
        var raw = stat()
        // SAFETY: `raw` outlives the call.
        if unsafe fstat(number, &raw) != 0 { throw .system(code: errno, operation: "fstat", object: path) }
        return FileStatus(raw)
    }
}
