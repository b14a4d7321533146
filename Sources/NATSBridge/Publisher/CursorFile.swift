import Glibc
import ShmFiles

/// The file of a publisher's cursor: written under another name, made durable, and renamed, so that there is always the
/// whole of the last one or of the one before.
public struct CursorFile: Sendable {
    /// Where it is.
    public let path: String
    private static let byteCountMax = 65_536

    /// The file in a book's journal directory.
    public init(journal: String) { path = journal + "/" + PublisherCursor.fileName }

    /// What it has; nil when there is no file. Throws `file` when it cannot be read, or is not whole.
    public func read() throws(BusError) -> PublisherCursor? {
        var bytes: [UInt8] = []
        do throws(SystemError) {
            if try FileStatus.at(path) == nil { return nil }
            let file = try FileHandle(path: path, flags: O_RDONLY)
            bytes = [UInt8](repeating: 0, count: min(Self.byteCountMax, try file.status().byteCount))
            // SAFETY: the array's own memory.
            let got = unsafe bytes.withUnsafeMutableBytes { bytes in
                Result { () throws(SystemError) in unsafe try file.read(into: bytes, at: 0) }
            }
            if try got.get() < bytes.count { throw SystemError("read", path, code: ENODATA) }
        } catch { throw Self.failure(error) }
        guard let cursor = PublisherCursor(text: String(decoding: bytes, as: UTF8.self)) else {
            throw .file(
                path: path, operation: "reading",
                reason: "it is not whole (move it away: what is on the bus is then looked up in the streams)")
        }
        return cursor
    }

    /// Puts a cursor in its place, durably. Throws `file`; the old one is there then.
    public func write(_ cursor: PublisherCursor) throws(BusError) {
        let building = path + ".building"
        let bytes = Array(cursor.text.utf8)
        do throws(SystemError) {
            let file = try FileHandle(path: building, flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o600)
            // SAFETY: the array's own memory.
            let written = unsafe bytes.withUnsafeBytes { bytes in
                Result { () throws(SystemError) in unsafe try file.write(bytes, at: 0) }
            }
            try written.get()
            _ = try retryingInterrupts("fdatasync", building) { Int(fdatasync(file.descriptor)) }
            try Paths.rename(building, to: path)
            let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            let directory = try FileHandle(path: folder, flags: O_RDONLY | O_DIRECTORY)
            _ = try retryingInterrupts("fsync", folder) { Int(fsync(directory.descriptor)) }
        } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: SystemError) -> BusError {
        .file(path: error.object, operation: error.operation, reason: SystemError.text(of: error.code))
    }
}
