import Glibc
import Service

/// A directory of one test's own on a disk, for journals. It goes with its owner.
final class JournalFolder: Sendable {
    // SAFETY (all of this type): names live for the calls; an entry lives until the next readdir.

    let path: String

    struct Failed: Error { let code: Int32 }

    init() throws {
        path = "/tmp/pks-service-journal-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        guard unsafe mkdir(path, 0o700) == 0 else { throw Failed(code: errno) }
    }

    deinit { Self.remove(path) }

    /// What a book is told so that its journal is here, in small files.
    func options(_ change: (inout JournalOptions) -> Void = { _ in }) -> JournalOptions {
        var options = JournalOptions(directory: path)
        options.segmentBytes = 1 << 20
        change(&options)
        return options
    }

    /// Copies a book's journal, or puts a copy back in its place.
    static func copy(_ from: String, to: String) {
        remove(to)
        _ = unsafe mkdir(to, 0o700)
        for name in names(from) { put(bytes(from + "/" + name), at: to + "/" + name) }
    }

    private static func bytes(_ path: String) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Int(lseek(file, 0, SEEK_END)))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, 0) }
        return count == bytes.count ? bytes : []
    }

    private static func put(_ bytes: [UInt8], at path: String) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    }

    static func names(_ path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(path) where unsafe unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }
}
