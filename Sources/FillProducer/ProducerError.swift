import CSeqlock

/// What can go wrong when a producer is opened or its ring removed.
public enum ProducerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its errno.
    case system(code: Int32, operation: String, object: String)
    /// A book or producer name that cannot name a file.
    case badName(name: String, reason: String)
    /// A capacity or a mode outside what the ABI allows.
    case badOption(reason: String)
    /// Shared memory is too small for the ring; nothing was left behind.
    case noSpace(object: String, neededBytes: UInt64, availableBytes: UInt64)
    /// Another process has this producer; `pid` when it is known. Nothing was touched.
    case alreadyRunning(object: String, pid: UInt32?)
    /// The run directory cannot be trusted with locks.
    case unsafeRunDirectory(path: String, reason: String)
    /// The ring belongs to a user who is neither this one nor root.
    case wrongOwner(object: String, uid: UInt32)
    /// The ring is shorter than its header says or than any header.
    case truncated(object: String, neededBytes: UInt64, actualBytes: UInt64)
    /// The ring has another major version of the ABI.
    case wrongVersion(object: String, major: Int, minor: Int)
    /// The ring was made by a build with another layout of the same version.
    case wrongLayout(object: String)
    /// A field of the ring's header or its cursors is impossible.
    case invalid(object: String, field: String)

    // SAFETY: the operation is a text that lives for ever; the object is part of the value.
    init(_ error: pks_producer_error) {
        let object = unsafe Self.object(error)
        let operation = unsafe String(cString: error.operation)
        let (needed, actual) = unsafe (error.needed, error.actual)
        switch unsafe error.kind {
        case PKS_PRODUCER_BAD_NAME: self = .badName(name: object, reason: operation)
        case PKS_PRODUCER_BAD_OPTION: self = .badOption(reason: "\(object) \(actual) \(operation)")
        case PKS_PRODUCER_NO_SPACE:
            self = .noSpace(object: object, neededBytes: needed, availableBytes: actual)
        case PKS_PRODUCER_ALREADY_RUNNING:
            self = .alreadyRunning(object: object, pid: actual == 0 ? nil : UInt32(clamping: actual))
        case PKS_PRODUCER_UNSAFE_RUN: self = .unsafeRunDirectory(path: object, reason: operation)
        case PKS_PRODUCER_WRONG_OWNER: self = .wrongOwner(object: object, uid: UInt32(clamping: actual))
        case PKS_PRODUCER_TRUNCATED:
            self = .truncated(object: object, neededBytes: needed, actualBytes: actual)
        case PKS_PRODUCER_WRONG_VERSION:
            self = .wrongVersion(object: object, major: Int(clamping: needed), minor: Int(clamping: actual))
        case PKS_PRODUCER_WRONG_LAYOUT: self = .wrongLayout(object: object)
        case PKS_PRODUCER_INVALID: self = .invalid(object: object, field: operation)
        default: self = .system(code: unsafe error.code, operation: operation, object: object)
        }
    }

    private static func object(_ error: pks_producer_error) -> String {
        // SAFETY: the bytes are a copy that lives for the closure.
        unsafe withUnsafeBytes(of: error.object) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// What happened, why, and what to do: the sentence that programs in C get. Allocates.
    public var description: String {
        switch self {
        case .system(let code, let operation, let object):
            text(PKS_PRODUCER_SYSTEM, object, operation, code: code)
        case .badName(let name, let reason): text(PKS_PRODUCER_BAD_NAME, name, reason)
        case .badOption(let reason): reason
        case .noSpace(let object, let needed, let available):
            text(PKS_PRODUCER_NO_SPACE, object, "", needed: needed, actual: available)
        case .alreadyRunning(let object, let pid):
            text(PKS_PRODUCER_ALREADY_RUNNING, object, "", actual: UInt64(pid ?? 0))
        case .unsafeRunDirectory(let path, let reason): text(PKS_PRODUCER_UNSAFE_RUN, path, reason)
        case .wrongOwner(let object, let uid):
            text(PKS_PRODUCER_WRONG_OWNER, object, "", actual: UInt64(uid))
        case .truncated(let object, let needed, let actual):
            text(PKS_PRODUCER_TRUNCATED, object, "", needed: needed, actual: actual)
        case .wrongVersion(let object, let major, let minor):
            text(
                PKS_PRODUCER_WRONG_VERSION, object, "", needed: UInt64(clamping: major),
                actual: UInt64(clamping: minor))
        case .wrongLayout(let object): text(PKS_PRODUCER_WRONG_LAYOUT, object, "")
        case .invalid(let object, let field): text(PKS_PRODUCER_INVALID, object, field)
        }
    }

    private func text(
        _ kind: Int32, _ object: String, _ operation: String, code: Int32 = 0, needed: UInt64 = 0,
        actual: UInt64 = 0
    ) -> String {
        // SAFETY: the operation lives for the closure; the object is cut to its field, which ends with NUL; the
        // sentence ends with NUL inside its buffer.
        unsafe operation.withCString { operation in
            var error = unsafe pks_producer_error()
            unsafe error.kind = kind
            unsafe error.code = code
            unsafe error.operation = operation
            unsafe error.needed = needed
            unsafe error.actual = actual
            unsafe withUnsafeMutableBytes(of: &error.object) { bytes in
                unsafe bytes.copyBytes(from: object.utf8.prefix(bytes.count - 1))
            }
            var text = [CChar](repeating: 0, count: 1200)
            let count = unsafe min(pks_producer_error_text(&error, &text, text.count), text.count - 1)
            return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
