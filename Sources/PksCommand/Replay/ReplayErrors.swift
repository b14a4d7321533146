import Feeds
import FillProducer
import Glibc
import ShmBridge

extension ShmError {
    /// The same trouble, met by the producing end of a ring.
    init(_ error: ProducerError) {
        switch error {
        case .system(let code, let operation, let object):
            self = .system(code: code, operation: operation, object: object)
        case .badName(let name, let reason): self = .badName(name: name, reason: reason)
        case .badOption(let reason): self = .badConfiguration(reason: reason)
        case .noSpace(let object, let needed, let available):
            self = .noSpace(
                object: object, neededBytes: Int(clamping: needed), availableBytes: Int(clamping: available))
        case .alreadyRunning(let object, let pid): self = .alreadyRunning(object: object, pid: pid)
        case .unsafeRunDirectory(let path, let reason):
            self = .unsafeRunDirectory(path: path, reason: reason)
        case .wrongOwner(let object, let uid): self = .wrongOwner(object: object, uid: uid)
        case .truncated(let object, let needed, let actual):
            self = .truncated(
                object: object, neededBytes: Int(clamping: needed), actualBytes: Int(clamping: actual))
        case .wrongVersion(let object, let major, let minor):
            self = .wrongVersion(object: object, major: major, minor: minor)
        case .wrongLayout(let object): self = .wrongLayout(object: object)
        case .invalid(let object, let field): self = .invalid(object: object, field: field)
        }
    }
}

/// Gives what can go wrong below the command its exit status.
extension CommandError {
    init(_ error: ProducerError) { self.init(ShmError(error)) }

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
