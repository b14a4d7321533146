import TestSupport

/// The fills of a case: what the generator makes of the seed, whole and in parts, and what a replay makes of them.
struct BusFlow {
    /// The file of all fills, and those of its parts.
    let whole: String
    let parts: [String]
    /// Rows of the replay's positions, by key.
    let positions: [String: [String: String]]
    /// How often each match is there.
    let matches: [String: Int]
    /// Fills that are applied.
    let applied: Int
    /// Fills that are applied when the first part is through, and so on.
    let appliedThrough: [Int]
    /// Fills that are rejected.
    let rejected: Int
    /// Which trades these are.
    let rejectedTrades: Set<String>

    /// Makes fills in so many parts; the sizes are shares of the whole.
    init(_ scene: BusScene, count: Int, shares: [Double] = [1]) throws {
        let seed = "\(scene.options.seed)"
        let text = try scene.run(
            [
                "generate", "--fills", "\(count)", "--seed", seed, "--duplicates", "0.004", "--conflicts",
                "0.002",
                "--symbols", "20", "--flips", "0.03",
            ], "generate")
        let lines = text.split(separator: "\n")
        guard let header = lines.first else { throw BusFailure("the generator made nothing") }
        whole = try scene.directory.write("fills.csv", text)
        var parts: [String] = []
        var start = 1
        for (number, share) in shares.enumerated() {
            let isLast = number == shares.count - 1
            let end = isLast ? lines.count : min(lines.count, start + Int(Double(lines.count - 1) * share))
            let rows = ([header] + lines[start..<end]).joined(separator: "\n") + "\n"
            parts.append(try scene.directory.write("part-\(number).csv", rows))
            start = end
        }
        self.parts = parts
        appliedThrough = try (1...parts.count).map { count in
            Self.applied(try Self.replayed(scene, Array(parts.prefix(count)), "replay-\(count)"))
        }
        positions = try Self.replayed(scene, [whole], "replay")
        matches = try Self.table(scene.directory.text("replay/matches.csv")).reduce(into: [:]) { all, row in
            all[Self.match(row), default: 0] += 1
        }
        applied = Self.applied(positions)
        let rejects = scene.directory.text("replay/rejects.csv").split(separator: "\n").dropFirst()
        rejected = rejects.count
        rejectedTrades = Set(
            rejects.compactMap { $0.split(separator: ",").dropFirst(2).first.map { String($0) } })
    }

    /// The positions that a replay has of files, by key.
    private static func replayed(
        _ scene: BusScene, _ files: [String], _ name: String
    ) throws -> [String: [String: String]] {
        let out = scene.directory.file(name)
        try scene.run(
            ["replay"] + files + ["--book", scene.book, "--out", out, "--allow-rejects"], "run-" + name)
        return try table(Files.text(out + "/positions.csv")).reduce(into: [:]) { all, row in
            all[key(row)] = row
        }
    }

    private static func applied(_ positions: [String: [String: String]]) -> Int {
        positions.values.reduce(0) { $0 + (Int($1["fills"] ?? "") ?? 0) }
    }

    /// Rows of a CSV without quotes, by column.
    static func table(_ text: String) throws -> [[String: String]] {
        let lines = text.split(separator: "\n")
        guard let header = lines.first?.split(separator: ",", omittingEmptySubsequences: false) else {
            throw BusFailure("a table without a header")
        }
        return lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return Dictionary(uniqueKeysWithValues: zip(header, cells).map { (String($0), String($1)) })
        }
    }

    static func key(_ row: [String: String]) -> String {
        "\(row["account"] ?? "") \(row["strategy"] ?? "") \(row["symbol"] ?? "")"
    }

    /// What a match says that does not depend on the numbers of records.
    static func match(_ row: [String: String]) -> String {
        let names = [
            "account", "strategy", "symbol", "side", "open_trade_id", "close_trade_id", "qty", "open_price",
            "close_price", "realized_pnl", "open_ns", "close_ns",
        ]
        return names.map { row[$0] ?? "?" }.joined(separator: " ")
    }
}
