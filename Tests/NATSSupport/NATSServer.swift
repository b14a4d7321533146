import Foundation
import Glibc
import TestSupport

/// A real NATS server of a test's own: loopback, a port of its own, JetStream with a store of its own. It goes with this
/// object, and with the test process, however that ends: a shell that reads from a pipe of this process kills it.
package final class NATSServer {
    // SAFETY (all of these): texts and buffers live for the calls that are given them.

    /// Which server program.
    package enum Version: String, CaseIterable, Sendable {
        /// What Debian has.
        case debian
        /// A current one, which `scripts/nats-server.sh` fetches.
        case current

        /// Its program; nil when it is not there.
        package var program: String? {
            switch self {
            case .debian: Self.executable(["/usr/sbin/nats-server", "/usr/bin/nats-server"])
            case .current: Self.executable([NATSServer.fetchedProgram])
            }
        }

        /// Those that can be run here.
        package static var here: [Version] { allCases.filter { $0.program != nil } }

        private static func executable(_ paths: [String]) -> String? {
            paths.first { FileManager.default.isExecutableFile(atPath: $0) }
        }
    }

    /// The server did not start; what it said.
    package struct NotStarted: Error, CustomStringConvertible {
        package let description: String
    }

    /// Must be the version that `scripts/nats-server.sh` has.
    private static let fetchedProgram: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let folder = root + "/.build/nats-server"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return folder + "/" + (names.filter { $0.hasPrefix("nats-server-") }.max() ?? "none")
    }()

    package let version: Version
    package let port: Int
    /// Everything of this server: configuration, log, store.
    package let folder: String
    private let settings: String
    private var shell: Int32?
    private var pipeEnd: Int32 = -1
    package private(set) var pid: Int32 = 0

    package var url: String { "nats://127.0.0.1:\(port)" }
    package var storePath: String { folder + "/store" }

    /// Starts one. `settings` are more lines of its configuration.
    package init(_ version: Version, settings: String = "", port: Int? = nil) throws {
        self.version = version
        self.settings = settings
        self.port = try port ?? FreePort.find()
        folder = "/tmp/pks-nats-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        do {
            try start()
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts it (again), with the same port and store, and waits until clients are let in.
    package func start() throws {
        precondition(shell == nil, "a server that runs cannot be started")
        guard let program = version.program else {
            throw NotStarted(description: "no \(version) server here")
        }
        let config = """
            listen: "127.0.0.1:\(port)"
            server_name: "test-\(port)"
            jetstream { store_dir: "\(storePath)" }
            \(settings)

            """
        try config.write(toFile: folder + "/server.conf", atomically: false, encoding: .utf8)
        try? FileManager.default.removeItem(atPath: folder + "/pid")
        try spawn(program)
        guard eventually({ self.isLettingIn || self.hasFailed }), !hasFailed else {
            let said = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "nothing"
            kill()
            throw NotStarted(description: "nats-server (\(version)) did not start: \(said)")
        }
    }

    /// kill -9, and waits until it is gone. Nothing when it does not run.
    package func kill() {
        guard let shell else { return }
        // The line as well as the end: a child of this process may have inherited the pipe.
        _ = unsafe write(pipeEnd, "\n", 1)
        _ = close(pipeEnd)
        var status: Int32 = 0
        while unsafe waitpid(shell, &status, 0) < 0 && errno == EINTR {}
        self.shell = nil
        pid = 0
    }

    /// Ends it in order, and waits until it is gone.
    package func stop() {
        guard pid > 0 else { return }
        _ = Glibc.kill(pid, SIGTERM)
        let log = folder + "/log"
        _ = eventually {
            (try? String(contentsOfFile: log, encoding: .utf8))?.contains("Server Exiting") ?? false
        }
        kill()
    }

    /// SIGSTOP: the server keeps its connections and does nothing.
    package func pause() { _ = Glibc.kill(pid, SIGSTOP) }

    /// SIGCONT.
    package func resume() { _ = Glibc.kill(pid, SIGCONT) }

    /// Copies the store of a server that does not run.
    package func saveStore(as name: String) throws {
        precondition(shell == nil, "the store of a running server is not copied")
        try FileManager.default.copyItem(atPath: storePath, toPath: folder + "/" + name)
    }

    /// Puts a saved store in the place of what is there: a server that lost what it had not synced.
    package func restoreStore(from name: String) throws {
        precondition(shell == nil, "the store of a running server is not replaced")
        try FileManager.default.removeItem(atPath: storePath)
        try FileManager.default.copyItem(atPath: folder + "/" + name, toPath: storePath)
    }

    // MARK: - The process

    private static let script = """
        "$1" -c "$2/server.conf" -l "$2/log" >>"$2/output" 2>&1 </dev/null &
        echo $! >"$2/pid.new"; mv "$2/pid.new" "$2/pid"
        read -r line
        kill -9 $!
        wait $! 2>/dev/null
        """

    private func spawn(_ program: String) throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw NotStarted(description: "no pipe: errno \(errno)") }
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        defer { _ = close(ends[0]) }
        pipeEnd = ends[1]
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        // A thread of the test runner blocks most signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var blocked = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words: [String] = ["/bin/sh", "-c", Self.script, "sh", program, folder]
        var list = unsafe words.map { unsafe strdup($0) } + [nil]
        let environment: [String] = ["PATH=/usr/bin:/bin", "HOME=\(folder)"]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (list + variables).forEach { unsafe free($0) } }
        var child: pid_t = 0
        let code = unsafe posix_spawn(&child, "/bin/sh", &actions, &attributes, &list, &variables)
        guard code == 0 else {
            _ = close(ends[1])
            throw NotStarted(description: "/bin/sh: errno \(code)")
        }
        shell = child
        let path = folder + "/pid"
        guard eventually({ FileManager.default.fileExists(atPath: path) }),
            let text = try? String(contentsOfFile: path, encoding: .utf8),
            let number = pid_t(text.dropLast())
        else { throw NotStarted(description: "the shell did not start the server") }
        pid = number
    }

    private var hasFailed: Bool {
        let said = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        return said.contains("[FTL]")
    }

    private var isLettingIn: Bool { FreePort.greeting(of: port).hasPrefix("INFO") }
}
