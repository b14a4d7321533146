import Glibc

/// How many fills input can have: what a book's memory is bounded by when nobody states a bound. The memory
/// is only reserved, but the table of identities is touched all over, so the bound should not be far off.
enum InputSize {
    static let rowsMin = 1 << 10
    static let rowsMax = 1 << 26
    /// Of what has no size, such as a pipe.
    static let rowsOfPipe = 1 << 24

    /// Files up to this size are looked through for line ends, at memory speed; larger ones are taken for
    /// `rowsMax`, as bounds beyond that are for the user to state.
    private static let countedBytesMax = 4 << 30
    /// A FIX log may have several messages a line, but no fill that is shorter.
    private static let messageBytesMin = 64
    /// Fills do not compress below this: the ids alone take more. Measured on real files: 11.
    private static let compressedRowBytesMin = 4

    /// A bound on the rows of all files together.
    static func rowsMax(of files: [String]) -> Int {
        var rows = 0
        for file in files { rows += Self.rows(of: file) }
        return min(max(rows, rowsMin), rowsMax)
    }

    private static func rows(of path: String) -> Int {
        var status = stat()
        // SAFETY: name and status outlive the call.
        guard path != "-", unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return rowsOfPipe
        }
        let bytes = Int(status.st_size)
        if bytes > countedBytesMax { return rowsMax }
        // SAFETY: the name lives for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { _ = close(descriptor) }
        var chunk = [UInt8](repeating: 0, count: min(1 << 18, max(2, bytes)))
        var lineEnds = 0
        var isFirst = true
        while true {
            let count = readChunk(descriptor, into: &chunk)
            if isFirst, count >= 2, chunk[0] == 0x1f, chunk[1] == 0x8b {
                return bytes / compressedRowBytesMin + 1
            }
            if count <= 0 { break }
            isFirst = false
            lineEnds += countLineEnds(chunk, count)
        }
        return max(lineEnds + 1, bytes / messageBytesMin)
    }

    private static func readChunk(_ descriptor: Int32, into chunk: inout [UInt8]) -> Int {
        while true {
            // SAFETY: the array's storage lives for the call, which stays inside it.
            let count = unsafe chunk.withUnsafeMutableBytes { bytes in
                unsafe read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func countLineEnds(_ chunk: [UInt8], _ count: Int) -> Int {
        let bytes = chunk.span
        var lineEnds = 0
        for index in 0..<count where bytes[index] == UInt8(ascii: "\n") { lineEnds += 1 }
        return lineEnds
    }
}
