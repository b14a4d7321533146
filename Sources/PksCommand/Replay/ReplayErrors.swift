import Feeds
import Glibc
import ShmBridge

/// Gives what can go wrong below the command its exit status.
extension CommandError {
    init(_ error: ShmError) {
        switch error {
        case .alreadyRunning: self = .said(.tryAgain, error.description)
        case .badName, .badConfiguration: self = .said(.usage, error.description)
        case .unsafeRunDirectory: self = .said(.noPermission, error.description)
        case .system(EACCES, let operation, let object), .system(EPERM, let operation, let object):
            self = .failed(
                .noPermission, what: object, why: "\(operation): this user may not do that",
                advice: "it belongs to another user, or its directory does")
        case .system(let code, let operation, let object):
            let isMissingParent = operation == "mkdir" && code == ENOENT
            self = .failed(
                .cannotCreate, what: object, why: "\(operation): \(errnoText(code))",
                advice: isMissingParent
                    ? "make its parent directory, or name another --run-dir"
                    : "pks doctor checks what this machine lacks")
        case .wrongOwner: self = .said(.noPermission, error.description)
        case .noSpace, .notFound, .truncated, .wrongMagic, .wrongVersion, .wrongLayout, .invalid:
            self = .said(.cannotCreate, error.description)
        }
    }

    init(_ error: FeedError) {
        switch error {
        case .system(let operation, let path, let code):
            let status: ExitStatus =
                operation == "open" || code == EISDIR
                ? (code == EACCES || code == EPERM ? .noPermission : .noInput) : .inputOutput
            let advice: String? =
                switch code {
                case ENOENT: "check the name"
                case EISDIR: "name the files in it"
                case EACCES, EPERM: "this user may not read it"
                default: nil
                }
            self = .failed(status, what: path, why: "cannot \(operation): \(errnoText(code))", advice: advice)
        case .memory, .tooManyFiles, .instruments: self = .said(.unavailable, error.description)
        }
    }
}
