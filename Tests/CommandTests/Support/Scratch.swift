import Foundation
import Glibc
import TestSupport
import Testing

/// A directory and a book name of one test's own. What they leave behind goes with this value.
struct Scratch: ~Copyable {
    // SAFETY (all of these): names passed to the C library live for the call.

    let path: String
    /// A book that no other test has.
    let book: String
    let runDirectory: String

    init() throws {
        let number = UInt64.random(in: 0...UInt64.max)
        path = "/tmp/pks-command-test-\(getpid())-\(number)"
        book = "ct-\(getpid())-\(number)"
        runDirectory = path + "/run"
        for directory in [path, runDirectory] where unsafe mkdir(directory, 0o700) != 0 {
            throw SystemFailure(directory, code: errno)
        }
    }

    deinit {
        Self.removeTree(path)
        for name in Self.names(in: "/dev/shm") where name.contains(book) {
            _ = unsafe unlink("/dev/shm/" + name)
        }
    }

    /// The path of a file in here.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = file(name)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(path, code: errno) }
        defer { _ = close(descriptor) }
        let written = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == bytes.count else { throw SystemFailure(path, code: errno) }
        return path
    }

    /// The text of a file in here; empty when there is none.
    func text(_ name: String) -> String { Self.read(file(name)) }

    /// The rows of a CSV file in here whose fields have no quotes, without the header.
    func rows(_ name: String) -> [[String]] {
        text(name).split(separator: "\n").dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
    }

    /// Names in shared memory that belong to this test's books.
    func sharedMemory() -> [String] { Self.names(in: "/dev/shm").filter { $0.contains(book) }.sorted() }

    static func read(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    static func bytes(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { _ = close(descriptor) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count <= 0 { return all }
            all.append(contentsOf: chunk[..<count])
        }
    }

    static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func removeTree(_ path: String) {
        for name in names(in: path) { removeTree(path + "/" + name) }
        _ = unsafe remove(path)
    }
}

/// The path of a file in this target's Fixtures.
func fixture(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: "Fixtures/" + name, ofType: nil))
}
