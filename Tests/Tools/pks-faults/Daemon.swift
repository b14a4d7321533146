import Glibc
import ShmReader
import TestSupport

/// One life of the real daemon, alone or under strace.
final class Daemon {
    private let place: FaultPlace
    private let child: Subprocess
    private let isTraced: Bool

    /// Starts it. `strace`: the options of strace that this life runs under; `variables` are added to its environment.
    init(
        _ place: FaultPlace, program: String, configuration: String, strace: [String]? = nil,
        variables: [String: String] = [:]
    ) throws {
        self.place = place
        isTraced = strace != nil
        let command = [program, "run", "--config", configuration]
        child = try Subprocess(
            "daemon", (strace.map { ["strace", "-f", "-qq"] + $0 } ?? []) + command, directory: place.path,
            variables: place.variables.merging(variables) { $1 })
    }

    var isRunning: Bool { child.isRunning }
    var errors: String { child.errorsSoFar() }
    var output: String { child.outputSoFar() }

    /// The daemon's own process; 0 when it is not there.
    var pid: pid_t { isTraced ? child.children.first ?? 0 : child.isRunning ? child.pid : 0 }

    /// It has said that its slots are live.
    var isLive: Bool { child.errorsSoFar().contains("pks: live") }

    func signal(_ number: Int32) {
        let pid = pid
        if pid > 0 { _ = kill(pid, number) }
    }

    /// How it ended, -n for signal n; nil when it hangs.
    func end(withinNs ns: Int64 = Pace.hangNs) -> Int32? { child.wait(withinNs: ns) }

    /// Waits until it is live.
    func awaitLive() throws {
        let isThere = Pace.until { isLive || !isRunning }
        guard isThere, isRunning else { throw FaultFailure("the daemon did not go live: \(errors)") }
    }

    /// Stops it in good order.
    func stop() throws {
        signal(SIGTERM)
        guard let code = end() else { throw FaultFailure("the daemon did not stop: \(errors)") }
        guard code == 0 else { throw FaultFailure("the daemon ended with \(code): \(errors)") }
    }
}

/// Plays what is left into a running daemon and waits until all of it is durable.
func playOut(_ gateways: [Gateway], into daemon: Daemon) throws {
    let isDone = Pace.until {
        for gateway in gateways { gateway.pump(256) }
        return !daemon.isRunning || gateways.allSatisfy { $0.isDone && $0.freed == $0.put }
    }
    let state = gateways.map {
        "\($0.next) entries, \($0.put) put, \($0.applied) applied, \($0.freed) durable"
    }
    guard daemon.isRunning else { throw FaultFailure("the daemon ended: \(daemon.errors)") }
    guard isDone else { throw FaultFailure("not everything became durable: \(state): \(daemon.errors)") }
}
