import Glibc

/// A directory of one test's own in shared memory, for segments, rings and locks. It goes with its owner.
package final class ShmPlace: Sendable {
    // SAFETY (all of these): names passed to the C library live for the call.

    package let path: String

    package struct Failed: Error { package let code: Int32 }

    package init() throws {
        let parent = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        path = "\(parent)/pks-service-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        guard unsafe mkdir(path, 0o700) == 0 else { throw Failed(code: errno) }
    }

    deinit {
        for name in names() { _ = unsafe unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    /// The names in it, sorted.
    package func names() -> [String] {
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
}
