import Glibc
import ShmFiles

/// What can be wrong with a journal.
public enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A call on a file failed; `code` is its errno.
    case system(code: Int32, operation: String, object: String)
    /// A write did not happen, for a reason that can pass: nothing of it counts, and it can be done again.
    case interrupted(code: Int32, object: String)
    /// Another process has the journal.
    case busy(object: String)
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
        case .interrupted(let code, let object):
            "\(object): writing is held up: \(SystemError.text(of: code)) (it is tried again until it works; when the disk "
                + "is full, make room)"
        case .busy(let object):
            "\(object): another process has this journal (stop that one first; pks ls shows who writes the book)"
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

    /// Whether the same thing can be tried again with nothing lost: the disk was full, or a call was interrupted. Any
    /// other error is final.
    public var isRetryable: Bool {
        switch self {
        case .interrupted: true
        case .system(let code, _, _): Self.isPassing(code)
        case .busy, .commitFailed, .wrongFile, .damaged, .missingSegment, .unrecoverable, .stopped: false
        }
    }

    /// Whether what an errno says can pass.
    static func isPassing(_ code: Int32) -> Bool {
        switch code {
        case ENOSPC, EDQUOT, EINTR, EAGAIN, ECANCELED, ENOBUFS: true
        default: false
        }
    }
}

extension JournalError {
    /// A failed call, as this module's error.
    init(_ error: SystemError) {
        self = .system(code: error.code, operation: error.operation, object: error.object)
    }
}

/// Runs calls of the file layer and gives their errors as this module's.
func journalCall<Value: ~Copyable>(
    _ body: () throws(SystemError) -> Value
) throws(JournalError) -> Value {
    try translating(body) { JournalError($0) }
}
