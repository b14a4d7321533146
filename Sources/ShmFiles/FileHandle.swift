package import Glibc

/// An open file descriptor that is closed with its owner. Not to be shared between threads while it closes.
package struct FileHandle: ~Copyable {
    /// The descriptor, valid for the life of this value.
    package let descriptor: Int32
    /// The path it was opened by, for messages.
    package let path: String

    /// Opens `path`, never through a symbolic link, never passed on to an exec'd program.
    package init(path: String, flags: Int32, mode: mode_t = 0) throws(SystemError) {
        // SAFETY: the name lives for the call.
        let opened = try retryingInterrupts("open", path) {
            Int(unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode))
        }
        self.descriptor = Int32(opened)
        self.path = path
    }

    /// Opens `name` inside an open directory, so that nobody can swap the directory meanwhile.
    package init(
        in directory: borrowing FileHandle, name: String, flags: Int32, mode: mode_t = 0
    ) throws(SystemError) {
        let path = directory.path + "/" + name
        let parent = directory.descriptor
        // SAFETY: the name lives for the call.
        let opened = try retryingInterrupts("openat", path) {
            Int(unsafe openat(parent, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode))
        }
        self.descriptor = Int32(opened)
        self.path = path
    }

    deinit { _ = close(descriptor) }

    /// What the file is now: type, owner, size, identity.
    package func status() throws(SystemError) -> FileStatus {
        var raw = stat()
        // SAFETY: `raw` outlives the call.
        if unsafe fstat(descriptor, &raw) != 0 { throw SystemError("fstat", path) }
        return FileStatus(raw)
    }

    /// Reads `bytes.count` bytes at `offset`, fewer when the file ends before. A file that shrinks
    /// meanwhile gives a short count and not a signal, which is why headers are read this way.
    package func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var done = 0
        while done < bytes.count {
            // SAFETY: the range starts inside `bytes` and ends with it.
            let count = try retryingInterrupts("pread", path) {
                unsafe pread(
                    descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done,
                    off_t(offset + done))
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Gives the file `byteCount` bytes of reserved memory or disk, or throws with ENOSPC and the like.
    package func reserve(byteCount: Int) throws(SystemError) {
        while true {
            let code = posix_fallocate(descriptor, 0, off_t(byteCount))
            if code == 0 { return }
            if code != EINTR { throw SystemError("posix_fallocate", path, code: code) }
        }
    }

    /// Sets the permission bits exactly, whatever the umask is.
    package func setMode(_ mode: mode_t) throws(SystemError) {
        if fchmod(descriptor, mode) != 0 { throw SystemError("fchmod", path) }
    }

    /// Writes all of `bytes` at `offset`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            // SAFETY: the range starts inside `bytes` and ends with it.
            done += try retryingInterrupts("pwrite", path) {
                unsafe pwrite(
                    descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done,
                    off_t(offset + done))
            }
        }
    }

    /// Writes one word at `offset`, in this machine's byte order.
    package func write(word: UInt64, at offset: Int) throws(SystemError) {
        // SAFETY: the buffer is used inside the closure only; a typed throw leaves through a result.
        let result = unsafe withUnsafeBytes(of: word) { bytes in
            Result { () throws(SystemError) in try unsafe write(bytes, at: offset) }
        }
        try result.get()
    }
}

/// The parts of stat(2) that the checks need.
package struct FileStatus: Equatable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var owner: uid_t
    package var mode: mode_t
    package var byteCount: Int

    package init(_ raw: stat) {
        device = UInt64(raw.st_dev)
        inode = UInt64(raw.st_ino)
        owner = raw.st_uid
        mode = raw.st_mode
        byteCount = Int(raw.st_size)
    }

    package var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
    package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }

    /// The same file, not merely an equal one.
    package func isSameFile(as other: FileStatus) -> Bool {
        device == other.device && inode == other.inode
    }

    /// What stands at `path` itself (a symbolic link is not followed), or nil when nothing does.
    package static func at(_ path: String) throws(SystemError) -> FileStatus? {
        var raw = stat()
        // SAFETY: `raw` outlives the call.
        if unsafe lstat(path, &raw) == 0 { return FileStatus(raw) }
        let code = errno
        if code == ENOENT { return nil }
        throw SystemError("lstat", path, code: code)
    }
}
