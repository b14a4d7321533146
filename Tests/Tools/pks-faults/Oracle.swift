import ShmReader
import TestSupport

/// What must come of the scripts: `pks replay` of the same fills from a file, which no journal has seen.
struct Oracle {
    /// Rows of positions.csv, sorted.
    let positions: [String]
    /// Counts of the replay, by their names.
    let counts: [String: Int]

    /// Replays before the daemon has the book's name.
    init(_ place: FaultPlace, program: String, method: String, scripts: [FillScript]) throws {
        let file = place.path + "/fills.csv"
        try Files.write(file, FillScript.header + scripts.map(\.rows).joined())
        let out = place.path + "/replay"
        let child = try Subprocess(
            "replay",
            [
                program, "replay", file, "--book", place.book, "--method", method, "--out", out,
                "--allow-rejects", "--json",
            ], directory: place.path, variables: place.variables)
        let code = child.wait()
        guard code == 0 else {
            throw FaultFailure("the oracle's replay ended with \(code): \(child.errorsSoFar())")
        }
        positions = Files.text(out + "/positions.csv").split(separator: "\n").map { String($0) }.sorted()
        counts = Self.numbers(child.outputSoFar())
        guard positions.count > 1, counts["fills"] ?? 0 > 0 else {
            throw FaultFailure("the oracle's replay has no positions: \(child.outputSoFar())")
        }
    }

    /// Every `"name":number` of a JSON text; the first one of a name counts.
    static func numbers(_ json: String) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for part in json.split(separator: ",") {
            let pair = part.split(separator: ":")
            guard pair.count >= 2, let value = Int(pair[pair.count - 1].filter { $0.isNumber }) else {
                continue
            }
            let name = String(pair[pair.count - 2].filter { $0.isLetter || $0 == "_" })
            if numbers[name] == nil { numbers[name] = value }
        }
        return numbers
    }

    /// Compares the live book with what must be: positions in shared memory, counters, and the journal's own replay.
    /// `onlyState`: fills have come again from their source, so duplicates are not counted.
    func check(_ place: FaultPlace, program: String, onlyState: Bool = false) throws {
        let read = try Subprocess(
            "read", [program, "read", "--book", place.book, "--csv"], directory: place.path,
            variables: place.variables)
        guard read.wait() == 0 else { throw FaultFailure("pks read failed: \(read.errorsSoFar())") }
        let shown = read.outputSoFar().split(separator: "\n").map { String($0) }.sorted()
        if shown != positions {
            let differing = Set(shown).symmetricDifference(positions).sorted().prefix(6)
            throw FaultFailure("positions differ from the replay: \(differing.joined(separator: " | "))")
        }
        try checkCounters(place, onlyState: onlyState)
        let verify = try Subprocess(
            "verify", [program, "verify", "--journal", place.journal, "--json"], directory: place.path,
            variables: place.variables)
        let code = verify.wait()
        let output = verify.outputSoFar()
        let found = Self.numbers(output)
        guard code == 0, output.contains("\"holds\":true") else {
            throw FaultFailure("pks verify --journal ended with \(code): \(output)\(verify.errorsSoFar())")
        }
        for name in onlyState ? ["fills"] : ["fills", "duplicates", "conflicts"]
        where found[name] != counts[name] {
            throw FaultFailure(
                "the journal has \(found[name] ?? -1) \(name), the replay \(counts[name] ?? -1)")
        }
    }

    private func checkCounters(_ place: FaultPlace, onlyState: Bool) throws {
        let counters = try SegmentReader(book: place.book).counters
        var pairs = [
            ("fills", counters.fills), ("matches", counters.matches), ("open_lots", counters.openLots),
        ]
        if !onlyState {
            pairs += [("duplicates", counters.duplicates), ("conflicts", counters.conflicts)]
        }
        for (name, value) in pairs where Int(value) != counts[name] {
            throw FaultFailure("the book counts \(value) \(name), the replay \(counts[name] ?? -1)")
        }
    }
}
