import Glibc

/// How many rows input can have, from its size alone: what a book's memory is bounded by when nobody states
/// a bound. The memory is only reserved; what is not used is never taken.
enum InputSize {
    static let rowsMin = 1 << 16
    static let rowsMax = 1 << 26
    /// Of what has no size, such as a pipe.
    static let rowsOfPipe = 1 << 24
    /// No row with all required fields is shorter.
    private static let rowBytesMin = 12
    /// Fills compress to no less than this in practice, measured at 30 and more.
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
        return Int(status.st_size) / (path.hasSuffix(".gz") ? compressedRowBytesMin : rowBytesMin) + 1
    }
}
