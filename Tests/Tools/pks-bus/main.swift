import Glibc
import NATSSupport

/// `pks-bus`: real servers, a real daemon, real publishers, and faults between them; in the end the stream of positions is
/// read back whole and compared with a replay. scripts/bus.sh and the tests call it.
func busOptions(_ words: [String]) throws -> BusToolOptions {
    var options = BusToolOptions()
    var rest = words[...]
    while let name = rest.popFirst() {
        if name == "--short" {
            options.isShort = true
            continue
        }
        guard let value = rest.popFirst() else { throw BusFailure("\(name) wants a value") }
        switch name {
        case "--fills":
            guard let count = Int(value.filter { $0 != "_" }), (100...100_000_000).contains(count) else {
                throw BusFailure("--fills wants a number from 100, not \(value)")
            }
            options.fills = count
        case "--seed":
            guard let seed = UInt64(value) else { throw BusFailure("--seed wants a number, not \(value)") }
            options.seed = seed
        case "--server":
            guard let version = ["debian": NATSServer.Version.debian, "pypi": .current][value] else {
                throw BusFailure("--server wants debian or pypi, not \(value)")
            }
            options.versions = [version]
        case "--case":
            guard let one = BusCase(rawValue: value) else {
                let names = BusCase.allCases.map(\.rawValue).joined(separator: ", ")
                throw BusFailure("--case wants one of \(names), not \(value)")
            }
            options.cases.append(one)
        case "--pks": options.program = value
        default: throw BusFailure("unknown option \(name)")
        }
    }
    if options.program.isEmpty { throw BusFailure("--pks PATH of the command is missing") }
    return options
}

func runBus() throws -> Bool {
    let options = try busOptions(Array(CommandLine.arguments.dropFirst()))
    say("bus: seed \(options.seed)")
    var outcomes: [BusOutcome] = []
    for version in options.versions {
        guard version.program != nil else {
            outcomes.append(
                BusOutcome(name: "all", server: version.rawValue, skipped: "the server is not here"))
            continue
        }
        for one in options.cases.isEmpty ? BusCase.allCases : options.cases {
            say("bus: \(one.rawValue) with the \(version.rawValue) server")
            var outcome = BusOutcome(name: one.rawValue, server: version.rawValue)
            do { try one.run(options, version, &outcome) } catch { outcome.failure = "\(error)" }
            if let failure = outcome.failure { say("bus: \(one.rawValue) FAILED: \(failure)") }
            outcomes.append(outcome)
        }
    }
    printTable(outcomes, seed: options.seed)
    return outcomes.allSatisfy { $0.failure == nil } && outcomes.contains { $0.skipped == nil }
}

do {
    if try !runBus() { exit(1) }
} catch {
    say("bus: FAILED: \(error)")
    exit(64)
}
