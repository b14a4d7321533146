import Glibc

/// Changes a ring's file behind the back of those who have mapped it, as a broken or hostile producer would.
enum FilePatch {
    // SAFETY (all of these): what is passed by address lives for the call.

    static func write(_ word: UInt64, at offset: Int, of path: String) -> Bool {
        let file = unsafe open(path, O_WRONLY)
        defer { close(file) }
        return unsafe withUnsafeBytes(of: word) { unsafe pwrite(file, $0.baseAddress, 8, off_t(offset)) } == 8
    }

    static func truncate(_ path: String, to byteCount: Int) -> Bool {
        unsafe Glibc.truncate(path, off_t(byteCount)) == 0
    }

    static func remove(_ path: String) -> Bool { unsafe unlink(path) == 0 }
}
