import Glibc
import Synchronization

/// Lines of a daemon to a descriptor that may be blocked: a terminal that is held by Ctrl-S, a pipe that nobody
/// empties. Whoever prints holds up what it should do, so a line that finds no room is left out. Any thread.
final class BoundedOutput: Sendable {
    /// Standard error. Does not wait at all: the control thread writes there.
    static let errors = BoundedOutput(STDERR_FILENO, patienceMs: 0)
    /// What a pipe that says that it has room takes at once.
    private static let bytesMax = 4096

    private let descriptor: Int32
    private let patienceMs: Int32
    private let leftOut = Mutex(0)

    /// Waits for room so long, once: after the first line that was left out it waits no more.
    init(_ descriptor: Int32, patienceMs: Int32) {
        self.descriptor = descriptor
        self.patienceMs = patienceMs
    }

    /// A line of text, and before it how many were left out.
    func say(_ text: String) {
        leftOut.withLock { leftOut in
            if leftOut > 0, hasRoom(withinMs: 0) {
                write(Array("pks: \(leftOut) lines were left out, because standard error was blocked".utf8))
                leftOut = 0
            }
            put(Array(text.utf8), &leftOut)
        }
    }

    /// A line of bytes, without its newline.
    func line(_ bytes: [UInt8]) { leftOut.withLock { put(bytes, &$0) } }

    private func put(_ bytes: [UInt8], _ leftOut: inout Int) {
        guard hasRoom(withinMs: leftOut == 0 ? patienceMs : 0) else {
            leftOut += 1
            return
        }
        write(bytes)
    }

    private func hasRoom(withinMs: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // SAFETY: one request, which outlives the call.
        return unsafe poll(&request, 1, withinMs) > 0 && request.revents & Int16(POLLOUT) != 0
    }

    private func write(_ bytes: [UInt8]) {
        let line = bytes.prefix(Self.bytesMax - 1) + [UInt8(ascii: "\n")]
        // SAFETY: the bytes live for the call. What cannot be written has nowhere else to go.
        _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
