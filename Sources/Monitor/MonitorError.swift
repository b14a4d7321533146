import Glibc

/// Why the monitor cannot show a screen.
package enum MonitorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The terminal is not known to the terminal database.
    case unknownTerminal(name: String)
    /// A system call failed; `code` is its errno.
    case system(code: Int32, operation: String)

    /// What is wrong, and what to do about it.
    package var description: String {
        switch self {
        case .unknownTerminal(let name):
            "terminal \"\(name)\": it has no full screen, or nothing is known of it (set TERM to what it is, or "
                + "use pks top --once)"
        case .system(let code, let operation): "\(operation) failed (errno \(code))"
        }
    }
}
