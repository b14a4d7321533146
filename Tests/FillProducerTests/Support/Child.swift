import CTorture
import Glibc

/// Another process with its output on a pipe, killed with its owner.
struct Child: ~Copyable {
    // SAFETY (all of these): texts and buffers passed by address live for the call.

    let pid: pid_t
    private let output: Int32
    private var hasEnded = false
    private var pending: [UInt8] = []

    /// The directory of the test program, next to which other products are built.
    static var products: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    /// Runs `words` with these variables besides PATH. Standard error goes to standard output when it is wanted.
    init(_ words: [String], environment: [String: String] = [:], withErrors: Bool = false) throws {
        var ends: [Int32] = [0, 0]
        guard unsafe torture_pipe(&ends) == 0 else { throw PlaceError(what: "pipe", code: errno) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        if withErrors { unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2) }
        var path = "/usr/bin:/bin"
        if let stated = unsafe getenv("PATH") { path = unsafe String(cString: stated) }
        var texts = unsafe words.map { unsafe strdup($0) } + [nil]
        let settings = ["PATH=" + path] + environment.map { "\($0)=\($1)" }
        var variables = unsafe settings.map { unsafe strdup($0) } + [nil]
        defer { unsafe (texts + variables).forEach { text in unsafe free(text) } }
        var pid = pid_t()
        let code = unsafe posix_spawnp(&pid, words[0], &actions, nil, &texts, &variables)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw PlaceError(what: words[0], code: code)
        }
        self.pid = pid
        output = ends[0]
    }

    deinit {
        if !hasEnded {
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
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

    /// All that is still to come, for a message.
    mutating func rest() -> String {
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    /// Waits until the process has stopped itself; false when it has ended.
    func waitUntilStopped() -> Bool {
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WUNTRACED) == pid else { return false }
        return status & 0xff == 0x7f
    }

    /// Whether it is no more. Does not wait.
    mutating func isGone() -> Bool {
        var status: Int32 = 0
        if !hasEnded, unsafe waitpid(pid, &status, WNOHANG) == pid { hasEnded = true }
        return hasEnded
    }

    mutating func kill() {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        hasEnded = true
    }

    /// Waits for the end: the exit status, or the negative number of the signal that ended it.
    mutating func waitForEnd() -> Int32 {
        var status: Int32 = 0
        guard !hasEnded, unsafe waitpid(pid, &status, 0) == pid else { return Int32.min }
        hasEnded = true
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }
}

/// Whether a program can be run here.
func hasCommand(_ name: String) -> Bool {
    guard var probe = try? Child([name, "--version"], withErrors: true) else { return false }
    _ = probe.rest()
    return probe.waitForEnd() == 0
}
