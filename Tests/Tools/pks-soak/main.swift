import Glibc

/// `pks-soak`: three producers, two books, readers and the monitor for as long as one likes, and then a replay of
/// everything that was sent. scripts/soak.sh and the tests call it.
func soakOptions(_ words: [String]) throws -> (plan: SoakPlan, other: [String: String]) {
    var plan = SoakPlan()
    plan.seed = UInt64.random(in: 0...UInt64.max)
    plan.tag = "\(getpid())"
    plan.runDirectory = "/tmp/pks-soak-\(getpid())"
    var other: [String: String] = [:]
    var rest = words[...]
    while let name = rest.popFirst() {
        guard let value = rest.popFirst() else { throw SoakFailure("\(name) wants a value") }
        func number(_ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw SoakFailure("\(name) wants a number in \(range), not \(value)")
            }
            return number
        }
        switch name {
        case "--seconds": plan.seconds = try number(1...86_400)
        case "--rate": plan.rate = try number(100...10_000_000)
        case "--producers": plan.producers = try number(1...26)
        case "--books": plan.books = try number(1...16)
        case "--seed":
            guard let seed = UInt64(value) else { throw SoakFailure("--seed wants a number, not \(value)") }
            plan.seed = seed
        case "--tag": plan.tag = value
        case "--run-dir": plan.runDirectory = value
        case "--pks", "--producer", "--book": other[name] = value
        default: throw SoakFailure("unknown option \(name)")
        }
    }
    return (plan, other)
}

func soak(_ arguments: [String]) throws {
    var words = arguments.dropFirst()[...]
    let role = words.first.map { $0.hasPrefix("--") ? "run" : $0 } ?? "run"
    if words.first == role { words = words.dropFirst() }
    let (plan, other) = try soakOptions(Array(words))
    switch role {
    case "produce": try SoakProducer.run(plan, producer: Int(other["--producer"] ?? "") ?? 0)
    case "poll": try SoakPoller.run(plan, book: Int(other["--book"] ?? "") ?? 0)
    case "run":
        guard let daemon = other["--pks"] else { throw SoakFailure("--pks PATH of the daemon is missing") }
        say("soak: seed \(plan.seed)")
        try SoakRun(plan, program: "/proc/self/exe", daemonProgram: daemon).run()
    default: throw SoakFailure("unknown role \(role)")
    }
}

do { try soak(CommandLine.arguments) } catch {
    say("soak: FAILED: \(error)")
    exit(1)
}
