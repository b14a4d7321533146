import Glibc

/// A process that the harness has started, with its output in files. Whoever lets go of it ends it.
final class Child {
    let name: String
    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// Starts a program; `directory` gets its output. `variables` are added to an environment of PATH alone.
    init(_ name: String, _ command: [String], directory: String, variables: [String: String] = [:]) throws {
        self.name = name
        outputPath = "\(directory)/\(name).out"
        errorPath = "\(directory)/\(name).err"
        // SAFETY (all of this function): texts and actions live until posix_spawn has copied them.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o600)
        var texts = unsafe command.map { unsafe strdup($0) }
        unsafe texts.append(nil)
        defer { unsafe texts.forEach { text in unsafe free(text) } }
        var all = variables
        all["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin"
        all["SWIFT_BACKTRACE"] = "enable=no"
        var environment = unsafe all.map { unsafe strdup("\($0.key)=\($0.value)") }
        unsafe environment.append(nil)
        defer { unsafe environment.forEach { text in unsafe free(text) } }
        var pid = pid_t()
        let code = unsafe posix_spawnp(&pid, command[0], &actions, nil, &texts, &environment)
        guard code == 0 else { throw FaultFailure("\(command[0]) cannot be started: errno \(code)") }
        self.pid = pid
    }

    deinit {
        guard status == nil else { return }
        for child in children { _ = kill(child, SIGKILL) }
        signal(SIGKILL)
        _ = wait()
    }

    /// Whether it still runs.
    var isRunning: Bool {
        if status != nil { return false }
        var raw: Int32 = 0
        // SAFETY: the status outlives the call.
        guard unsafe waitpid(pid, &raw, WNOHANG) == pid else { return true }
        status = Self.exitCode(raw)
        return false
    }

    /// Waits for its end; 1000 + n for signal n.
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        // SAFETY: the status outlives the call.
        while unsafe waitpid(pid, &raw, 0) != pid {}
        let code = Self.exitCode(raw)
        status = code
        return code
    }

    /// Waits for its end, at most so long; nil when it still runs.
    func wait(withinNs ns: Int64) -> Int32? {
        let ended = Pace.until(withinNs: ns) { !isRunning }
        return ended ? status : nil
    }

    func signal(_ number: Int32) {
        if status == nil { _ = kill(pid, number) }
    }

    /// The processes that it has started and that still run: what strace traces.
    var children: [pid_t] {
        guard status == nil else { return [] }
        return FileText.read("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap {
            pid_t($0)
        }
    }

    var output: String { FileText.read(outputPath) }
    var errors: String { FileText.read(errorPath) }

    /// Resident memory, bytes.
    static func residentBytes(_ pid: pid_t) -> Int {
        let words = FileText.read("/proc/\(pid)/statm").split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    private static func exitCode(_ raw: Int32) -> Int32 {
        raw & 0x7f == 0 ? raw >> 8 & 0xff : 1000 + raw & 0x7f
    }
}
