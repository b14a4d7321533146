/// A call of the system that failed in a test, on what.
public struct SystemFailure: Error, CustomStringConvertible {
    /// The call, or what it was for: a path, a program.
    public let what: String
    /// errno.
    public let code: Int32

    /// A failure with this errno.
    public init(_ what: String, code: Int32) {
        self.what = what
        self.code = code
    }

    /// One line for a person.
    public var description: String { "\(what): errno \(code)" }
}
