import NATSSupport
import TestSupport
import Testing

/// The cases of `./run bus` in their short form: a real server, a real daemon, real publishers, and faults between them.
@Suite(.serialized) struct BusCaseTests {
    static let cases = [
        "plain", "server-kill", "server-stop", "cut", "acks-lost", "redeliveries", "truncated", "pks-kill",
        "outage",
    ]

    @Test(arguments: cases, NATSServer.Version.here)
    func `Whatever happens, the bus has what a replay has, each message once`(
        _ name: String, _ version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let seed = UInt64.random(in: 1...1_000_000)
        let tool = try PksProcess(
            [
                "--pks", Pks.path, "--short", "--fills", "1500", "--seed", "\(seed)", "--case", name,
                "--server",
                version == .debian ? "debian" : "pypi",
            ], in: scratch, program: Subprocess.product("pks-bus"))
        let status = tool.wait()
        #expect(status == 0, "seed \(seed): \(tool.outputSoFar())\(tool.errorsSoFar())")
        let row = tool.outputSoFar().split(separator: "\n").dropFirst().first ?? ""
        #expect(row.hasPrefix(name), "seed \(seed)")
        #expect(row.contains(" fills, ") && row.contains(" matches, "), "seed \(seed): \(row)")
    }
}
