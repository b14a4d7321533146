import ShmFiles

/// What can be wrong with a journal.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A call on a file failed; `code` is its errno.
    case system(code: Int32, operation: String, object: String)
    /// A write or sync failed half-way: what is on disk is unknown, and nothing may be reported durable any more.
    case commitFailed(code: Int32, object: String)
    /// A file is not what its name says, or belongs to another book, journal or version.
    case wrongFile(object: String, reason: String)
    /// A record that was reported durable cannot be read back.
    case damaged(object: String, offset: Int, reason: String)
    /// A segment between two others is not there.
    case missingSegment(object: String)
    /// There is no state to go on from: neither a whole checkpoint nor the journal from its first record.
    case unrecoverable(object: String, reason: String)
    /// It was asked to stop before it was done.
    case stopped

    /// What happened, where, and what to do.
    public var description: String {
        switch self {
        case .system(let code, let operation, let object):
            "\(object): \(operation) failed: \(SystemError.text(of: code))"
        case .commitFailed(let code, let object):
            "\(object): writing failed: \(SystemError.text(of: code)) (nothing after the last durable record is promised; "
                + "repair the disk and start again)"
        case .wrongFile(let object, let reason):
            "\(object): \(reason) (move it away if it does not belong here)"
        case .damaged(let object, let offset, let reason):
            "\(object): damaged at byte \(offset): \(reason) (restore the file from a copy; pks journal verify "
                + "shows how much is whole)"
        case .missingSegment(let object):
            "\(object): this part of the journal is missing (restore the file from a copy)"
        case .unrecoverable(let object, let reason):
            "\(object): \(reason)"
        case .stopped: "stopped before it was done"
        }
    }
}
