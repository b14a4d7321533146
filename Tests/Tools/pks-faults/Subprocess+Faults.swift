import Glibc
import TestSupport

extension Subprocess {
    /// Starts a program; `directory` gets its output. It sees `variables` and little else.
    convenience init(
        _ name: String, _ command: [String], directory: String, variables: [String: String] = [:]
    ) throws(SystemFailure) {
        let usual = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "SWIFT_BACKTRACE": "enable=no"]
        try self.init(command, named: name, in: directory, environment: variables.merging(usual) { $1 })
    }

    /// Waits for its end, at most so long; nil when it still runs.
    func wait(withinNs ns: Int64) -> Int32? {
        Pace.until(withinNs: ns) { !isRunning } ? wait() : nil
    }
}
