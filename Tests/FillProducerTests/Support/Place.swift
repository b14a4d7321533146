import CSeqlock
import FillProducer
import Glibc
import ShmBridge

struct PlaceError: Error {
    let what: String
    let code: Int32
}

/// A directory of its own for one test, for rings and locks, removed with its owner.
struct Place: ~Copyable {
    // SAFETY (all of these): names and buffers passed to the C library live for the call.

    let path: String

    /// On the file system of shared memory where there is one, or under `stated`.
    init(in stated: String? = nil) throws {
        let parent = stated ?? (unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        path = "\(parent)/pks-producer-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        guard unsafe mkdir(path, 0o700) == 0 else { throw PlaceError(what: path, code: errno) }
    }

    deinit {
        for name in Self.names(in: path) { _ = unsafe unlink(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    static func names(in path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        // SAFETY: an entry lives until the next readdir; its name is copied before that.
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    var ringPath: String { path + PKS_RING_PREFIX + "main-p1" }

    func options(records: Int = 8, handles: Int = 4) -> ProducerOptions {
        ProducerOptions(
            book: "main", producer: "p1", recordCapacity: records, handleCapacity: handles,
            shmDirectory: path, runDirectory: path)
    }

    func producer(records: Int = 8, handles: Int = 4) throws -> FillProducer {
        try FillProducer(options(records: records, handles: handles))
    }

    func consumer() throws -> RingConsumer {
        try RingConsumer(book: "main", producer: "p1", segmentEpoch: 7, directory: path)
    }
}

/// All bytes of a file.
func readFile(_ path: String) throws -> [UInt8] {
    // SAFETY: name and buffer outlive the calls.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw PlaceError(what: path, code: errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(file, &chunk, chunk.count)
        if count <= 0 { return bytes }
        bytes += chunk[..<count]
    }
}

/// A file of these bytes and no others.
func writeFile(_ path: String, _ bytes: [UInt8]) throws {
    // SAFETY: name and bytes outlive the calls.
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw PlaceError(what: path, code: errno) }
    defer { close(file) }
    guard unsafe write(file, bytes, bytes.count) == bytes.count else {
        throw PlaceError(what: path, code: errno)
    }
}
