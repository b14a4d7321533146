/// The system calls under shared memory: files in the shared-memory directory, mappings, names, process
/// identities. This room is for both sides (ShmBridge writes, ShmReader reads) and seen by nobody else.
/// What stays out: layouts of segments and rings, policy, anything on the hot path.
import Glibc

/// A system call that failed: which, on what, and why.
package struct SystemError: Error, Equatable, Sendable {
    /// The errno that the call left.
    package var code: Int32
    /// The call, as its manual page is named.
    package var operation: String
    /// The file, or what else the call was about.
    package var object: String

    /// Takes `errno` as the call just made left it.
    package init(_ operation: String, _ object: String, code: Int32 = errno) {
        self.code = code
        self.operation = operation
        self.object = object
    }

    /// The C library's words for an errno. Allocates.
    package static func text(of code: Int32) -> String {
        // SAFETY: strerror returns a NUL-ended text that lives until this thread's next call of it.
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}

/// Repeats a call that a signal interrupted; any other failure is thrown.
package func retryingInterrupts(
    _ operation: String, _ object: String, _ call: () -> Int
) throws(SystemError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(operation, object, code: code) }
    }
}

/// Runs `body` and gives its failure as another type of error.
package func translating<Value: ~Copyable, Fault: Error, Other: Error>(
    _ body: () throws(Fault) -> Value, _ other: (Fault) -> Other
) throws(Other) -> Value {
    do throws(Fault) { return try body() } catch { throw other(error) }
}
