import CSeqlock
package import Glibc

/// What is wrong with a file that should be a segment or a ring.
package enum HeaderFault: Error, Equatable, Sendable {
    case notFound
    case system(SystemError)
    case wrongOwner(uid: UInt32)
    case truncated(neededBytes: Int, actualBytes: Int)
    case wrongMagic
    case wrongVersion(major: Int, minor: Int)
    case wrongLayout
    case invalid(field: String)

    /// The fault in words, without the file's name.
    package var text: String {
        switch self {
        case .notFound: "does not exist"
        case .system(let error): "\(error.operation) failed: \(SystemError.text(of: error.code))"
        case .wrongOwner(let uid): "belongs to uid \(uid), which is neither this user, root nor one allowed"
        case .truncated(let needed, let actual): "is cut short: \(actual) bytes of \(needed)"
        case .wrongMagic: "is not a file of pks"
        case .wrongVersion(let major, let minor):
            "has ABI \(major).\(minor), this program has \(PKS_ABI_MAJOR).\(PKS_ABI_MINOR)"
        case .wrongLayout: "was written by a build with another memory layout"
        case .invalid(let field): "has an impossible \(field) in its header"
        }
    }
}

/// The checks that a segment and a ring have in common. Both headers begin with the same six fields.
package enum HeaderCheck {
    /// The file of a segment or ring, open and checked as far as both kinds go.
    package struct Checked<Header: BitwiseCopyable>: ~Copyable {
        package let file: FileHandle
        package let header: Header
        package let status: FileStatus

        /// The open file, for keeping.
        package consuming func takeFile() -> FileHandle { file }
    }

    /// Opens `path` and reads and checks its header, by read(2) so that a file cut short meanwhile cannot
    /// raise a signal. Owners other than this user and root must be in `allowedOwners`.
    package static func open<Header: BitwiseCopyable>(
        path: String, flags: Int32, magic: UInt64, empty: Header, allowedOwners: [uid_t] = []
    ) throws(HeaderFault) -> Checked<Header> {
        let file: FileHandle
        do throws(SystemError) {
            // O_NONBLOCK: a fifo under the name must not hang the attach. No effect on regular files.
            file = try FileHandle(path: path, flags: flags | O_NONBLOCK)
        } catch {
            throw error.code == ENOENT ? .notFound : .system(error)
        }
        let status: FileStatus
        do throws(SystemError) { status = try file.status() } catch { throw .system(error) }
        guard status.isRegularFile else { throw .wrongMagic }
        guard status.owner == geteuid() || status.owner == 0 || allowedOwners.contains(status.owner) else {
            throw .wrongOwner(uid: status.owner)
        }
        var header = empty
        var prefix = Prefix()
        let headerBytes: Int
        do throws(SystemError) {
            headerBytes = try readBytes(of: &header, from: file)
            _ = try readBytes(of: &prefix, from: file)
        } catch {
            throw .system(error)
        }
        try check(prefix, magic: magic, headerBytes: MemoryLayout<Header>.size, status)
        guard headerBytes == MemoryLayout<Header>.size else {
            throw .truncated(neededBytes: Int(PKS_PAGE_BYTES), actualBytes: status.byteCount)
        }
        return Checked(file: file, header: header, status: status)
    }

    private static func check(
        _ prefix: Prefix, magic: UInt64, headerBytes: Int, _ status: FileStatus
    ) throws(HeaderFault) {
        guard status.byteCount >= MemoryLayout<Prefix>.size else {
            throw .truncated(neededBytes: Int(PKS_PAGE_BYTES), actualBytes: status.byteCount)
        }
        guard prefix.magic == magic else { throw .wrongMagic }
        guard prefix.abiMajor == UInt16(PKS_ABI_MAJOR) else {
            throw .wrongVersion(major: Int(prefix.abiMajor), minor: Int(prefix.abiMinor))
        }
        guard prefix.layoutHash == pks_layout_hash() else { throw .wrongLayout }
        guard prefix.headerBytes == UInt32(headerBytes) else { throw .invalid(field: "header_bytes") }
        guard let totalBytes = Int(exactly: prefix.totalBytes), totalBytes >= Int(PKS_PAGE_BYTES) else {
            throw .invalid(field: "size")
        }
        guard status.byteCount >= totalBytes else {
            throw .truncated(neededBytes: totalBytes, actualBytes: status.byteCount)
        }
    }

    /// The first fields of both headers; the asserts of CSeqlock and a test hold them in place.
    private struct Prefix: BitwiseCopyable {
        var magic: UInt64 = 0
        var abiMajor: UInt16 = 0
        var abiMinor: UInt16 = 0
        var headerBytes: UInt32 = 0
        var layoutHash: UInt64 = 0
        var totalBytes: UInt64 = 0
    }

    private static func readBytes<Value: BitwiseCopyable>(
        of value: inout Value, from file: borrowing FileHandle
    ) throws(SystemError) -> Int {
        // SAFETY: the bytes of `value` are exclusively ours for the closure.
        let result = unsafe withUnsafeMutableBytes(of: &value) { bytes in
            Result { () throws(SystemError) in try unsafe file.read(into: bytes, at: 0) }
        }
        return try result.get()
    }
}
