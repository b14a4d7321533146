import CTestSupport
import Glibc

/// A pipe for the standard input of a process: it stays open until this value goes, so that the process waits
/// for more.
public final class InputPipe {
    /// What the process reads from.
    let readEnd: Int32
    private let writeEnd: Int32

    /// Makes an empty pipe.
    public init() throws(SystemFailure) {
        var ends: [Int32] = [0, 0]
        // SAFETY: the array has room for both ends.
        if unsafe test_pipe(&ends) != 0 { throw SystemFailure("pipe", code: errno) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Writes all of it, waiting for the process to read when the pipe is full.
    public func write(_ text: String) throws(SystemFailure) {
        try Files.write(writeEnd, Array(text.utf8), what: "pipe")
    }

    deinit {
        _ = close(readEnd)
        _ = close(writeEnd)
    }
}
