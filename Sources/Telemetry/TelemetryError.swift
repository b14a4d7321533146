import Glibc
public import Service

/// Why figures cannot be served.
public enum TelemetryError: Error, Equatable, Sendable {
    /// The path of the socket is longer than the kernel takes.
    case pathTooLong(path: String, bytesMax: Int)
    /// Somebody else listens there.
    case addressInUse(ListenAddress)
    /// A system call failed.
    case system(operation: String, object: String, code: Int32)
    /// The HTTP library does not start; it says no reason.
    case library(object: String)
}

extension TelemetryError: CustomStringConvertible {
    /// What failed, why, and what to do. Allocates.
    public var description: String {
        switch self {
        case .pathTooLong(let path, let bytesMax):
            "\(path): the path of a socket has at most \(bytesMax) bytes (choose a shorter run directory)"
        case .addressInUse(let address):
            "metrics on \(address): the port is in use (stop whoever has it, or choose another; port 0 takes a free one)"
        case .system(let operation, let object, let code):
            "\(object): \(operation): \(errnoText(code))" + Self.advice(code)
        case .library(let object):
            "\(object): the HTTP server does not start (is there a limit on threads or descriptors?)"
        }
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EADDRNOTAVAIL: " (this machine does not have that address)"
        case EACCES: " (ports below 1024 and other users' directories need permission)"
        case EMFILE, ENFILE: " (raise the limit on open files)"
        default: ""
        }
    }
}

/// The C library's words for an errno. Allocates.
func errnoText(_ code: Int32) -> String {
    // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
