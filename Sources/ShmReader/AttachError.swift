import ShmFiles

/// Why a book's segment cannot be attached or listed.
public enum AttachError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No segment has this name: no writer has made one, or it was stopped and removed.
    case notFound(object: String)
    /// A system call failed; `code` is its errno (EACCES: this user may not read the segment).
    case system(code: Int32, operation: String, object: String)
    /// A book name that cannot name a file.
    case badName(name: String, reason: String)
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
    /// A field of the header is impossible.
    case invalid(object: String, field: String)

    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .notFound(let object):
            "\(object): \(HeaderFault.notFound.text) (start the book's writer; pks ls shows what there is)"
        case .system(let code, let operation, let object):
            "\(object): \(operation) failed: \(SystemError.text(of: code)) (errno \(code))"
        case .badName(let name, let reason): "book \"\(name)\" \(reason) (choose another name)"
        case .wrongOwner(let object, let uid):
            "\(object): \(HeaderFault.wrongOwner(uid: uid).text) (state the uid if it is to be trusted)"
        case .truncated(let object, let needed, let actual):
            "\(object): \(HeaderFault.truncated(neededBytes: needed, actualBytes: actual).text)"
                + " (restart the book's writer, which replaces it)"
        case .wrongMagic(let object): "\(object): \(HeaderFault.wrongMagic.text) (remove it)"
        case .wrongVersion(let object, let major, let minor):
            "\(object): \(HeaderFault.wrongVersion(major: major, minor: minor).text)"
                + " (run the same version of pks on both sides)"
        case .wrongLayout(let object):
            "\(object): \(HeaderFault.wrongLayout.text) (build both sides from the same sources)"
        case .invalid(let object, let field):
            "\(object): \(HeaderFault.invalid(field: field).text)"
                + " (restart the book's writer, which replaces it)"
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
