import Glibc

/// A file without a name for what does not fit in memory. It is gone when its descriptor closes, however the
/// process ends.
final class SpillFile {
    private let descriptor: Int32
    private let directory: String

    init(directory: String) throws(CommandError) {
        let path = "\(directory)/.pks-sort.\(getpid()).tmp"
        var opened: Int32 = -1
        var code: Int32 = 0
        // The name lives only inside this step, which no signal falls into.
        Cleanup.making {
            // SAFETY: the names live for the calls.
            opened = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            code = errno
            if opened >= 0 { _ = unsafe unlink(path) }
            return []
        }
        guard opened >= 0 else {
            throw .failed(
                .cannotCreate, what: directory, why: "no temporary file for sorting: \(errnoText(code))",
                advice: "the output directory must be writable and have room")
        }
        descriptor = opened
        self.directory = directory
    }

    deinit { _ = close(descriptor) }

    /// Writes bytes at an offset.
    func append(_ bytes: [UInt8], at offset: Int) throws(CommandError) {
        var done = 0
        while done < bytes.count {
            // SAFETY: the range from `done` lies inside the array.
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe pwrite(
                    descriptor, all.baseAddress.map { unsafe $0 + done }, all.count - done,
                    off_t(offset + done))
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw failure("write", errno) }
            done += count
        }
    }

    /// Appends exactly `count` bytes from an offset on to `bytes`.
    func read(_ offset: Int, count: Int, into bytes: inout [UInt8]) throws(CommandError) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        var done = 0
        while done < count {
            // SAFETY: the range from start + done to the end lies inside the array.
            let got = unsafe bytes.withUnsafeMutableBytes { all in
                unsafe pread(
                    descriptor, all.baseAddress.map { unsafe $0 + start + done }, count - done,
                    off_t(offset + done))
            }
            if got < 0 && errno == EINTR { continue }
            if got <= 0 { throw failure("read", got == 0 ? EIO : errno) }
            done += got
        }
    }

    private func failure(_ operation: String, _ code: Int32) -> CommandError {
        .failed(
            .inputOutput, what: directory, why: "cannot \(operation) the temporary file: \(errnoText(code))",
            advice: code == ENOSPC ? "free some space" : nil)
    }
}
