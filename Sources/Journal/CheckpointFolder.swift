import Glibc
import ShmFiles

/// A directory of the file system as checkpoints need it. It takes no lock: who writes holds that of the journal.
/// One thread at a time.
public final class CheckpointFolder: CheckpointDirectory {
    /// Where it is.
    public let path: String

    /// The directory at `path`, which must be there by the time of the first call.
    public init(path: String) { self.path = path }

    /// The names in it. Throws `system`.
    public func names() throws(JournalError) -> [String] {
        // SAFETY (all of this function): an entry lives until the next readdir, and its name is copied before that;
        // the directory is closed on every way out.
        guard let directory = unsafe opendir(path) else {
            throw .system(code: errno, operation: "opendir", object: path)
        }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { unsafe FixedText.load($0) }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Opens a file for reading, never through a symbolic link. Throws `system`.
    public func open(_ name: String) throws(JournalError) -> any CheckpointFile {
        try JournalError.of { () throws(SystemError) in
            let file = try FileHandle(path: "\(path)/\(name)", flags: O_RDONLY)
            let byteCount = try file.status().byteCount
            return CheckpointFolderFile(file, byteCount: byteCount)
        }
    }

    /// Makes a file of mode 0600. Throws `system`, also when there is no room for it.
    public func create(_ name: String, byteCount: Int) throws(JournalError) -> any CheckpointFile {
        try JournalError.of { () throws(SystemError) in
            let flags = O_RDWR | O_CREAT | O_TRUNC
            let file = try FileHandle(path: "\(path)/\(name)", flags: flags, mode: 0o600)
            try file.reserve(byteCount: byteCount)
            return CheckpointFolderFile(file, byteCount: 0)
        }
    }

    /// Renames a file. Throws `system`.
    public func rename(_ name: String, to newName: String) throws(JournalError) {
        try JournalError.of { () throws(SystemError) in
            try Paths.rename("\(path)/\(name)", to: "\(path)/\(newName)")
        }
    }

    /// Removes a file; one that does not exist is no error. Throws `system`.
    public func remove(_ name: String) throws(JournalError) {
        try JournalError.of { () throws(SystemError) in try Paths.remove("\(path)/\(name)") }
    }

    /// Makes what was done to names durable. Throws `system`.
    public func sync() throws(JournalError) {
        try JournalError.of { () throws(SystemError) in
            let directory = try FileHandle(path: path, flags: O_RDONLY | O_DIRECTORY)
            _ = try retryingInterrupts("fsync", path) { Int(fsync(directory.descriptor)) }
        }
    }
}

/// A file of such a directory.
private final class CheckpointFolderFile: CheckpointFile {
    private let file: FileHandle
    private(set) var byteCount: Int
    private var unsyncedBytes = 0

    /// So much may be written and not on disk: a large flush would hold up those of the journal.
    private static var unsyncedBytesMax: Int { 8 << 20 }

    init(_ file: consuming FileHandle, byteCount: Int) {
        self.file = file
        self.byteCount = byteCount
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        // SAFETY: the caller's bytes.
        try JournalError.of { () throws(SystemError) in try unsafe file.write(bytes, at: byteCount) }
        byteCount += bytes.count
        unsyncedBytes += bytes.count
        if unsyncedBytes >= Self.unsyncedBytesMax { try sync() }
    }

    func sync() throws(JournalError) {
        try JournalError.of { () throws(SystemError) in
            _ = try retryingInterrupts("fsync", file.path) { Int(fsync(file.descriptor)) }
        }
        unsyncedBytes = 0
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        // SAFETY: the caller's buffer.
        try JournalError.of { () throws(SystemError) in try unsafe file.read(into: buffer, at: offset) }
    }
}

extension JournalError {
    /// Runs calls of the system and gives their failure as this module's.
    static func of<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(JournalError) -> Value {
        try translating(body) {
            JournalError.system(code: $0.code, operation: $0.operation, object: $0.object)
        }
    }
}
