import Glibc
import ShmFiles

/// The files of one run in its output directory. They are written under temporary names and get their own
/// when all of them are whole, so that nobody takes half a result for one.
final class ResultFiles {
    let directory: String
    private var files: [(name: String, temporary: String, writer: ByteWriter)] = []
    /// Directories that this run has made, the outermost first.
    private var made: [String] = []

    /// Makes the directory, with those above it, when it is not there.
    init(directory: String) throws(CommandError) {
        self.directory = directory
        var path = directory.hasPrefix("/") ? "/" : ""
        for part in directory.split(separator: "/") {
            path += part + "/"
            // SAFETY: the name lives for the call.
            if unsafe mkdir(path, 0o777) == 0 {
                made.append(path)
            } else if errno != EEXIST {
                throw Self.failure(directory, errno)
            }
        }
        var status = stat()
        // SAFETY: name and status outlive the call.
        if unsafe stat(directory, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR {
            throw Self.failure(directory, ENOTDIR)
        }
        // SAFETY: the name lives for the call.
        if unsafe access(directory, W_OK | X_OK) != 0 { throw Self.failure(directory, errno) }
    }

    /// A new file that will get the name. What a killed run has left of it goes.
    func open(_ name: String) throws(CommandError) -> ByteWriter {
        removeLeftovers(of: name)
        let temporary = "\(directory)/.\(name).\(getpid()).tmp"
        var descriptor: Int32 = -1
        try Cleanup.making { () throws(CommandError) in
            // SAFETY: the name lives for the call.
            descriptor = unsafe Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            if descriptor < 0 { throw Self.failure(temporary, errno) }
            return [temporary]
        }
        let writer = ByteWriter(descriptor: descriptor, name: "\(directory)/\(name)", ownsDescriptor: true)
        files.append((name, temporary, writer))
        return writer
    }

    /// Writes out everything and gives all files their names.
    func commit() throws(CommandError) {
        for file in files { try file.writer.flush() }
        for file in files {
            // SAFETY: the names live for the call.
            if unsafe rename(file.temporary, "\(directory)/\(file.name)") != 0 {
                throw Self.failure("\(directory)/\(file.name)", errno)
            }
            Cleanup.forget([file.temporary])
        }
        files = []
        made = []
    }

    private func removeLeftovers(of name: String) {
        let (prefix, suffix) = (".\(name).", ".tmp")
        for file in (try? Paths.names(in: directory)) ?? [] {
            guard file.hasPrefix(prefix), file.hasSuffix(suffix),
                let pid = pid_t(file.dropFirst(prefix.count).dropLast(suffix.count))
            else { continue }
            // SAFETY: the name lives for the call.
            if kill(pid, 0) != 0 && errno == ESRCH { _ = unsafe unlink("\(directory)/\(file)") }
        }
    }

    /// Removes a file of an earlier run that this one does not write.
    func removeStale(_ name: String) {
        // SAFETY: the name lives for the call.
        _ = unsafe unlink("\(directory)/\(name)")
    }

    /// Removes what has not got its name, and directories that were made for it and are empty.
    deinit {
        for file in files {
            // SAFETY: the name lives for the call.
            _ = unsafe unlink(file.temporary)
            Cleanup.forget([file.temporary])
        }
        // SAFETY: the name lives for the call.
        for path in made.reversed() { _ = unsafe rmdir(path) }
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandError {
        .failed(
            .cannotCreate, what: path, why: errnoText(code),
            advice: code == ENOSPC ? "free some space" : "choose another --out directory")
    }
}
