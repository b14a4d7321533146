import Glibc
import TestSupport

/// A book, a producer with its script, and what must come of it: what most rows play.
final class Scene {
    let place: FaultPlace
    let configuration: String
    let oracle: Oracle
    let script: FillScript
    private(set) var gateway: Gateway
    private let program: String

    /// `lines` are further keys of the book's configuration.
    init(
        _ tag: String, options: FaultOptions, count: Int, lines: [String] = [], seed: UInt64? = nil,
        recordCapacity: Int = 1024
    ) throws {
        program = options.program
        place = try FaultPlace(tag)
        script = try FillScript(producer: 0, count: count, seed: seed ?? options.seed)
        oracle = try Oracle(place, program: program, method: "fifo", scripts: [script])
        configuration = try place.configure(
            ["journal_segment = \"1MiB\"", "checkpoint_records = 2000", "journal_buffer = 1024"] + lines)
        gateway = try Gateway(place, name: "p", script: script, recordCapacity: recordCapacity)
    }

    /// Starts a life and waits until it is live.
    func start(strace: [String]? = nil, variables: [String: String] = [:]) throws -> Daemon {
        let daemon = try Daemon(
            place, program: program, configuration: configuration, strace: strace, variables: variables)
        try daemon.awaitLive()
        return daemon
    }

    /// Plays so many more entries and waits until they are in the book.
    func play(_ count: Int, into daemon: Daemon) throws {
        let end = min(gateway.next + count, script.entries.count)
        let isDone = Pace.until {
            if gateway.next < end { gateway.pump(min(64, end - gateway.next)) }
            return !daemon.isRunning || (gateway.next >= end && gateway.applied == gateway.put)
        }
        guard isDone, daemon.isRunning else { throw FaultFailure("it does not take fills: \(daemon.errors)") }
    }

    /// Goes on putting until the daemon has ended; its exit code and what it said.
    func playUntilEnd(of daemon: Daemon, withinNs ns: Int64 = 20_000_000_000) throws -> (
        code: Int32, errors: String
    ) {
        let hasEnded = Pace.until(withinNs: ns) {
            gateway.pump(4)
            return !daemon.isRunning
        }
        guard hasEnded, let code = daemon.end() else {
            throw FaultFailure("the daemon goes on: \(daemon.errors)")
        }
        return (code, daemon.errors)
    }

    /// The producer begins anew, from its source: its ring was lost.
    func rewind() throws { gateway = try Gateway(place, name: "again", script: script) }

    /// A last life takes the rest, and everything is what it must be. `hasRewound`: some fills came twice.
    func finish(hasRewound: Bool = false) throws {
        let daemon = try start()
        try playOut([gateway], into: daemon)
        try oracle.check(place, program: program, onlyState: hasRewound)
        try daemon.stop()
    }

    /// Runs the command to its end.
    func command(_ arguments: [String]) throws -> (code: Int32, output: String, errors: String) {
        let child = try Subprocess(
            arguments[0], [program] + arguments, directory: place.path, variables: place.variables)
        let code = child.wait()
        return (code, child.outputSoFar(), child.errorsSoFar())
    }
}
