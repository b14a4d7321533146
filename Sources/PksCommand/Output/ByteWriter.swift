import Glibc

/// Bytes to a file descriptor, buffered. One thread at a time.
final class ByteWriter {
    /// What the bytes go to, for messages.
    let name: String
    /// Bytes written so far, flushed or not.
    private(set) var byteCount = 0

    private let descriptor: Int32
    private let ownsDescriptor: Bool
    private var buffer: [UInt8] = []
    private static let bufferBytes = 256 * 1024

    /// Writes to an open descriptor, and closes it in the end when it is its own.
    init(descriptor: Int32, name: String, ownsDescriptor: Bool) {
        self.descriptor = descriptor
        self.name = name
        self.ownsDescriptor = ownsDescriptor
    }

    /// Standard output.
    static func standardOutput() -> ByteWriter {
        ByteWriter(descriptor: STDOUT_FILENO, name: "standard output", ownsDescriptor: false)
    }

    deinit {
        if ownsDescriptor { _ = close(descriptor) }
    }

    /// Appends bytes; they are written when enough have come together.
    func write(_ bytes: some Collection<UInt8>) throws(CommandError) {
        buffer.append(contentsOf: bytes)
        byteCount += bytes.count
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func write(_ text: String) throws(CommandError) { try write(Array(text.utf8)) }

    /// Writes everything that was appended. Throws `outputClosed` when a pipe's reader has gone.
    func flush() throws(CommandError) {
        var done = 0
        while done < buffer.count {
            // SAFETY: the range from `done` lies inside the array, which does not change during the call.
            let count = unsafe buffer.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            }
            if count >= 0 {
                done += count
                continue
            }
            let code = errno
            if code == EINTR { continue }
            buffer.removeAll(keepingCapacity: true)
            throw Self.failure(code, name)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Whether the bytes go to a pipe whose reader has gone, seen without writing: a stream that has
    /// nothing to say for a long time should still end with its reader.
    var isAbandoned: Bool {
        var request = pollfd(fd: descriptor, events: 0, revents: 0)
        // SAFETY: one request, which outlives the call; it does not wait.
        let count = unsafe poll(&request, 1, 0)
        return count > 0 && request.revents & Int16(POLLERR) != 0
    }

    private static func failure(_ code: Int32, _ name: String) -> CommandError {
        if code == EPIPE { return .outputClosed }
        let advice = code == ENOSPC || code == EDQUOT ? "free some space" : nil
        return .failed(.inputOutput, what: name, why: "cannot write: \(errnoText(code))", advice: advice)
    }
}

/// A line on standard error, at once. What cannot be written there has nowhere else to go.
func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    var done = 0
    while done < bytes.count {
        // SAFETY: the range from `done` lies inside the array.
        let count = unsafe bytes.withUnsafeBytes { all in
            unsafe Glibc.write(STDERR_FILENO, all.baseAddress.map { unsafe $0 + done }, all.count - done)
        }
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        done += count
    }
}
