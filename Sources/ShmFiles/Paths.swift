package import Glibc

/// Calls on names, as opposed to open files.
package enum Paths {
    // SAFETY (all of these): names passed to the C library live for the call.

    /// Gives the file at `from` the name `to`, in one step, in place of what stood there.
    package static func rename(_ from: String, to: String) throws(SystemError) {
        if unsafe Glibc.rename(from, to) != 0 { throw SystemError("rename", to) }
    }

    /// Removes a name; one that does not exist is no error.
    package static func remove(_ path: String) throws(SystemError) {
        if unsafe unlink(path) != 0 {
            let code = errno
            if code != ENOENT { throw SystemError("unlink", path, code: code) }
        }
    }

    /// Makes a directory with exactly this mode, whatever the umask is; one that exists is no error and
    /// stays as it is.
    package static func makeDirectory(_ path: String, mode: mode_t) throws(SystemError) {
        if unsafe mkdir(path, mode) == 0 {
            if unsafe chmod(path, mode) != 0 { throw SystemError("chmod", path) }
            return
        }
        let code = errno
        if code != EEXIST { throw SystemError("mkdir", path, code: code) }
    }

    /// Bytes that an unprivileged process can still reserve on the file system of `path`; nil when unknown.
    package static func availableBytes(at path: String) -> Int? {
        var status = statvfs()
        // SAFETY: `status` outlives the call.
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? Int.max : Int(clamping: bytes)
    }

    /// The names in a directory, in no order.
    package static func names(in path: String) throws(SystemError) -> [String] {
        // SAFETY: an entry lives until the next readdir; its name is copied before that.
        guard let directory = unsafe opendir(path) else { throw SystemError("opendir", path) }
        defer { _ = unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(unsafe FixedText.load(of: entry.pointee.d_name))
        }
        return names
    }

    /// A variable of the environment, nil when unset or empty.
    package static func environment(_ name: String) -> String? {
        // SAFETY: the text lives as long as nobody changes the environment, which pks never does.
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
