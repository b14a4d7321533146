import TestSupport

/// A process that the soak has started, with its name for messages.
struct SoakChild {
    let name: String
    let process: Subprocess

    /// Starts a program; `directory` gets its output.
    init(_ name: String, _ command: [String], directory: String) throws {
        self.name = name
        process = try Subprocess(command, named: name, in: directory)
    }

    /// Throws unless it ends, or has ended, with success.
    func expectSuccess() throws {
        let code = process.wait()
        if code != 0 { throw SoakFailure("\(name) ended with \(code): \(errors)\(output)") }
    }

    var output: String { process.outputSoFar() }
    var errors: String { process.errorsSoFar() }
}
