import Glibc

/// Why a file could not be read at all. What is wrong inside a file is a `FeedReject`.
public enum FeedError: Error, Equatable, Sendable {
    /// A system call on the file failed.
    case system(operation: String, path: String, code: Int32)
    /// zlib found no memory.
    case memory(path: String)
    /// More files than a record's reference can number.
    case tooManyFiles(max: Int)
    /// An instruments file with errors: the first of them, and how many there are.
    case instruments([FeedReject], total: Int)
}

extension FeedError: CustomStringConvertible {
    /// What failed, on what, and what to do, for a person. Allocates.
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "cannot \(operation) \(path): \(errnoText(code))"
        case .memory(let path): "no memory to decompress \(path)"
        case .tooManyFiles(let max): "more than \(max) files in one run (split the run)"
        case .instruments(let rejects, let total):
            (rejects.map(\.description)
                + (total > rejects.count ? ["and \(total - rejects.count) more"] : []))
                .joined(separator: "\n")
        }
    }
}

/// The C library's words for an errno. Allocates.
private func errnoText(_ code: Int32) -> String {
    // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
