import Glibc
import TestSupport

/// Changes files behind the back of those who have mapped them.
enum FilePatch {
    // SAFETY (all of these): what is passed by address lives for the call.

    static func write<Value: BitwiseCopyable>(_ value: Value, at offset: Int, of path: String) throws {
        let file = unsafe open(path, O_WRONLY)
        defer { close(file) }
        let count = unsafe withUnsafeBytes(of: value) { bytes in
            unsafe pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count == MemoryLayout<Value>.size else { throw SystemFailure(path, code: errno) }
    }

    static func read<Value: BitwiseCopyable>(_ value: Value, at offset: Int, of path: String) throws -> Value
    {
        let file = unsafe open(path, O_RDONLY)
        defer { close(file) }
        var value = value
        let count = unsafe withUnsafeMutableBytes(of: &value) { bytes in
            unsafe pread(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count == MemoryLayout<Value>.size else { throw SystemFailure(path, code: errno) }
        return value
    }

    static func truncate(_ path: String, to byteCount: Int) throws {
        guard unsafe Glibc.truncate(path, off_t(byteCount)) == 0 else {
            throw SystemFailure(path, code: errno)
        }
    }
}
