import CSeqlock
import Glibc

/// `pks-faults`: puts faults into journals and daemons and counts what is survived. scripts/faults.sh and the tests
/// call it.
func faults(_ arguments: [String]) throws -> Int32 {
    let ownPath = try realPath("/proc/self/exe")
    let options = try FaultOptions(
        Array(arguments.dropFirst()), ownPath: ownPath, seed: UInt64.random(in: 0...UInt64(UInt32.max)))
    let rows = FaultRows.all
    for name in options.only where !rows.contains(where: { $0.name == name }) {
        throw FaultFailure("there is no row \(name): \(rows.map(\.name).joined(separator: ", "))")
    }
    say("faults: seed \(options.seed)")
    var outcomes: [FaultOutcome] = []
    for row in rows where options.only.isEmpty || options.only.contains(row.name) {
        let began = pks_monotonic_ns()
        let outcome = FaultRows.run(row, options)
        let seconds = (pks_monotonic_ns() - began) / 1_000_000_000
        say("faults: \(row.name): \(outcome.injected) injected, \(outcome.survived) survived, \(seconds) s")
        for failure in outcome.failures {
            say("faults: \(row.name): FAILED, seed \(options.seed): \(failure)")
            say("faults: to repeat: \(options.repeating(row.name))")
        }
        outcomes.append(outcome)
    }
    printTable(outcomes, seed: options.seed)
    let isWell = outcomes.allSatisfy {
        $0.failures.isEmpty && ($0.skipped != nil || ($0.injected > 0 && $0.survived == $0.injected))
    }
    return isWell ? 0 : 1
}

func realPath(_ link: String) throws -> String {
    var bytes = [CChar](repeating: 0, count: 4096)
    // SAFETY: the array is the call's for its length.
    let count = unsafe readlink(link, &bytes, bytes.count)
    guard count > 0 else { throw FaultFailure("\(link): errno \(errno)") }
    return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

do { exit(try faults(CommandLine.arguments)) } catch {
    say("faults: \(error)")
    exit(64)
}
