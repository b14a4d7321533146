import CJournal
import Glibc
import ShmFiles

/// The file that says how far a book is in its stream. It is replaced as a whole, and durable when `write` returns.
struct IngestPositionFile {
    /// The name of the file in a book's journal directory.
    static let fileName = "nats-ingest"
    /// Longer files are none of ours.
    private static let bytesMax = 64 * 1024

    let directory: String
    private var path: String { directory + "/" + Self.fileName }

    /// What it says; nil when there is no file. Throws `file` when it cannot be believed or read.
    func read() throws(BusError) -> IngestPosition? {
        do throws(SystemError) {
            guard let status = try FileStatus.at(path) else { return nil }
            guard status.isRegularFile, status.byteCount <= Self.bytesMax else {
                throw SystemError("reading the position", path, code: EINVAL)
            }
            let file = try FileHandle(path: path, flags: O_RDONLY)
            var bytes = [UInt8](repeating: 0, count: status.byteCount)
            // SAFETY: the buffer is used inside the closure only; a typed throw leaves through a result.
            let count = try unsafe bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(SystemError) in try unsafe file.read(into: buffer, at: 0) }
            }.get()
            guard count == bytes.count, let position = Self.position(String(decoding: bytes, as: UTF8.self))
            else {
                throw SystemError("reading the position", path, code: EINVAL)
            }
            return position
        } catch {
            throw Self.failure(error)
        }
    }

    /// Puts a position in the place of what is there, and makes it durable. Throws `file`.
    func write(_ position: IngestPosition) throws(BusError) {
        let bytes = Array(Self.text(position).utf8)
        let building = path + ".new"
        do throws(SystemError) {
            let file = try FileHandle(path: building, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try file.setMode(0o600)
            // SAFETY: as above.
            try unsafe bytes.withUnsafeBytes { buffer in
                Result { () throws(SystemError) in try unsafe file.write(buffer, at: 0) }
            }.get()
            if fdatasync(file.descriptor) != 0 { throw SystemError("fdatasync", building) }
            // SAFETY: the names live for the call.
            if unsafe rename(building, path) != 0 { throw SystemError("rename", path) }
            let holder = try FileHandle(path: directory, flags: O_RDONLY | O_DIRECTORY)
            if fsync(holder.descriptor) != 0 { throw SystemError("fsync", directory) }
        } catch {
            throw Self.failure(error)
        }
    }

    private static func failure(_ error: SystemError) -> BusError {
        .file(path: error.object, operation: error.operation, reason: SystemError.text(of: error.code))
    }

    // MARK: - Text

    /// Lines of words, the last a checksum of those before.
    static func text(_ position: IngestPosition) -> String {
        var lines = "pks-nats-ingest 1\nstream \(position.stream) \(position.createdNs)\n"
        lines += "sequence \(position.sequence) \(position.scannedThrough)\n"
        for anchor in position.anchors {
            lines +=
                "anchor \(anchor.sequence) \(anchor.storedNs) \(anchor.checksum) \(anchor.journalSequence)\n"
        }
        return lines + "crc \(checksum(lines))\n"
    }

    /// What `text` gives; nil for anything else.
    static func position(_ text: String) -> IngestPosition? {
        guard text.hasSuffix("\n"), let end = text.dropLast().lastIndex(of: "\n") else { return nil }
        let body = String(text[...end])
        guard text[text.index(after: end)...] == "crc \(checksum(body))\n" else { return nil }
        let lines = body.split(separator: "\n").map { $0.split(separator: " ") }
        guard lines.count >= 3, lines[0] == ["pks-nats-ingest", "1"], lines[1].count == 3,
            lines[1][0] == "stream",
            let createdNs = Int64(lines[1][2]), lines[2].count == 3, lines[2][0] == "sequence",
            let sequence = UInt64(lines[2][1]), let scanned = UInt64(lines[2][2]), scanned >= sequence
        else { return nil }
        var anchors: [IngestAnchor] = []
        for line in lines.dropFirst(3) {
            guard line.count == 5, line[0] == "anchor", let number = UInt64(line[1]),
                let storedNs = Int64(line[2]),
                let checksum = UInt32(line[3]), let journal = UInt64(line[4]),
                number > anchors.last?.sequence ?? 0,
                number <= sequence
            else { return nil }
            anchors.append(
                IngestAnchor(
                    sequence: number, storedNs: storedNs, checksum: checksum, journalSequence: journal))
        }
        return IngestPosition(
            stream: String(lines[1][1]), createdNs: createdNs, sequence: sequence, scannedThrough: scanned,
            anchors: anchors)
    }

    private static func checksum(_ text: String) -> UInt32 { contentChecksum(Array(text.utf8)) }
}

/// CRC-32C of bytes.
func contentChecksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    // SAFETY: the bytes live for the call.
    unsafe pks_crc32c(0, bytes.baseAddress, bytes.count)
}

/// CRC-32C of bytes.
func contentChecksum(_ bytes: [UInt8]) -> UInt32 {
    // SAFETY: the array's own memory, for the call.
    unsafe bytes.withUnsafeBytes { unsafe contentChecksum($0) }
}
