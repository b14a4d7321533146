import Glibc
import TestSupport

extension Subprocess {
    /// The pks-torture program.
    static let tool = product("pks-torture")

    /// Runs pks-torture. It may end with its standard input, which stays open until this value goes.
    static func tool(_ arguments: String...) throws -> Subprocess {
        try Subprocess([tool] + arguments, input: .pipe(InputPipe()))
    }
}

/// The figures of a line of name=value pairs.
func figures(_ line: String) -> [String: UInt64] {
    var figures: [String: UInt64] = [:]
    for pair in line.split(separator: " ") {
        let parts = pair.split(separator: "=")
        if parts.count == 2 { figures[String(parts[0])] = UInt64(parts[1]) }
    }
    return figures
}

/// How many processors this process may run on.
func processorCount() -> Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
