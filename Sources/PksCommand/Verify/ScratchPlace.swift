import Glibc
import ShmFiles

/// A private directory in shared memory for segments that nobody else should see, removed in the end,
/// whichever way that comes.
final class ScratchPlace {
    let path: String
    private static let prefix = "pks-verify."
    private static let shmDirectory = "/dev/shm"

    init() throws(CommandError) {
        Self.sweep()
        let path = "\(Self.shmDirectory)/\(Self.prefix)\(getpid())"
        try Cleanup.making { () throws(CommandError) in
            // SAFETY: the name lives for the call.
            if unsafe mkdir(path, 0o700) != 0 {
                throw .failed(
                    .cannotCreate, what: path, why: errnoText(errno),
                    advice: "pks doctor checks shared memory")
            }
            return [path]
        }
        self.path = path
    }

    deinit {
        Self.removeTree(path)
        Cleanup.forget([path])
    }

    /// The process that made a directory of this name; nil for another name.
    static func owner(of name: String) -> pid_t? {
        name.hasPrefix(prefix) ? pid_t(name.dropFirst(prefix.count)) : nil
    }

    /// Removes what runs that were killed have left.
    private static func sweep() {
        let names = (try? Paths.names(in: shmDirectory)) ?? []
        for name in names {
            guard let pid = owner(of: name) else { continue }
            if kill(pid, 0) != 0 && errno == ESRCH { removeTree("\(shmDirectory)/\(name)") }
        }
    }

    /// Removes a file, or a directory with the files in it.
    static func removeTree(_ path: String) {
        // SAFETY: the names live for the calls.
        if unsafe remove(path) == 0 || (errno != ENOTEMPTY && errno != EEXIST) { return }
        for name in (try? Paths.names(in: path)) ?? [] where name != "." && name != ".." {
            _ = unsafe unlink("\(path)/\(name)")
        }
        _ = unsafe rmdir(path)
    }
}
