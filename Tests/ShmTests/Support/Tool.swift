import CTorture
import Glibc
import Testing

/// The pks-torture program as another process: its lines of output, its end, its stops. Killed with its
/// owner.
struct Tool: ~Copyable {
    // SAFETY (all of these): texts and buffers passed by address live for the call; descriptors are this
    // value's own until deinit.

    let pid: pid_t
    private let input: Int32
    private let output: Int32
    private var hasEnded = false
    private var pending: [UInt8] = []

    /// Built next to the test program.
    static var path: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/pks-torture"
    }

    init(_ arguments: String..., command: [String] = [Tool.path]) throws {
        var outputEnds: [Int32] = [0, 0]
        var inputEnds: [Int32] = [0, 0]
        guard unsafe torture_pipe(&outputEnds) == 0, unsafe torture_pipe(&inputEnds) == 0 else {
            throw ScratchError(code: errno)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, outputEnds[1], 1)
        var texts = unsafe (command + arguments).map { unsafe strdup($0) }
        unsafe texts.append(nil)
        defer { unsafe texts.forEach { text in unsafe free(text) } }
        var pid = pid_t()
        let code = unsafe posix_spawnp(&pid, command[0], &actions, nil, &texts, environ)
        close(outputEnds[1])
        close(inputEnds[0])
        guard code == 0 else { throw ScratchError(code: code) }
        self.pid = pid
        input = inputEnds[1]
        output = outputEnds[0]
    }

    deinit {
        if !hasEnded {
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(input)
        close(output)
    }

    /// The next line of output; nil when there is no more.
    mutating func line() -> String? {
        while true {
            if let end = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                return line
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(output, &bytes, bytes.count)
            if count <= 0 { return nil }
            pending.append(contentsOf: bytes.prefix(count))
        }
    }

    func signal(_ signal: Int32) { Glibc.kill(pid, signal) }

    /// Waits until the process has stopped itself.
    func waitUntilStopped() -> Bool {
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WUNTRACED) == pid else { return false }
        return status & 0xff == 0x7f
    }

    /// Waits for the end: the exit status, or the negative number of the signal that ended it.
    mutating func waitForEnd() -> Int32 {
        var status: Int32 = 0
        guard !hasEnded, unsafe waitpid(pid, &status, 0) == pid else { return Int32.min }
        hasEnded = true
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }
}

/// The figures of a line of name=value pairs.
func figures(_ line: String) -> [String: UInt64] {
    var figures: [String: UInt64] = [:]
    for pair in line.split(separator: " ") {
        let parts = pair.split(separator: "=")
        if parts.count == 2 { figures[String(parts[0])] = UInt64(parts[1]) }
    }
    return figures
}

/// How many processors this process may run on.
func processorCount() -> Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
