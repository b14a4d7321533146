import Glibc

/// What a run of the command gave.
struct PksResult {
    let status: Int32
    let output: String
    let errors: String

    var outputLines: [String] { output.split(separator: "\n").map { String($0) } }
}

struct SpawnError: Error {
    let what: String
    let code: Int32
}

/// The built `pks`, run as a process of its own.
enum Pks {
    /// The build puts the program next to the tests.
    static let path: String = {
        var bytes = [CChar](repeating: 0, count: 4096)
        // SAFETY: the array is the call's for its length.
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/pks"
    }()

    /// Runs a command line to its end. `input` is a file for standard input; without one it is empty.
    static func run(
        _ arguments: [String], in scratch: borrowing Scratch, input: String? = nil,
        environment: [String: String] = [:]
    ) throws -> PksResult {
        let process = try PksProcess(arguments, in: scratch, input: input, environment: environment)
        let status = process.wait()
        return PksResult(status: status, output: process.outputSoFar(), errors: process.errorsSoFar())
    }

    /// Runs a line of bash to its end.
    static func runShell(_ line: String, in scratch: borrowing Scratch) throws -> PksResult {
        let process = try PksProcess(["-c", line], in: scratch, program: "/bin/bash")
        let status = process.wait()
        return PksResult(status: status, output: process.outputSoFar(), errors: process.errorsSoFar())
    }
}

/// A running `pks`, with its output in files of the scratch directory.
final class PksProcess {
    let pid: pid_t
    private let outputPath: String
    private let errorsPath: String
    private var status: Int32?

    init(
        _ arguments: [String], in scratch: borrowing Scratch, input: String? = nil, pipe: InputPipe? = nil,
        environment: [String: String] = [:], program: String = Pks.path
    ) throws {
        let number = UInt32.random(in: 0...UInt32.max)
        outputPath = scratch.file("out.\(number)")
        errorsPath = scratch.file("err.\(number)")
        var variables = ["PKS_RUN_DIR": scratch.runDirectory, "PATH": "/usr/bin:/bin"]
        variables.merge(environment) { $1 }
        pid = try Self.spawn(
            [program] + arguments, variables.map { "\($0)=\($1)" }, input ?? "/dev/null", pipe, outputPath,
            errorsPath)
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], _ input: String, _ pipe: InputPipe?, _ output: String,
        _ errors: String
    ) throws -> pid_t {
        // SAFETY (all of this function): every C string and the actions live until after the spawn.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC
        if let pipe {
            unsafe posix_spawn_file_actions_adddup2(&actions, pipe.readEnd, STDIN_FILENO)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, create, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, create, 0o600)
        // A thread of the test runner blocks most signals, and a child would inherit that; a shell blocks none.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw SpawnError(what: arguments[0], code: code) }
        return pid
    }

    /// Waits for the end; the exit status, or 1000 + the signal that ended it.
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        // SAFETY: the status outlives the call.
        while unsafe waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let ended = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 1000 + (raw & 0x7f)
        status = ended
        return ended
    }

    /// Whether the process is no more. Does not wait.
    var hasEnded: Bool {
        if status != nil { return true }
        var raw: Int32 = 0
        // SAFETY: the status outlives the call.
        guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return false }
        status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 1000 + (raw & 0x7f)
        return true
    }

    /// Sends a signal, as a terminal or a service manager would.
    func signal(_ number: Int32) { _ = kill(pid, number) }

    func outputSoFar() -> String { Scratch.read(outputPath) }
    func errorsSoFar() -> String { Scratch.read(errorsPath) }

    /// Looks again and again until standard output satisfies a condition; false when the process ends first.
    func awaitOutput(_ isThere: (String) -> Bool) -> Bool {
        awaitCondition { isThere(self.outputSoFar()) }
    }

    func awaitErrors(_ isThere: (String) -> Bool) -> Bool {
        awaitCondition { isThere(self.errorsSoFar()) }
    }

    func awaitCondition(_ holds: () -> Bool) -> Bool {
        while true {
            if holds() { return true }
            if hasEnded { return holds() }
            sched_yield()
        }
    }

    deinit {
        if status == nil {
            _ = kill(pid, SIGKILL)
            _ = wait()
        }
    }
}
