import Glibc

/// A process that the soak has started, with its output in files.
final class Child {
    let name: String
    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// Starts a program; `directory` gets its output.
    init(_ name: String, _ command: [String], directory: String) throws {
        self.name = name
        outputPath = "\(directory)/\(name).out"
        errorPath = "\(directory)/\(name).err"
        // SAFETY (all of this function): texts and actions live until posix_spawn has copied them.
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o600)
        var texts = unsafe command.map { unsafe strdup($0) }
        unsafe texts.append(nil)
        defer { unsafe texts.forEach { text in unsafe free(text) } }
        var pid = pid_t()
        let code = unsafe posix_spawnp(&pid, command[0], &actions, nil, &texts, environ)
        guard code == 0 else { throw SoakFailure("\(command[0]) cannot be started: errno \(code)") }
        self.pid = pid
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

    /// Throws unless it ends, or has ended, with success.
    func expectSuccess() throws {
        let code = wait()
        if code != 0 { throw SoakFailure("\(name) ended with \(code): \(errors)\(output)") }
    }

    func signal(_ number: Int32) {
        if status == nil { _ = kill(pid, number) }
    }

    var output: String { fileText(outputPath) }
    var errors: String { fileText(errorPath) }

    /// Resident memory, bytes.
    var residentBytes: Int {
        let words = fileText("/proc/\(pid)/statm").split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * 4096 : 0
    }

    private static func exitCode(_ raw: Int32) -> Int32 {
        raw & 0x7f == 0 ? raw >> 8 & 0xff : 1000 + raw & 0x7f
    }
}

/// A whole file as text; empty when there is none.
func fileText(_ path: String) -> String {
    // SAFETY: the path and the buffer outlive their calls.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return "" }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = unsafe part.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += part[..<count]
    }
}
