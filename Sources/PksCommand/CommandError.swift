import Glibc

/// How the command ends, as the shell sees it: the values of sysexits.h, and 1.
enum ExitStatus: Int32, Sendable {
    case success = 0
    /// What was looked at is not as it must be.
    case problems = 1
    /// The command line itself is wrong.
    case usage = 64
    /// Input was read and some of it could not be used.
    case badData = 65
    /// An input file is missing or cannot be opened.
    case noInput = 66
    /// What was asked for is not there: a book without a segment, a machine without what is needed.
    case unavailable = 69
    /// Two parts of the program disagree: a defect, never the user's doing.
    case software = 70
    /// An output file, a segment or a ring cannot be made.
    case cannotCreate = 73
    /// Reading or writing failed half-way.
    case inputOutput = 74
    /// Another process holds what this one needs: try again when it has ended.
    case tryAgain = 75
    /// This user may not do that.
    case noPermission = 77
    /// A configuration file is wrong.
    case badConfiguration = 78
}

/// Why a verb ended before its work was done. Printed as `pks: <what>: <why> (<what to do>)`.
enum CommandError: Error {
    /// One thing went wrong.
    case failed(ExitStatus, what: String, why: String, advice: String?)
    /// A whole sentence of another module, in the same form already.
    case said(ExitStatus, String)
    /// Several lines, each of them one thing that is wrong.
    case lines(ExitStatus, [String])
    /// Whoever reads the output has closed it: nothing is wrong, and there is nobody to tell.
    case outputClosed
    /// A signal has ended the work; what there was to say is said.
    case interrupted(Int32)

    /// The lines for stderr, without their newlines. Empty when there is nothing to say.
    var messages: [String] {
        switch self {
        case .failed(_, let what, let why, let advice):
            ["pks: \(what): \(why)" + (advice.map { " (\($0))" } ?? "")]
        case .said(_, let sentence): ["pks: " + sentence]
        case .lines(_, let lines): lines.map { "pks: " + $0 }
        case .outputClosed, .interrupted: []
        }
    }

    /// What the process exits with.
    var status: ExitStatus {
        switch self {
        case .failed(let status, _, _, _), .said(let status, _), .lines(let status, _): status
        case .outputClosed: .success
        case .interrupted: .unavailable
        }
    }

    /// The process's exit code: that of the status, or 128 and the signal.
    var exitCode: Int32 {
        if case .interrupted(let signal) = self { return 128 + signal }
        return status.rawValue
    }
}

/// The C library's words for an errno. Allocates.
func errnoText(_ code: Int32) -> String {
    // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text)
}
