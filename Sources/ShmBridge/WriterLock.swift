import CSeqlock
import Glibc
import ShmFiles

/// The right to write a book: a lock on a 0600 file in a private directory, held for the life of this value and
/// released by the kernel when the process dies. It is never a file that readers can open, because whoever can
/// open a file can lock it. Producers hold such a lock of their own (pks_producer_lock.c).
///
/// Lock files stay behind after use: removing one would let two processes lock two files of one name.
public struct WriterLock: ~Copyable {
    /// The locked file.
    public let path: String
    /// The book that the lock is for.
    public let book: String
    private let file: FileHandle

    /// Takes the lock of a book's only writer.
    /// Throws `alreadyRunning` when another process or another part of this one has it,
    /// `unsafeRunDirectory` when the directory is not this user's own. Never waits.
    public init(book: String, runDirectory: String = WriterLock.defaultRunDirectory) throws(ShmError) {
        _ = try shmName(book) { () throws(NameFault) in
            try SharedNames.check(book, bytesMax: Int(PKS_BOOK_BYTES))
        }
        let name = book + ".lock"
        let directory = try Self.openRunDirectory(runDirectory)
        let file = try shmCall { () throws(SystemError) in
            try FileHandle(in: directory, name: name, flags: O_RDWR | O_CREAT | O_NONBLOCK, mode: 0o600)
        }
        let status = try shmCall { () throws(SystemError) in try file.status() }
        guard status.isRegularFile, status.owner == geteuid() else {
            throw .unsafeRunDirectory(path: runDirectory, reason: "\(name) in it is not this user's own file")
        }
        if flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EWOULDBLOCK { throw .alreadyRunning(object: file.path, pid: Self.holder(file)) }
            throw .system(code: code, operation: "flock", object: file.path)
        }
        try shmCall { () throws(SystemError) in
            try file.setMode(0o600)
            try Self.writeHolder(file)
        }
        self.path = file.path
        self.book = book
        self.file = file
    }

    deinit {
        // Closing alone would not do: a process that another thread is just spawning has a copy of the
        // descriptor until its exec, and the lock would live as long as that.
        _ = flock(file.descriptor, LOCK_UN)
    }

    /// Where locks are kept unless stated otherwise: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else
    /// /tmp/pks-<uid>. Allocates.
    public static var defaultRunDirectory: String {
        if let stated = Paths.environment("PKS_RUN_DIR") { return stated }
        if let runtime = Paths.environment("XDG_RUNTIME_DIR") { return runtime + "/pks" }
        return "/tmp/pks-\(geteuid())"
    }

    /// Opens the directory, making it when it is missing, and checks that only this user can change it.
    private static func openRunDirectory(_ path: String) throws(ShmError) -> FileHandle {
        try shmCall { () throws(SystemError) in try Paths.makeDirectory(path, mode: 0o700) }
        let directory = try translating { () throws(SystemError) in
            try FileHandle(path: path, flags: O_RDONLY | O_DIRECTORY)
        } _: { error in
            error.code == ELOOP || error.code == ENOTDIR
                ? ShmError.unsafeRunDirectory(path: path, reason: "is not a directory of its own")
                : ShmError(error)
        }
        let status = try shmCall { () throws(SystemError) in try directory.status() }
        if status.owner != geteuid() {
            throw .unsafeRunDirectory(path: path, reason: "belongs to uid \(status.owner)")
        }
        if status.mode & 0o022 != 0 {
            throw .unsafeRunDirectory(path: path, reason: "can be written by others")
        }
        return directory
    }

    private static func writeHolder(_ file: borrowing FileHandle) throws(SystemError) {
        if ftruncate(file.descriptor, 0) != 0 { throw SystemError("ftruncate", file.path) }
        var text = "\(getpid())\n"
        // SAFETY: the bytes live for the closure.
        let result = text.withUTF8 { bytes in
            Result { () throws(SystemError) in try unsafe file.write(UnsafeRawBufferPointer(bytes), at: 0) }
        }
        try result.get()
    }

    /// The pid that the holder wrote, when it can be read.
    private static func holder(_ file: borrowing FileHandle) -> UInt32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        // SAFETY: the array's storage lives for the closure.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe try? file.read(into: $0, at: 0) }
        let text = String(decoding: bytes.prefix(count ?? 0), as: UTF8.self)
        return UInt32(text.prefix { $0.isNumber })
    }
}
