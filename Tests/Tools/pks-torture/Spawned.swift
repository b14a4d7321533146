import CTorture
import Glibc
import ShmBridge

/// Writes one line to standard output at once: whoever waits for it must not wait for a buffer to fill.
func say(_ line: String) {
    var text = line + "\n"
    // SAFETY: the bytes live for the closure.
    text.withUTF8 { bytes in _ = unsafe write(1, bytes.baseAddress, bytes.count) }
}

/// Another process of this same program, with its output on a pipe.
struct Spawned {
    private let pid: pid_t
    private let output: Int32

    init(_ arguments: [String]) throws {
        // SAFETY: the texts live until posix_spawn has copied them; descriptors are checked.
        var ends: [Int32] = [0, 0]
        guard unsafe torture_pipe(&ends) == 0 else { throw Self.failure("pipe") }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var texts = unsafe (["pks-torture"] + arguments).map { unsafe strdup($0) }
        unsafe texts.append(nil)
        defer { unsafe texts.forEach { text in unsafe free(text) } }
        var pid = pid_t()
        let code = unsafe posix_spawn(&pid, "/proc/self/exe", &actions, nil, &texts, environ)
        close(ends[1])
        guard code == 0 else { throw ShmError.system(code: code, operation: "posix_spawn", object: "self") }
        self.pid = pid
        output = ends[0]
    }

    /// Waits for the first bytes of output; false when the process ended without any.
    func waitForLine() -> Bool {
        // SAFETY: the byte is a local.
        var byte: UInt8 = 0
        return unsafe read(output, &byte, 1) == 1
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        close(output)
    }

    private static func failure(_ operation: String) -> ShmError {
        .system(code: errno, operation: operation, object: "pks-torture")
    }
}
