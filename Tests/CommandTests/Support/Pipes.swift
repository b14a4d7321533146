import Glibc

/// A pipe for the standard input of a process: it stays open until this value goes, so that the process waits
/// for more.
final class InputPipe {
    /// What the process reads from.
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        // SAFETY: the array has room for both ends.
        if unsafe pipe(&ends) != 0 { throw SpawnError(what: "pipe", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            // SAFETY: the range from `done` lies inside the array.
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.write(
                    writeEnd, all.baseAddress.map { unsafe $0 + done }, all.count - done)
            }
            if count < 0 { throw SpawnError(what: "pipe", code: errno) }
            done += count
        }
    }

    deinit {
        _ = close(readEnd)
        _ = close(writeEnd)
    }
}
