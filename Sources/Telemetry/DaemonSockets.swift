import Glibc
import ShmFiles

/// The sockets of daemons in a run directory: `pks-<pid>.sock` each.
package enum DaemonSockets {
    /// The socket of a process.
    package static func path(pid: Int32, runDirectory: String) -> String {
        "\(runDirectory)/pks-\(pid).sock"
    }

    /// Every socket's path in the directory with the process in its name, by process; none when the directory is
    /// not there or cannot be read. Whether a daemon is behind it is another question.
    package static func all(in runDirectory: String) -> [(pid: Int32, path: String)] {
        let names = (try? Paths.names(in: runDirectory)) ?? []
        return names.compactMap { name in
            pid(ofName: name).map { ($0, "\(runDirectory)/\(name)") }
        }.sorted { $0.pid < $1.pid }
    }

    /// Removes sockets that nobody listens on any more, left by daemons that were killed.
    package static func removeDead(in runDirectory: String) {
        for socket in all(in: runDirectory) where isDead(socket.path) { try? Paths.remove(socket.path) }
        // A daemon that was killed while it made its socket leaves it under the name of that time.
        let suffix = UnixAddress.buildingSuffix
        for name in (try? Paths.names(in: runDirectory)) ?? [] where name.hasSuffix(suffix) {
            guard let pid = pid(ofName: String(name.dropLast(suffix.count))) else { continue }
            if kill(pid, 0) != 0 && errno == ESRCH { try? Paths.remove("\(runDirectory)/\(name)") }
        }
    }

    private static func pid(ofName name: String) -> Int32? {
        guard name.hasPrefix("pks-"), name.hasSuffix(".sock") else { return nil }
        let digits = name.dropFirst(4).dropLast(5)
        guard let pid = Int32(digits), pid > 0, String(pid) == digits else { return nil }
        return pid
    }

    private static func isDead(_ path: String) -> Bool {
        if case .failure(.dead) = StatsRequest.connect(path, timeoutMs: 0) { return true }
        return false
    }
}
