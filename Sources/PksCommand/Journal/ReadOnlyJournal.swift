import Glibc
import Journal
import ShmFiles

/// A journal's directory for looking only: takes no lock, makes nothing, changes nothing.
final class ReadOnlyJournal: JournalDirectory {
    let path: String

    init(_ path: String) { self.path = path }

    func names() throws(JournalError) -> [String] {
        do throws(SystemError) { return try Paths.names(in: path) } catch { throw Self.error(error) }
    }

    func open(_ name: String) throws(JournalError) -> any JournalFile {
        do throws(SystemError) {
            let handle = try FileHandle(path: "\(path)/\(name)", flags: O_RDONLY)
            return ReadOnlyFile(name: name, byteCount: try handle.status().byteCount, handle)
        } catch {
            throw Self.error(error)
        }
    }

    func create(
        _ name: String, byteCount: Int, first: UnsafeRawBufferPointer
    ) throws(JournalError) -> any JournalFile { throw refusal("create", name) }

    func remove(_ name: String) throws(JournalError) { throw refusal("unlink", name) }

    private func refusal(_ operation: String, _ name: String) -> JournalError {
        .system(code: EROFS, operation: operation, object: "\(path)/\(name)")
    }

    static func error(_ error: SystemError) -> JournalError {
        .system(code: error.code, operation: error.operation, object: error.object)
    }
}

/// A file of such a directory.
private final class ReadOnlyFile: JournalFile {
    let name: String
    let byteCount: Int
    private let handle: FileHandle

    init(name: String, byteCount: Int, _ handle: consuming FileHandle) {
        self.name = name
        self.byteCount = byteCount
        self.handle = handle
    }

    func commit(_ writes: [JournalWrite]) throws(JournalError) {
        throw .system(code: EROFS, operation: "pwrite", object: handle.path)
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(JournalError) -> Int {
        // SAFETY: the caller's buffer lives for the call.
        do throws(SystemError) { return unsafe try handle.read(into: buffer, at: offset) } catch {
            throw ReadOnlyJournal.error(error)
        }
    }
}
