import Foundation
import Glibc
import TestSupport

/// A real NATS server of a test's own: loopback, a port of its own, JetStream with a store of its own. It goes with this
/// object, and with the test process, however that ends: a shell that reads from a pipe of this process kills it.
package final class NATSServer {
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
    private let jetStream: String
    /// The shell that has the server, and ends it when it reads a line or nobody can write one any more.
    private var shell: Subprocess?
    private var pipe: InputPipe?
    package private(set) var pid: Int32 = 0

    package var url: String { "nats://127.0.0.1:\(port)" }
    package var storePath: String { folder + "/store" }

    /// Starts one. `settings` are more lines of its configuration, `jetStream` more of what it says of JetStream.
    package init(
        _ version: Version, settings: String = "", jetStream: String = "", port: Int? = nil
    ) throws {
        self.version = version
        self.settings = settings
        self.jetStream = jetStream
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
            jetstream {
              store_dir: "\(storePath)"
              \(jetStream)
            }
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
        try? pipe?.write("\n")
        pipe = nil
        shell.wait()
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
        let pipe = try InputPipe()
        self.pipe = pipe
        shell = try Subprocess(
            ["/bin/sh", "-c", Self.script, "sh", program, folder],
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder], input: .pipe(pipe),
            output: .file("/dev/null"), errors: .file("/dev/null"))
        let path = folder + "/pid"
        guard eventually({ FileManager.default.fileExists(atPath: path) }),
            let number = pid_t(Files.text(path).dropLast())
        else { throw NotStarted(description: "the shell did not start the server") }
        pid = number
    }

    private var hasFailed: Bool {
        let said = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        return said.contains("[FTL]")
    }

    private var isLettingIn: Bool { FreePort.greeting(of: port).hasPrefix("INFO") }
}
