import Glibc

/// A directory of a test's own, which goes with its owner and with everything in it. Any thread.
public final class TestDirectory: Sendable {
    /// What no other directory of a test has in its name: for names of books and the like.
    public let tag: String
    /// Where it is.
    public let path: String

    /// Makes it on a disk, or where it is said.
    public init(in parent: String = "/tmp") throws(SystemFailure) {
        tag = "\(getpid())-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
        path = "\(parent)/pks-test-\(tag)"
        try Files.makeDirectory(path)
    }

    /// Makes one where segments, rings and locks are as they are in the world: in shared memory, when there is one.
    public static func inSharedMemory() throws(SystemFailure) -> TestDirectory {
        // SAFETY: the name lives for the call.
        try TestDirectory(in: unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
    }

    deinit { Files.remove(path) }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }

    /// What is in it, sorted.
    public var names: [String] { Files.names(in: path) }

    /// The text of a file in it; empty when there is none.
    public func text(_ name: String) -> String { Files.text(file(name)) }

    /// Makes or replaces a file in it and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws(SystemFailure) -> String {
        try write(name, Array(text.utf8))
    }

    /// The same with any bytes.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) throws(SystemFailure) -> String {
        try Files.write(file(name), bytes)
        return file(name)
    }
}
