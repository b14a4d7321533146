import Glibc
import ShmFiles
import Synchronization

/// The directory of a book's journal on a real disk.
///
/// Whoever writes holds a lock on the file `lock` in it. The lock is also kept by the io_uring, so that it outlives
/// writes which a killed process has still under way: who gets the lock may believe what it reads.
public final class DiskDirectory: JournalDirectory {
    /// What a directory is opened for.
    public enum Access: Equatable, Sendable {
        /// To write: takes the lock. A process that has just been killed may still have it for a moment, so it is
        /// asked for again until so many ns have gone by.
        case owning(waitNs: Int64 = 1_000_000_000)
        /// To look: takes no lock, makes nothing, and can be used while another process writes.
        case looking
    }

    /// The name of the file that is locked.
    public static let lockName = "lock"
    /// The name of the next segment, while it is all zeros.
    public static let spareName = "spare.pksj"
    /// The end of names of files that are being made.
    static let buildingSuffix = ".building"
    private static let pieceBytes = 1 << 18

    /// Where it is.
    public let path: String
    private let handle: FileHandle
    private let lock: DiskDescriptor?
    private let ring: WriteRing?
    private let isDirect: Bool
    private let syncFailure = Mutex<Int32>(0)

    /// Opens the directory. For owning, makes it (0700) and the one above when they are missing, removes half-made
    /// files, and sets up an io_uring unless the system refuses or PKS_IO_URING=off. Throws `busy`, `wrongFile` when
    /// others may write into it, `system`. `usesRing`: false for never an io_uring; the bytes are the same.
    public init(
        _ path: String, access: Access = .owning(), usesRing: Bool = true
    ) throws(JournalError) {
        self.path = path
        guard case .owning(let waitNs) = access else {
            handle = try Self.open(path)
            lock = nil
            ring = nil
            isDirect = false
            return
        }
        try Self.make(path)
        handle = try Self.open(path)
        try Self.check(handle)
        lock = try Self.takeLock(handle, waitNs: waitNs)
        isDirect = try Self.removeLeftovers(handle)
        ring =
            !usesRing || Paths.environment("PKS_IO_URING") == "off"
            ? nil : lock.flatMap { WriteRing(keeping: $0.number) }
    }

    deinit {
        // Said aloud, because the ring and a process that is just being spawned may have the descriptor still.
        release()
    }

    /// Gives the lock back while somebody still holds this directory. Nothing may be written afterwards.
    public func release() {
        if let lock { _ = flock(lock.number, LOCK_UN) }
    }

    /// How writes get to the disk at the moment; any thread.
    public var writePath: JournalWritePath {
        JournalWritePath(usesRing: ring?.isUsable ?? false, isDirect: isDirect)
    }

    /// Whether this process may write here.
    public var isOwner: Bool { lock != nil }

    // MARK: - Files

    /// The names in it, in no order. Throws `system`.
    public func names() throws(JournalError) -> [String] {
        try journalCall { () throws(SystemError) in try Paths.names(in: path) }
    }

    /// Opens a file: for reading, and for committing when this process has the lock. Throws `system`, `wrongFile`.
    public func open(_ name: String) throws(JournalError) -> any JournalFile {
        try DiskFile(handle, name, forWriting: isOwner, ring: ring)
    }

    /// Makes a segment of the spare file, or of a new one, under its name; durable when this returns. Throws
    /// `wrongFile` when the name is taken, `system`, `interrupted`, `commitFailed`.
    public func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile {
        precondition(isOwner)
        if try status(name) != nil {
            throw .wrongFile(object: path + "/" + name, reason: "is there already")
        }
        let hasSpare = try status(Self.spareName)?.byteCount == byteCount
        let source = hasSpare ? Self.spareName : name + Self.buildingSuffix
        if !hasSpare { try build(source, byteCount: byteCount) { true } }
        // SAFETY: the caller's bytes, whole blocks.
        let file = try open(source)
        unsafe try file.commit([JournalWrite(offset: 0, bytes: first)])
        try rename(source, to: name)
        return try open(name)
    }

    /// Makes the spare file unless there is one of this size. It has its name only when all its zeros are durable.
    /// Throws `system`, `interrupted`, `commitFailed`.
    public func makeSpare(byteCount: Int, pause: () -> Bool) throws(JournalError) {
        precondition(isOwner)
        if try status(Self.spareName)?.byteCount == byteCount { return }
        let building = Self.spareName + Self.buildingSuffix
        if try build(building, byteCount: byteCount, pause: pause) {
            try rename(building, to: Self.spareName)
        }
    }

    /// Removes a file, durably. Throws `system`, `commitFailed`.
    public func remove(_ name: String) throws(JournalError) {
        precondition(isOwner)
        try removeName(name)
        try sync()
    }

    // MARK: - Making files

    /// Writes zeros to every byte, because the first write to reserved but never written space costs more, and makes
    /// them durable. False when `pause` has ended it.
    @discardableResult
    private func build(_ name: String, byteCount: Int, pause: () -> Bool) throws(JournalError) -> Bool {
        try removeName(name)
        do throws(JournalError) {
            return try fill(name, byteCount: byteCount, pause: pause)
        } catch {
            try? removeName(name)
            throw error
        }
    }

    private func fill(_ name: String, byteCount: Int, pause: () -> Bool) throws(JournalError) -> Bool {
        let made = try DiskDescriptor(handle, name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        if fchmod(made.number, 0o600) != 0 {
            throw .system(code: errno, operation: "fchmod", object: made.path)
        }
        // No room is known at once, and not after most of the zeros.
        let code = posix_fallocate(made.number, 0, off_t(byteCount))
        if code != 0 { throw .system(code: code, operation: "posix_fallocate", object: made.path) }
        let zeros = BlockBuffer(count: Self.pieceBytes / JournalLayout.blockBytes)
        let file = try DiskFile(handle, name, forWriting: true, ring: nil)
        var offset = 0
        while offset < byteCount {
            if !pause() {
                try removeName(name)
                return false
            }
            let count = min(Self.pieceBytes, byteCount - offset) / JournalLayout.blockBytes
            // SAFETY: so many blocks of the buffer, which outlives the call.
            let bytes = unsafe UnsafeRawBufferPointer(zeros.bytes(0..<count))
            try file.writeUnsynced(unsafe JournalWrite(offset: offset, bytes: bytes))
            offset += count * JournalLayout.blockBytes
        }
        if fsync(made.number) != 0 { throw .commitFailed(code: errno, object: made.path) }
        return true
    }

    // MARK: - Names

    private func status(_ name: String) throws(JournalError) -> FileStatus? {
        try journalCall { () throws(SystemError) in try FileStatus.at(path + "/" + name) }
    }

    private func rename(_ from: String, to name: String) throws(JournalError) {
        // SAFETY: the names live for the call.
        if unsafe renameat(handle.descriptor, from, handle.descriptor, name) != 0 {
            throw .system(code: errno, operation: "rename", object: path + "/" + name)
        }
        try sync()
    }

    private func removeName(_ name: String) throws(JournalError) {
        // SAFETY: the name lives for the call.
        if unsafe unlinkat(handle.descriptor, name, 0) != 0 && errno != ENOENT {
            throw .system(code: errno, operation: "unlink", object: path + "/" + name)
        }
    }

    /// Makes names durable. Once that has failed it fails for good: a second sync would not say what the first lost.
    private func sync() throws(JournalError) {
        let code = syncFailure.withLock { failed in
            if failed == 0 && fsync(handle.descriptor) != 0 { failed = errno }
            return failed
        }
        if code != 0 { throw .commitFailed(code: code, object: path) }
    }

    // MARK: - Opening

    private static func open(_ path: String) throws(JournalError) -> FileHandle {
        try journalCall { () throws(SystemError) in
            try FileHandle(path: path, flags: O_RDONLY | O_DIRECTORY)
        }
    }

    private static func make(_ path: String) throws(JournalError) {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let above = parent.lastIndex(of: "/").map { String(parent[..<$0]) } ?? "."
        for (made, holder) in [(parent, above), (path, parent)] where !made.isEmpty && made != "." {
            if try journalCall({ () throws(SystemError) in try FileStatus.at(made) }) != nil { continue }
            try journalCall { () throws(SystemError) in try Paths.makeDirectory(made, mode: 0o700) }
            let opened = try open(holder.isEmpty ? "/" : holder)
            if fsync(opened.descriptor) != 0 { throw .commitFailed(code: errno, object: holder) }
        }
    }

    private static func check(_ handle: borrowing FileHandle) throws(JournalError) {
        let status = try statusOf(handle)
        guard status.owner == geteuid(), status.mode & 0o022 == 0 else {
            throw .wrongFile(
                object: handle.path, reason: "is not this user's own directory, or others may write into it")
        }
    }

    private static func statusOf(_ handle: borrowing FileHandle) throws(JournalError) -> FileStatus {
        do throws(SystemError) { return try handle.status() } catch { throw JournalError(error) }
    }

    private static func takeLock(
        _ directory: borrowing FileHandle, waitNs: Int64
    ) throws(JournalError) -> DiskDescriptor {
        let lock = try DiskDescriptor(directory, lockName, O_RDWR | O_CREAT | O_NONBLOCK, mode: 0o600)
        if fchmod(lock.number, 0o600) != 0 {
            throw .system(code: errno, operation: "fchmod", object: lock.path)
        }
        var leftNs = waitNs
        while flock(lock.number, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else {
                throw .system(code: errno, operation: "flock", object: lock.path)
            }
            if leftNs <= 0 { throw .busy(object: directory.path) }
            IdlePause.sleep(ns: 5_000_000)
            leftNs -= 5_000_000
        }
        return lock
    }

    /// Removes what a crash has left half-made, and says whether direct writes work here.
    private static func removeLeftovers(_ handle: borrowing FileHandle) throws(JournalError) -> Bool {
        let path = handle.path
        let names = try journalCall { () throws(SystemError) in try Paths.names(in: path) }
        for name in names where name.hasSuffix(buildingSuffix) {
            try journalCall { () throws(SystemError) in try Paths.remove(path + "/" + name) }
        }
        return try DiskDescriptor.forWriting(handle, lockName).isDirect
    }
}
