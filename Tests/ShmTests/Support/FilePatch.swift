import Glibc
import Testing

/// Changes files behind the back of those who have mapped them.
enum FilePatch {
    // SAFETY (all of these): what is passed by address lives for the call.

    static func write<Value: BitwiseCopyable>(_ value: Value, at offset: Int, of path: String) throws {
        let file = unsafe open(path, O_WRONLY)
        defer { close(file) }
        let count = unsafe withUnsafeBytes(of: value) { bytes in
            unsafe pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count == MemoryLayout<Value>.size else { throw ScratchError(code: errno) }
    }

    static func read<Value: BitwiseCopyable>(_ value: Value, at offset: Int, of path: String) throws -> Value
    {
        let file = unsafe open(path, O_RDONLY)
        defer { close(file) }
        var value = value
        let count = unsafe withUnsafeMutableBytes(of: &value) { bytes in
            unsafe pread(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count == MemoryLayout<Value>.size else { throw ScratchError(code: errno) }
        return value
    }

    static func bytes(of path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: size(of: path))
        let count = unsafe pread(file, &bytes, bytes.count, 0)
        guard count == bytes.count else { throw ScratchError(code: errno) }
        return bytes
    }

    static func create(_ path: String, _ bytes: [UInt8]) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o640)
        defer { close(file) }
        let count = unsafe Glibc.write(file, bytes, bytes.count)
        guard count == bytes.count else { throw ScratchError(code: errno) }
    }

    static func truncate(_ path: String, to byteCount: Int) throws {
        guard unsafe Glibc.truncate(path, off_t(byteCount)) == 0 else { throw ScratchError(code: errno) }
    }

    static func size(of path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : -1
    }

    static func mode(of path: String) -> mode_t {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }
}
