import CTestSupport
public import Glibc

/// Another process: what it says, its stops, its end. Killed with its owner, with what it has started itself.
///
/// It begins with no signal blocked: a thread of the test runner blocks most of them, and a child would inherit that.
/// When this process is killed before it can let go of the other, that one stays, unless it ends with its standard
/// input (`.pipe`) or asks for it itself: Linux can end a child with its parent (PR_SET_PDEATHSIG), but only the child
/// can ask, and what counts is the *thread* that started it, which in a test is one of a pool that come and go.
///
/// One thread at a time.
public final class Subprocess {
    /// Where standard input comes from.
    public enum Input {
        case empty
        case file(String)
        case pipe(InputPipe)
    }

    /// Where standard output or standard error goes.
    public enum Output {
        /// Where this process's own goes.
        case inherited
        /// To `line()`; when both go there, they come in the order of their writing.
        case pipe
        /// To a file, which is made or replaced.
        case file(String)
    }

    /// Its number; another process may have it once the end has been waited for.
    public let pid: pid_t
    private let inputPipe: InputPipe?
    private let outputPath: String?
    private let errorsPath: String?
    private let readEnd: Int32
    private var pending: [UInt8] = []
    private var endStatus: Int32?

    /// Starts `command`, a path or a name to look for in PATH, and its arguments. It sees the variables of
    /// `environment`, and PATH as it is here when that states none; without an environment, all that this process sees.
    public init(
        _ command: [String], environment: [String: String]? = nil, input: Input = .empty,
        output: Output = .pipe, errors: Output = .inherited
    ) throws(SystemFailure) {
        // SAFETY (all of this function): texts, actions and attributes live until posix_spawnp has copied them.
        var ends: [Int32] = [-1, -1]
        guard unsafe test_pipe(&ends) == 0 else { throw SystemFailure("pipe", code: errno) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .empty: unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        case .file(let path):
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDONLY, 0)
        case .pipe(let pipe): unsafe posix_spawn_file_actions_adddup2(&actions, pipe.readEnd, STDIN_FILENO)
        }
        for (target, number) in [(output, STDOUT_FILENO), (errors, STDERR_FILENO)] {
            switch target {
            case .inherited: break
            case .pipe: unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], number)
            case .file(let path):
                unsafe posix_spawn_file_actions_addopen(
                    &actions, number, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            }
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = unsafe command.map { unsafe strdup($0) } + [nil]
        let settings = environment.map { Self.withPath($0).map { "\($0)=\($1)" } } ?? []
        var variables = unsafe settings.map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code =
            environment == nil
            ? unsafe posix_spawnp(&pid, command[0], &actions, &attributes, &words, environ)
            : unsafe posix_spawnp(&pid, command[0], &actions, &attributes, &words, &variables)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw SystemFailure(command[0], code: code)
        }
        self.pid = pid
        readEnd = ends[0]
        if case .pipe(let pipe) = input { inputPipe = pipe } else { inputPipe = nil }
        if case .file(let path) = output { outputPath = path } else { outputPath = nil }
        if case .file(let path) = errors { errorsPath = path } else { errorsPath = nil }
    }

    /// The same, with its output in the files NAME.out and NAME.err of a directory.
    public convenience init(
        _ command: [String], named name: String, in directory: String, environment: [String: String]? = nil,
        input: Input = .empty
    ) throws(SystemFailure) {
        try self.init(
            command, environment: environment, input: input, output: .file("\(directory)/\(name).out"),
            errors: .file("\(directory)/\(name).err"))
    }

    private static func withPath(_ environment: [String: String]) -> [String: String] {
        // SAFETY: getenv returns NULL or text that ends in NUL; tests do not change the environment.
        guard environment["PATH"] == nil, let path = unsafe getenv("PATH") else { return environment }
        return unsafe environment.merging(["PATH": String(cString: path)]) { $1 }
    }

    deinit {
        kill()
        close(readEnd)
    }

    /// The path of another product of this build: it lies next to this program.
    public static func product(_ name: String) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        // SAFETY: the array is the call's for its length.
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return program.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/" + name
    }
}

// MARK: - What it says

extension Subprocess {
    /// The next line from the pipe, when one comes; nil when there is no more.
    public func line() -> String? {
        while true {
            if let end = pending.firstIndex(of: 10) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                return line
            }
            var bytes = [UInt8](repeating: 0, count: 4096)
            // SAFETY: the array is the call's for its length.
            let count = unsafe read(readEnd, &bytes, bytes.count)
            if count <= 0 { return nil }
            pending.append(contentsOf: bytes.prefix(count))
        }
    }

    /// All lines that are still to come from the pipe.
    public func rest() -> String {
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    /// What is in the file of standard output by now; empty when there is no such file.
    public func outputSoFar() -> String { outputPath.map { Files.text($0) } ?? "" }

    /// What is in the file of standard error by now; empty when there is no such file.
    public func errorsSoFar() -> String { errorsPath.map { Files.text($0) } ?? "" }

    /// Looks again and again until standard output, a file, satisfies a condition; false when the process ends first.
    public func awaitOutput(_ isThere: (String) -> Bool) -> Bool {
        awaitCondition { isThere(outputSoFar()) }
    }

    /// The same for standard error.
    public func awaitErrors(_ isThere: (String) -> Bool) -> Bool {
        awaitCondition { isThere(errorsSoFar()) }
    }

    /// The same for any condition.
    public func awaitCondition(_ holds: () -> Bool) -> Bool {
        while true {
            if holds() { return true }
            if !isRunning { return holds() }
            sched_yield()
        }
    }
}

// MARK: - Its life

extension Subprocess {
    /// Whether it is not at its end. Does not wait.
    public var isRunning: Bool {
        if endStatus == nil { reap(WNOHANG) }
        return endStatus == nil
    }

    /// Waits for the end: the exit status, or the negative number of the signal that ended it.
    @discardableResult
    public func wait() -> Int32 {
        while true {
            if let endStatus { return endStatus }
            reap(0)
        }
    }

    /// Waits until the process has stopped itself; false when it has ended.
    public func waitUntilStopped() -> Bool {
        endStatus == nil && reap(WUNTRACED) & 0xff == 0x7f
    }

    /// Sends a signal, as a terminal or a service manager would.
    public func signal(_ number: Int32) {
        if endStatus == nil { _ = Glibc.kill(pid, number) }
    }

    /// Ends it at once, with the processes that it has started.
    public func kill() {
        guard isRunning else { return }
        for child in children { _ = Glibc.kill(child, SIGKILL) }
        signal(SIGKILL)
        wait()
    }

    /// The processes that it has started and that still run.
    public var children: [pid_t] {
        guard endStatus == nil else { return [] }
        return Files.text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { pid_t($0) }
    }

    /// Resident memory of a process, bytes; 0 when it is no more.
    public static func residentBytes(_ pid: pid_t) -> Int {
        let words = Files.text("/proc/\(pid)/statm").split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    /// Takes the news of the process, if there is any, and returns it; a stop is no end. An end that somebody else has
    /// taken is one without a status.
    @discardableResult
    private func reap(_ options: Int32) -> Int32 {
        var raw: Int32 = 0
        // SAFETY: the status outlives the call.
        let found = unsafe waitpid(pid, &raw, options)
        if found < 0, errno == ECHILD { endStatus = Int32.min }
        guard found == pid else { return 0 }
        if raw & 0xff != 0x7f { endStatus = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f) }
        return raw
    }
}
