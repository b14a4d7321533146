import Glibc

/// A file that says "every book is live" by being there: the process id and a newline. It gets its name in one
/// step. One that an earlier daemon left is removed at the start, so that nobody takes it for this one's.
struct ReadyFile {
    private let path: String
    private let temporary: String

    /// Removes a leftover, and makes sure that the file can be made. Throws `cannotCreate`.
    init(_ path: String) throws(CommandError) {
        self.path = path
        temporary = "\(path).\(getpid()).tmp"
        // SAFETY: the names live for the calls.
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        let writer = ByteWriter(descriptor: descriptor, name: path, ownsDescriptor: true)
        try writer.write("\(getpid())\n")
        try writer.flush()
        if unsafe unlink(path) != 0 && errno != ENOENT {
            let code = errno
            _ = unsafe unlink(temporary)
            throw Self.failure(path, code)
        }
    }

    /// Gives the file its name.
    func show() throws(CommandError) {
        // SAFETY: the names live for the call.
        if unsafe rename(temporary, path) != 0 { throw Self.failure(path, errno) }
    }

    /// Takes the file away again, whether it was shown or not.
    func remove() {
        // SAFETY: the names live for the calls.
        for name in [temporary, path] { _ = unsafe unlink(name) }
    }

    private static func failure(_ path: String, _ code: Int32) -> CommandError {
        .failed(
            .cannotCreate, what: path, why: errnoText(code), advice: "choose another --ready-file")
    }
}
