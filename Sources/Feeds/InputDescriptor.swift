import Glibc

/// An open file to read from, closed with its owner; or standard input, which stays open. One thread.
struct InputDescriptor: ~Copyable {
    private let number: CInt
    private let path: String

    /// Opens a file, or takes standard input for `-`.
    init(path: String) throws(FeedError) {
        self.path = path
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

    /// Reads some bytes into `buffer` from `start` on; 0 at the end. A signal does not end it.
    func read(into buffer: inout [UInt8], from start: Int) throws(FeedError) -> Int {
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
