import Foundation
import GateModel

/// Reads what the counting left in a folder, compares it with the baseline, and says so. Takes the new counts as the
/// baseline when it is told to.
struct GateJudge {
    let folder: String
    let baselinePath: String
    let compiler: String
    let flags: [String]

    private struct Allocations {
        var gate: String
        var taken: UInt64
        var given: UInt64
    }

    /// The exit status: 0, 1, or 77 when there is nothing to compare with.
    func run() throws -> Int32 {
        for flag in flags where flag != "--update" && flag != "--json" {
            throw GateFailure("there is no option '\(flag)' of judge")
        }
        let (key, counts) = (try key(), try counts())
        var baseline = try storedBaseline()
        if flags.contains("--update") {
            baseline.set(key, counts)
            try baseline.json().write(toFile: baselinePath, atomically: true, encoding: .utf8)
            tell("taken as the baseline of \(key): \(baselinePath)")
        }
        let allocations = try allocations()
        let before = baseline.counts(key)
        let verdicts = GateVerdict.all(counts, against: before ?? [:], tolerance: baseline.tolerance)
        let loud = allocations.filter { $0.taken + $0.given > 0 }
        if flags.contains("--json") {
            print(try json(key, verdicts, allocations, baseline.tolerance), terminator: "")
        }
        say(GateVerdict.head)
        verdicts.forEach { say(before == nil ? $0.numbers : $0.line) }
        for one in loud {
            say(
                "\(one.gate): \(one.taken) calls for memory and \(one.given) returns in 10^6 operations, must be 0"
            )
        }
        if loud.isEmpty {
            say("calls for memory in 10^6 operations of each of \(allocations.count) gates: 0")
        }
        let growth = GateGrowth.all(counts)
        growth.forEach { say($0.line) }
        if growth.isEmpty { say("no gate was counted at several sizes") }
        if !loud.isEmpty || growth.isEmpty || !growth.allSatisfy(\.holds) { return 1 }
        guard before != nil else {
            say(
                "NOT COMPARED: the baseline has nothing for \(key)\n  it has: "
                    + baseline.baselines.map(\.key.description).joined(separator: "\n  it has: ")
                    + "\n  ./run bench gates --update adds it")
            return 77
        }
        let failed = verdicts.filter(\.isFailure)
        if !failed.isEmpty {
            say(
                "\(failed.count) of \(verdicts.count) gates do not hold (more than \(percent(baseline.tolerance)) % "
                    + "from the baseline); when the cost is meant: ./run bench gates --update, and say why in the commit"
            )
            return 1
        }
        say("\(verdicts.count) gates hold within \(percent(baseline.tolerance)) % of the baseline (\(key))")
        return 0
    }

    private func percent(_ part: Double) -> String { String(format: "%g", part * 100) }

    /// The table goes to stderr when stdout has the JSON.
    private func say(_ line: String) {
        if flags.contains("--json") { tell(line) } else { print(line) }
    }

    private func tell(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    // MARK: - What the counting left

    private func text(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw GateError.unreadable("\(path): cannot be read (did the counting end?)")
        }
        return text
    }

    private func key() throws -> GateKey {
        let lines = try text("machine").split(separator: "\n").map(String.init)
        guard lines.count == 2 else { throw GateError.unreadable("\(folder)/machine: not two lines") }
        return GateKey(compiler: compiler, processor: lines[0], libc: lines[1])
    }

    private func counts() throws -> [String: Double] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        var totals: [(name: String, count: UInt64)] = []
        for name in names.sorted() where name.hasPrefix("callgrind.out") {
            if let total = try GateCounts.total(try text(name)) { totals.append(total) }
        }
        return try GateCounts.perOperation(totals)
    }

    private func allocations() throws -> [Allocations] {
        try text("allocations").split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            guard words.count == 3, let taken = UInt64(words[1]), let given = UInt64(words[2]) else {
                throw GateError.unreadable("\(folder)/allocations: '\(line)' is not NAME TAKEN GIVEN")
            }
            return Allocations(gate: String(words[0]), taken: taken, given: given)
        }
    }

    private func storedBaseline() throws -> GateBaseline {
        guard FileManager.default.fileExists(atPath: baselinePath) else { return GateBaseline() }
        let data = try Data(contentsOf: URL(fileURLWithPath: baselinePath))
        return try GateBaseline(data, file: baselinePath)
    }

    // MARK: - For programs

    /// The form of the suite's JSON, which `./run bench --compare` reads: counts without noise, which are `exact`
    /// and have no repetitions. What the check of the machine code said comes in as it was written.
    private func json(
        _ key: GateKey, _ verdicts: [GateVerdict], _ allocations: [Allocations], _ tolerance: Double
    ) throws -> String {
        var goals: [Any] = verdicts.map {
            $0.goal(tolerance: tolerance, operations: GateCatalog.operations.larger)
        }
        for one in allocations {
            goals.append([
                "id": "allocations.\(one.gate)", "value": one.taken, "goal": 0,
                "pass": one.taken + one.given == 0, "noisy": false, "samples": 1_000_000,
                "detail": [
                    "given_back": one.given, "title": "calls for memory in 10^6 operations",
                    "direction": "at_most", "exact": true, "repetitions": [],
                ] as [String: Any],
            ])
        }
        if let text = try? text("hot-path.json") {
            guard let goal = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else {
                throw GateError.unreadable("\(folder)/hot-path.json: no JSON (what says check-hot-path.sh?)")
            }
            goals.append(goal)
        }
        let machine = ["swift": key.compiler, "processor": key.processor, "libc": key.libc]
        let top: [String: Any] = [
            "version": GateBaseline.version, "machine": machine, "partial": false, "goals": goals,
        ]
        let data = try JSONSerialization.data(
            withJSONObject: top, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
