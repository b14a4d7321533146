import TestSupport
import Testing

/// The kinds of input: compressed, from a pipe, JSON lines, FIX, several files, several books.
@Suite struct ReplayInputTests {
    private static let results = ["positions.csv", "lots.csv", "matches.csv", "rejects.csv", "effects.jsonl"]

    @Test func `Two replays of real fills give the same bytes`() throws {
        let scratch = try Scratch()
        let input = try fixture("binance-cut.csv.gz")
        var digests: [String] = []
        for folder in ["one", "two"] {
            let run = try Pks.run(
                ["replay", input, "--book", scratch.book, "--method", "hifo", "--out", scratch.file(folder)],
                in: scratch)
            #expect(run.status == 0, "\(run.errors)")
            digests += run.errors.split(separator: "\n").filter { $0.hasPrefix("digest") }.map { String($0) }
        }
        #expect(digests.count == 2)
        #expect(Set(digests).count == 1)
        for name in Self.results {
            let first = try Files.bytes(scratch.file("one/" + name))
            #expect(!first.isEmpty)
            #expect(try first == Files.bytes(scratch.file("two/" + name)), "\(name)")
        }
    }

    @Test func `The same fills as CSV, gzip, JSON lines and from a pipe give the same positions`() throws {
        let scratch = try Scratch()
        let csv = try scratch.write("fills.csv", Cases.untilFlat)
        let json = try scratch.write(
            "fills.jsonl",
            Cases.untilFlat.split(separator: "\n").dropFirst().map { line in
                let fields = line.split(separator: ",")
                return "{\"trade_id\":\"\(fields[0])\",\"symbol\":\"\(fields[1])\",\"side\":\"\(fields[2])\","
                    + "\"qty\":\(fields[3]),\"price\":\"\(fields[4])\"}"
            }.joined(separator: "\n"))
        let runs: [(name: String, arguments: [String], input: String?)] = [
            ("csv", [csv], nil), ("json", [json], nil), ("pipe", ["-"], csv),
            ("pipe-json", ["-", "--format", "jsonl"], json),
        ]
        for run in runs {
            let result = try Pks.run(
                ["replay"] + run.arguments + ["--book", scratch.book, "--out", scratch.file(run.name)],
                in: scratch, input: run.input)
            #expect(result.status == 0, "\(result.errors)")
        }
        let expected = scratch.rows("csv/matches.csv").map { $0[6...11] }
        #expect(expected.count == 4)
        for run in runs {
            #expect(scratch.rows("\(run.name)/matches.csv").map { $0[6...11] } == expected)
        }
    }

    @Test func `A FIX log whose venue reports twice is taken once with --fix-dedupe`() throws {
        let scratch = try Scratch()
        let input = try fixture("fxcm-market-buy.log")
        func fills(_ extra: [String]) throws -> String {
            let run = try Pks.run(
                ["replay", input, "--book", scratch.book, "--json", "--allow-rejects"] + extra, in: scratch)
            #expect(run.status == 0, "\(run.errors)")
            return run.output
        }
        let plain = try fills(["--format", "fix"])
        let deduped = try fills(["--fix-dedupe", "cumqty"])
        #expect(plain.contains("\"fills\":4,"), "\(plain)")
        #expect(deduped.contains("\"fills\":2,"), "\(deduped)")
        #expect(deduped.contains("second reports of a fill"))
    }

    @Test func `A cut gzip file is used as far as it goes, and said to be cut`() throws {
        let scratch = try Scratch()
        let whole = try Files.bytes(try fixture("binance-cut.csv.gz"))
        let input = try scratch.write("cut.csv.gz", Array(whole.prefix(whole.count / 2)))
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out"), "--json"], in: scratch)
        #expect(run.status == 65)
        #expect(scratch.text("out/rejects.csv").contains(",truncated_gzip,"))
        #expect(run.errors.contains("the gzip data ends early"))
        #expect(scratch.text("out/positions.csv").split(separator: "\n").count > 1)
    }

    @Test func `A missing file exits with 66, and what was there is still applied`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let missing = scratch.file("nowhere.csv")
        let run = try Pks.run(
            ["replay", missing, input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 66)
        #expect(
            run.errors.contains("pks: \(missing): cannot open: No such file or directory (check the name)"))
        #expect(scratch.rows("out/positions.csv").map { $0[4] } == ["70"])
        let alone = try Pks.run(["replay", missing, "--out", scratch.file("none")], in: scratch)
        #expect(alone.status == 66)
        #expect(Files.names(in: scratch.file("none")).isEmpty)
    }

    @Test func `Several files are one input in the order given`() throws {
        let scratch = try Scratch()
        let buys = try scratch.write("b.csv", Cases.header + "t1,ABC,BUY,1,10\nt2,ABC,BUY,1,20\n")
        let sells = try scratch.write("a.csv", Cases.header + "t3,ABC,SELL,1,30\n")
        for (files, realized) in [([buys, sells], "20"), ([sells, buys], "20")] {
            let run = try Pks.run(
                ["replay"] + files + ["--book", scratch.book, "--out", scratch.file("out")], in: scratch)
            #expect(run.status == 0, "\(run.errors)")
            #expect(scratch.rows("out/positions.csv").map { $0[7] } == [realized])
            #expect(scratch.rows("out/matches.csv").map { $0[5] } == [files[0] == buys ? "LONG" : "SHORT"])
        }
    }

    @Test func `A bad instruments file is refused with every error and its place`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let instruments = try scratch.write(
            "instruments.csv", "symbol,price_decimals,multiplier\nA,19,1\nB,2,0\nC,2,1\n")
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--instruments", instruments], in: scratch)
        #expect(run.status == 78)
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("pks: \(instruments):2:3: ") == true, "\(run.errors)")
        #expect(lines.last?.hasPrefix("pks: \(instruments):3:5: ") == true, "\(run.errors)")
    }
}
