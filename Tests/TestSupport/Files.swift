public import Glibc

// SAFETY (all of this file): names and buffers live for their calls; a range to be written lies inside its array.

/// Whole files and directories. Any thread.
public enum Files {
    /// A file as text; empty when it cannot be read.
    public static func text(_ path: String) -> String {
        String(decoding: (try? bytes(path)) ?? [], as: UTF8.self)
    }

    /// All bytes of a file, also of one that does not know its size.
    public static func bytes(_ path: String) throws(SystemFailure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure(path, code: errno) }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(descriptor, &part, part.count)
            if count < 0 { throw SystemFailure(path, code: errno) }
            if count == 0 { return bytes }
            bytes += part[..<count]
        }
    }

    /// Makes or replaces a file: these bytes and no others.
    public static func write(_ path: String, _ bytes: [UInt8]) throws(SystemFailure) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(path, code: errno) }
        defer { _ = close(descriptor) }
        try write(descriptor, bytes, what: path)
    }

    /// The same with the UTF-8 of a text.
    public static func write(_ path: String, _ text: String) throws(SystemFailure) {
        try write(path, Array(text.utf8))
    }

    /// Writes all bytes to a descriptor.
    static func write(_ descriptor: Int32, _ bytes: [UInt8], what: String) throws(SystemFailure) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + done }, all.count - done)
            }
            if count <= 0 { throw SystemFailure(what, code: errno) }
            done += count
        }
    }

    /// What is in a directory, sorted, without its own two names; nothing when it cannot be read.
    public static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { _ = unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes a directory for its owner alone.
    public static func makeDirectory(_ path: String) throws(SystemFailure) {
        if unsafe mkdir(path, 0o700) != 0 { throw SystemFailure(path, code: errno) }
    }

    /// The size of a file in bytes; nil when it is not there.
    public static func size(_ path: String) -> Int? { status(path).map { Int($0.st_size) } }

    /// The permissions of a file; nil when it is not there.
    public static func mode(_ path: String) -> mode_t? { status(path).map { $0.st_mode & 0o7777 } }

    /// Sets the permissions of a file.
    public static func setMode(_ path: String, _ mode: mode_t) throws(SystemFailure) {
        if unsafe chmod(path, mode) != 0 { throw SystemFailure(path, code: errno) }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    /// Removes a file, or a directory with everything in it.
    public static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        for name in names(in: path) { remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
