import Glibc

/// A directory of its own on the real disk, removed with everything in it when its owner goes.
public final class JournalPlace {
    /// Where it is.
    public let path: String

    /// Makes it.
    public init() throws {
        var name = Array("/tmp/pks-journal-test-XXXXXX".utf8CString)
        // SAFETY: the array is a text that ends in NUL and lives for the call.
        let made = unsafe mkdtemp(&name) != nil
        guard made else { throw PlaceError(code: errno) }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The journal of a book in it.
    public func journal(_ book: String = "main") -> String { path + "/" + book }

    /// The content of a file of a book's journal; nil when it is not there.
    public static func bytes(_ path: String) -> [UInt8]? {
        // SAFETY: the name lives for the call.
        let file = unsafe open(path, O_RDONLY)
        if file < 0 { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // SAFETY: the piece lives for the call and is as long as stated.
            let count = unsafe read(file, &piece, piece.count)
            if count <= 0 { return bytes }
            bytes += piece[0..<count]
        }
    }

    /// Puts a file in place, made or changed.
    public static func put(_ path: String, _ bytes: [UInt8]) throws {
        // SAFETY: name and bytes live for their calls.
        let file = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw PlaceError(code: errno) }
        defer { close(file) }
        guard unsafe write(file, bytes, bytes.count) == bytes.count else { throw PlaceError(code: errno) }
    }

    /// Sets a file's permissions.
    public static func setMode(_ path: String, _ mode: UInt32) throws {
        // SAFETY: the name lives for the call.
        if unsafe chmod(path, mode) != 0 { throw PlaceError(code: errno) }
    }

    /// A file's permissions; nil when it is not there.
    public static func mode(_ path: String) -> UInt32? {
        var raw = stat()
        // SAFETY: the name and the place live for the call.
        return unsafe stat(path, &raw) == 0 ? raw.st_mode & 0o777 : nil
    }

    deinit {
        // SAFETY (all of this function): names live for their calls.
        for name in Self.names(path) {
            for inner in Self.names(path + "/" + name) { _ = unsafe unlink(path + "/" + name + "/" + inner) }
            _ = unsafe rmdir(path + "/" + name)
            _ = unsafe unlink(path + "/" + name)
        }
        _ = unsafe rmdir(path)
    }

    /// The size of a file in bytes; nil when it is not there.
    public static func size(_ path: String) -> Int? {
        var raw = stat()
        // SAFETY: the name and the place live for the call.
        return unsafe stat(path, &raw) == 0 ? Int(raw.st_size) : nil
    }

    /// What is in a directory.
    public static func names(_ path: String) -> [String] {
        // SAFETY: an entry lives until the next readdir; its name is copied before that.
        guard let directory = unsafe opendir(path) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

/// A test's own place could not be made.
struct PlaceError: Error {
    let code: Int32
}
