import ShmFiles

/// What can go wrong on the writing side of shared memory: segments, rings, locks.
public enum ShmError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its errno.
    case system(code: Int32, operation: String, object: String)
    /// A book or producer name that cannot name a file.
    case badName(name: String, reason: String)
    /// A capacity or decimals outside what the ABI allows.
    case badConfiguration(reason: String)
    /// Shared memory is too small for what is to be reserved; nothing was left behind.
    case noSpace(object: String, neededBytes: Int, availableBytes: Int?)
    /// Another process owns the book or the ring; `pid` when it is known. Nothing was touched.
    case alreadyRunning(object: String, pid: UInt32?)
    /// The run directory cannot be trusted with locks.
    case unsafeRunDirectory(path: String, reason: String)
    /// There is no such segment or ring.
    case notFound(object: String)
    /// The file belongs to a user who is neither this one, root nor allowed.
    case wrongOwner(object: String, uid: UInt32)
    /// The file is shorter than its header says or than any header.
    case truncated(object: String, neededBytes: Int, actualBytes: Int)
    /// The file is not one of pks.
    case wrongMagic(object: String)
    /// The file has another major version of the ABI.
    case wrongVersion(object: String, major: Int, minor: Int)
    /// The file was written by a build with another layout of the same version.
    case wrongLayout(object: String)
    /// A field of the header or of the cursors is impossible.
    case invalid(object: String, field: String)

    /// What happened, why, and what to do.
    public var description: String {
        switch self {
        case .system(let code, let operation, let object):
            "\(object): \(operation) failed: \(SystemError.text(of: code)) (errno \(code))"
        case .badName(let name, let reason):
            "name \"\(name)\" \(reason) (choose another name)"
        case .badConfiguration(let reason): reason
        case .noSpace(let object, let needed, let available):
            "\(object): shared memory is too small: \(needed) bytes needed, "
                + (available.map { "\($0) available" } ?? "fewer available")
                + " (lower the capacity, remove old segments, or enlarge it: "
                + "mount -o remount,size=... /dev/shm)"
        case .alreadyRunning(let object, let pid):
            "\(object): already running" + (pid.map { " as process \($0)" } ?? "")
                + " (stop that process first, or use another name)"
        case .unsafeRunDirectory(let path, let reason):
            "\(path): \(reason) (use a private directory of mode 0700: --run-dir or PKS_RUN_DIR)"
        case .notFound(let object): "\(object): \(HeaderFault.notFound.text)"
        case .wrongOwner(let object, let uid): "\(object): \(HeaderFault.wrongOwner(uid: uid).text)"
        case .truncated(let object, let needed, let actual):
            "\(object): \(HeaderFault.truncated(neededBytes: needed, actualBytes: actual).text)"
        case .wrongMagic(let object): "\(object): \(HeaderFault.wrongMagic.text)"
        case .wrongVersion(let object, let major, let minor):
            "\(object): \(HeaderFault.wrongVersion(major: major, minor: minor).text)"
        case .wrongLayout(let object): "\(object): \(HeaderFault.wrongLayout.text)"
        case .invalid(let object, let field): "\(object): \(HeaderFault.invalid(field: field).text)"
        }
    }

    init(_ error: SystemError) {
        self = .system(code: error.code, operation: error.operation, object: error.object)
    }

    init(_ fault: HeaderFault, object: String) {
        switch fault {
        case .notFound: self = .notFound(object: object)
        case .system(let error): self.init(error)
        case .wrongOwner(let uid): self = .wrongOwner(object: object, uid: uid)
        case .truncated(let needed, let actual):
            self = .truncated(object: object, neededBytes: needed, actualBytes: actual)
        case .wrongMagic: self = .wrongMagic(object: object)
        case .wrongVersion(let major, let minor):
            self = .wrongVersion(object: object, major: major, minor: minor)
        case .wrongLayout: self = .wrongLayout(object: object)
        case .invalid(let field): self = .invalid(object: object, field: field)
        }
    }
}

/// Runs system calls and gives their failures as this module's error.
func shmCall<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(ShmError) -> Value {
    try translating(body) { ShmError($0) }
}

/// Runs a check of names and gives its failure as this module's error.
func shmName<Value>(_ name: String, _ body: () throws(NameFault) -> Value) throws(ShmError) -> Value {
    try translating(body) { ShmError.badName(name: name, reason: $0.text) }
}
