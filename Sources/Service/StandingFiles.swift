import ShmFiles

/// The files that a running book stands on: its segment, its lock, its journal's lock. When one of them goes, somebody
/// else can take its place, and readers or a second writer would not know of this one.
struct StandingFiles: Sendable {
    private struct File: Sendable {
        let path: String
        let what: String
        let status: FileStatus
    }

    private var files: [File] = []

    /// Takes note of a file as it is now. A file that is not there is not watched.
    mutating func add(_ path: String, _ what: String) {
        guard let status = (try? FileStatus.at(path)) ?? nil else { return }
        files.append(File(path: path, what: what, status: status))
    }

    /// What is missing, replaced or cut short, in words; nil when all is there. Three calls of the system.
    func missing() -> String? {
        for file in files {
            let now: FileStatus?
            do throws(SystemError) { now = try FileStatus.at(file.path) } catch {
                // A directory on the way that cannot be looked into is no proof of anything.
                continue
            }
            guard let now else {
                return "\(file.what) \(file.path) has gone (find out who removed it, and start again)"
            }
            if !now.isSameFile(as: file.status) {
                return
                    "\(file.what) \(file.path) is another file now (another writer runs with other directories?)"
            }
            if now.byteCount < file.status.byteCount {
                return "\(file.what) \(file.path) was cut short (start again: readers attach to the new one)"
            }
        }
        return nil
    }
}
