import Testing

/// `pks generate`: the same seed, the same bytes; and what was asked for is in them.
@Suite struct GenerateTests {
    @Test func `The same seed gives the same bytes and another seed others`() throws {
        let scratch = try Scratch()
        func bytes(_ seed: String, _ format: String) throws -> String {
            try Pks.run(["generate", "--fills", "500", "--seed", seed, "--format", format], in: scratch)
                .output
        }
        for format in ["csv", "jsonl"] {
            #expect(try bytes("7", format) == bytes("7", format))
            #expect(try bytes("7", format) != bytes("8", format))
        }
        // Pinned: a change of the generator changes every demonstration that names a seed.
        #expect(
            try bytes("7", "csv").split(separator: "\n").prefix(2).joined(separator: "\n") == """
                trade_id,order_id,account,strategy,symbol,side,qty,price,fee,event_ns
                t1,o1,acc1,strat1,BTCUSDT,BUY,0.0008,61837.66,0.01978805,1735689600000656154
                """)
    }

    @Test func `Every row is used, and duplicates and conflicts are as many as asked for`() throws {
        let scratch = try Scratch()
        let fills = scratch.file("fills.csv")
        _ = try Pks.run(
            [
                "generate", "--fills", "20000", "--duplicates", "0.1", "--conflicts", "5%", "--late", "0.2",
                "--symbols", "20", "--accounts", "3", "--out", fills,
            ], in: scratch)
        let run = try Pks.run(
            ["replay", fills, "--book", scratch.book, "--json", "--allow-rejects", "--no-digest"], in: scratch
        )
        #expect(run.status == 0, "\(run.errors)")
        let counts = Self.numbers(run.output)
        let (fillCount, duplicates) = (counts["fills"] ?? 0, counts["duplicates"] ?? 0)
        let (conflicts, late) = (counts["conflicts"] ?? 0, counts["late"] ?? 0)
        #expect(fillCount + duplicates + conflicts == 20000)
        #expect(counts["rejects"] == conflicts)
        #expect((1800...2200).contains(duplicates))
        #expect((850...1150).contains(conflicts))
        #expect((3000...3900).contains(late))
        #expect((counts["positions"] ?? 0) == 120)
    }

    @Test func `CSV and JSON lines of one seed are the same fills`() throws {
        let scratch = try Scratch()
        var positions: [String] = []
        for format in ["csv", "jsonl"] {
            let file = scratch.file("fills." + format)
            _ = try Pks.run(["generate", "--fills", "2000", "--format", format, "--out", file], in: scratch)
            _ = try Pks.run(
                ["replay", file, "--book", scratch.book, "--out", scratch.file(format)], in: scratch)
            positions.append(scratch.text(format + "/matches.csv"))
        }
        // A header line in the one, none in the other: the records have the same numbers.
        #expect(positions[0] == positions[1])
        #expect(positions[0].split(separator: "\n").count > 1000)
    }

    @Test func `A reader that has had enough is no error`() throws {
        let scratch = try Scratch()
        let shell = try Pks.runShell(
            "'\(Pks.path)' generate --fills 1000000 | head -n 1; echo ${PIPESTATUS[0]}", in: scratch)
        #expect(shell.outputLines.last == "0")
        #expect(shell.errors.isEmpty)
    }

    /// The whole numbers of a flat JSON object, by name.
    static func numbers(_ json: String) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for part in json.split(separator: ",") {
            let sides = part.split(separator: ":")
            guard sides.count == 2, let value = Int(sides[1]) else { continue }
            let name = String(sides[0].filter { $0.isLetter || $0 == "_" })
            if numbers[name] == nil { numbers[name] = value }
        }
        return numbers
    }
}
