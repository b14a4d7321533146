import Glibc

/// An open file to read from, closed with its owner; or standard input, which stays open. One thread.
struct InputDescriptor: ~Copyable {
    private let number: CInt
    private let path: String
    private let whenWaiting: (() -> Void)?

    /// How often a reader that waits is told so.
    private static let waitMs: CInt = 50

    /// Opens a file, or takes standard input for `-`. `whenWaiting` is called when a pipe or a terminal has
    /// nothing to give yet, at once and then every 50 ms.
    init(path: String, whenWaiting: (() -> Void)? = nil) throws(FeedError) {
        self.path = path
        self.whenWaiting = whenWaiting
        if path == "-" {
            number = 0
            return
        }
        while true {
            // SAFETY: the path lives for the call.
            let opened = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            let code = errno
            if opened >= 0 {
                number = opened
                return
            }
            if code != EINTR { throw .system(operation: "open", path: path, code: code) }
        }
    }

    deinit {
        if number != 0 { _ = close(number) }
    }

    /// The size of a regular file; nil for a pipe, a terminal or anything else.
    var regularFileBytes: Int? {
        var status = stat()
        // SAFETY: `status` outlives the call.
        let isRegular = unsafe fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        return isRegular ? Int(status.st_size) : nil
    }

    /// Returns when there is something to read, or the end, or an error for `read` to find.
    private func awaitInput() {
        guard let whenWaiting, regularFileBytes == nil else { return }
        var waitMs: CInt = 0
        while true {
            var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            // SAFETY: one descriptor, which outlives the call.
            if unsafe poll(&wanted, 1, waitMs) > 0 { return }
            whenWaiting()
            waitMs = InputDescriptor.waitMs
        }
    }

    /// Reads some bytes into `buffer` from `start` on; 0 at the end. A signal does not end it.
    func read(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
        awaitInput()
        while true {
            var code: CInt = 0
            // SAFETY: the range is the end of the array from `start` on, exclusively ours for the call.
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                let free = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
                let count = unsafe Glibc.read(number, free.baseAddress, free.count)
                code = errno
                return count
            }
            if count >= 0 { return count }
            if code != EINTR { throw .system(operation: "read", path: path, code: code) }
        }
    }
}
