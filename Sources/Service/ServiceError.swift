public import Journal
public import ShmBridge
public import ShmReader
import ShmFiles

/// Why the daemon did not start. Nothing of it runs then, and what it had made is removed again.
public enum ServiceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The options contradict each other or are out of bounds.
    case badOptions(reason: String)
    /// A book's lock or segment cannot be had.
    case book(String, ShmError)
    /// A book's segment cannot be read back.
    case unreadable(String, AttachError)
    /// A book's journal cannot be had, or cannot be believed.
    case journal(String, JournalError)
    /// A CPU that a book's writer is to be bound to does not exist or is not this process's to use.
    case badCPU(book: String, cpu: Int)
    /// A thread or a signal handler cannot be had; `code` is the errno.
    case system(operation: String, code: Int32)

    /// What happened, why, and what to do.
    public var description: String {
        switch self {
        case .badOptions(let reason): reason
        case .book(let book, .alreadyRunning(_, let pid)):
            "book \(book): another writer has it" + (pid.map { ": process \($0)" } ?? "")
                + " (stop that process first, or name another book)"
        case .book(let book, let error): "book \(book): \(error.description)"
        case .unreadable(let book, let error): "book \(book): \(error.description)"
        case .journal(let book, let error): "book \(book): \(error.description)"
        case .badCPU(let book, let cpu):
            "book \(book): CPU \(cpu) is not there for this process (choose one that nproc and taskset -p show)"
        case .system(let operation, let code):
            "\(operation) failed: \(SystemError.text(of: code)) (errno \(code))"
        }
    }
}
