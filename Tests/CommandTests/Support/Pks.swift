import Glibc
import TestSupport

/// What a run of the command gave.
struct PksResult {
    let status: Int32
    let output: String
    let errors: String

    var outputLines: [String] { output.split(separator: "\n").map { String($0) } }
}

/// The built `pks`, run as a process of its own.
enum Pks {
    static let path = Subprocess.product("pks")

    /// Runs a command line to its end. `input` is a file for standard input; without one it is empty.
    static func run(
        _ arguments: [String], in scratch: borrowing Scratch, input: String? = nil,
        environment: [String: String] = [:]
    ) throws -> PksResult {
        result(of: try PksProcess(arguments, in: scratch, input: input, environment: environment))
    }

    /// Runs a line of bash to its end.
    static func runShell(_ line: String, in scratch: borrowing Scratch) throws -> PksResult {
        result(of: try PksProcess(["-c", line], in: scratch, program: "/bin/bash"))
    }

    private static func result(of process: PksProcess) -> PksResult {
        let status = process.wait()
        return PksResult(status: status, output: process.outputSoFar(), errors: process.errorsSoFar())
    }
}

typealias PksProcess = Subprocess

extension PksProcess {
    /// A running `pks`, or another program, with its output in files of the scratch directory.
    convenience init(
        _ arguments: [String], in scratch: borrowing Scratch, input: String? = nil, pipe: InputPipe? = nil,
        environment: [String: String] = [:], program: String = Pks.path
    ) throws {
        let variables = ["PKS_RUN_DIR": scratch.runDirectory, "PATH": "/usr/bin:/bin"]
        let file = input.map { Input.file($0) } ?? .empty
        try self.init(
            [program] + arguments, named: "run-\(UInt32.random(in: 0...UInt32.max))", in: scratch.path,
            environment: variables.merging(environment) { $1 }, input: pipe.map { .pipe($0) } ?? file)
    }
}
