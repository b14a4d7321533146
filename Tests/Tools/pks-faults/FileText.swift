import Glibc

// SAFETY (all of this file): names and buffers live for their calls.

/// Whole files.
enum FileText {
    /// A file as text; empty when there is none.
    static func read(_ path: String) -> String { String(decoding: bytes(path) ?? [], as: UTF8.self) }

    /// A file's bytes; nil when it cannot be read.
    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe Glibc.read(descriptor, &part, part.count)
            if count <= 0 { return bytes }
            bytes += part[..<count]
        }
    }

    /// Makes or replaces a file.
    static func write(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FaultFailure("\(path): errno \(errno)") }
        defer { _ = close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            }
            if count <= 0 { throw FaultFailure("\(path): errno \(errno)") }
            done += count
        }
    }

    /// What is in a directory, without its own two names.
    static func names(_ path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a directory with everything in it.
    static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        for name in names(path) { remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
