import Testing

/// Input that cannot be used: named with file, line, column and reason, and nothing else affected.
@Suite struct ReplayRejectTests {
    /// A row of each kind, with the reason and the column that must be named.
    static let badRows: [(row: String, reason: String, column: Int)] = [
        ("t2,ABC,BUY,1x,150", "bad_number", 13), ("t2,ABC,BUY,1.123456789,150", "too_many_decimals", 12),
        ("t2,ABC,BUY,99999999999999,150", "overflow", 12), ("t2,ABC,BUY,0,150", "zero_quantity", 12),
        ("t2,ABC,BUY,-3,150", "negative_quantity", 12), ("t2,ABC,SEL,1,150", "unknown_side", 8),
        ("\(String(repeating: "t", count: 41)),ABC,BUY,1,150", "id_too_long", 1),
        ("t2,ABC,BUY,1", "field_count", 13), ("t2,\"A\"B,BUY,1,150", "bad_quoting", 7),
        ("t2,A\u{1}C,BUY,1,150", "binary_data", 5), (",ABC,BUY,1,150", "missing_field", 1),
        ("t2,\(String(repeating: "s", count: 49)),BUY,1,150", "name_too_long", 4),
    ]

    @Test(arguments: badRows)
    func `A bad row is rejected with its place and reason, and the rest goes on`(
        bad: (row: String, reason: String, column: Int)
    ) throws {
        let scratch = try Scratch()
        let input = try scratch.write(
            "fills.csv", Cases.header + "t1,ABC,BUY,100,150\n" + bad.row + "\nt3,ABC,SELL,40,160\n")
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 65)
        let rejects = scratch.text("out/rejects.csv").split(separator: "\n")
        #expect(rejects.count == 2)
        let row = String(rejects.last ?? "")
        #expect(row.hasPrefix("\(input),3,"), "\(row)")
        #expect(row.contains(",\(bad.reason),"), "\(row)")
        #expect(row.contains("column \(bad.column): "), "\(row)")
        #expect(run.errors.contains("pks: \(input):3:\(bad.column): "), "\(run.errors)")
        #expect(scratch.rows("out/positions.csv").map { $0[4...7] } == [["60", "150", "9000", "400"]])
    }

    @Test func `With --allow-rejects the same run exits with 0 and writes the same files`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose + "t4,ABC,SELL,0,1\n")
        for (folder, extra) in [("strict", [String]()), ("lenient", ["--allow-rejects"])] {
            let run = try Pks.run(
                ["replay", input, "--book", scratch.book, "--out", scratch.file(folder)] + extra, in: scratch)
            #expect(run.status == (extra.isEmpty ? 65 : 0))
        }
        for name in ["positions.csv", "lots.csv", "matches.csv", "rejects.csv", "effects.jsonl"] {
            #expect(scratch.text("strict/" + name) == scratch.text("lenient/" + name))
            #expect(!scratch.text("strict/" + name).isEmpty)
        }
    }

    @Test func `A repeated fill is a duplicate, and no reject`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose + "t3,ABC,SELL,80,170\n")
        let run = try Pks.run(["replay", input, "--book", scratch.book, "--json"], in: scratch)
        #expect(run.status == 0)
        #expect(run.output.contains("\"fills\":3,\"duplicates\":1,\"conflicts\":0,\"rejects\":0,"))
    }

    @Test func `A conflict states both versions with both lines`() throws {
        let scratch = try Scratch()
        let first = try scratch.write("first.csv", Cases.partialClose)
        let second = try scratch.write("second.csv", Cases.header + "t3,ABC,BUY,80,171\n")
        let run = try Pks.run(
            ["replay", first, second, "--book", scratch.book, "--out", scratch.file("out"), "--json"],
            in: scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("\"conflicts\":1,\"rejects\":1,"))
        #expect(
            scratch.text("out/rejects.csv").contains(
                "\(second),2,t3,conflict,\"trade t3 is BUY 80 at 171 (\(second):2), "))
        let effect = scratch.text("out/effects.jsonl").split(separator: "\n").last ?? ""
        #expect(effect.contains("\"first_side\":\"SELL\",\"first_qty\":\"80\",\"first_price\":\"170\""))
        #expect(effect.contains("\"first_file\":\"\(first)\",\"first_line\":\"4\""))
        #expect(scratch.rows("out/positions.csv").map { $0[4] } == ["70"])
    }

    @Test func `Without result files the book's rejects are told with their lines as well`() throws {
        let scratch = try Scratch()
        let input = try scratch.write(
            "fills.csv", Cases.partialClose + "t3,ABC,SELL,80,171\nt4,ABC,BUY,92233720368,92233720368\n")
        let run = try Pks.run(["replay", input, "--book", scratch.book], in: scratch)
        #expect(run.status == 65)
        #expect(
            run.errors.contains(
                "pks: \(input):5: trade t3 is SELL 80 at 171 (\(input):5), but came first as "))
        #expect(
            run.errors.contains(
                "pks: \(input):6: a quantity, a fee or an amount of money of the position would"))
        #expect(run.errors.contains("1 conflict, 1 overflow"))
    }

    @Test func `Rejects of feeds and of books stand in the order of the input`() throws {
        let scratch = try Scratch()
        var text = "trade_id,book,symbol,side,qty,price,open_trade_id\n"
        var expected: [String] = []
        for index in 1...300 {
            let book = scratch.book + (index % 2 == 0 ? "-a" : "-b")
            switch index % 3 {
            case 0: text += "t\(index),\(book),ABC,BUY,1,1,\n"
            case 1:
                text += "t\(index),\(book),ABC,BUY,0,1,\n"
                expected.append("\(index + 1) zero_quantity")
            default:
                text += "t\(index),\(book),ABC,SELL,1,1,nowhere\n"
                expected.append("\(index + 1) lot_not_open")
            }
        }
        let input = try scratch.write("fills.csv", text)
        let run = try Pks.run(["replay", input, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 65)
        #expect(scratch.rows("out/rejects.csv").map { "\($0[1]) \($0[3])" } == expected)
        // On stderr the first ten, and how many there are besides.
        #expect(run.errors.contains("pks: and 190 more rejects"))
    }

    @Test func `A file without a required column is not used, and says which is missing`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", "trade_id,symbol,side,quantity,price\nt1,ABC,BUY,1,1\n")
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 65)
        #expect(scratch.text("out/rejects.csv").contains(",missing_column,"))
        #expect(run.errors.contains("qty"))
        #expect(scratch.rows("out/positions.csv").isEmpty)
    }

    @Test func `A full book rejects what has no room, and says which option gives it`() throws {
        let scratch = try Scratch()
        let input = try scratch.write(
            "fills.csv",
            Cases.header
                + "t1,A,BUY,1,1\nt2,B,BUY,1,1\nt3,C,BUY,1,1\nt4,A,BUY,1,1\nt5,C,BUY,1,1\nt6,B,BUY,1,1\n")
        let run = try Pks.run(
            [
                "replay", input, "--book", scratch.book, "--positions-max", "2", "--lots-max", "3", "--out",
                scratch.file("out"),
            ], in: scratch)
        #expect(run.status == 65)
        #expect(
            scratch.rows("out/rejects.csv").map { $0[1...3].joined(separator: " ") } == [
                "4 t3 slot_capacity", "6 t5 slot_capacity", "7 t6 lot_capacity",
            ])
        #expect(scratch.text("out/rejects.csv").contains("--positions-max"))
        #expect(scratch.text("out/rejects.csv").contains("--lots-max"))
        #expect(scratch.rows("out/positions.csv").map { $0[3...4] } == [["A", "2"], ["B", "1"]])
    }

    @Test func `A duplicate window that is full is an error, not a silent forget`() throws {
        let scratch = try Scratch()
        let rows = (1...9).map { "t\($0),A,BUY,1,1" }.joined(separator: "\n")
        let input = try scratch.write("fills.csv", Cases.header + rows + "\n")
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--identities-max", "8", "--out", scratch.file("out")],
            in: scratch)
        #expect(run.status == 65)
        #expect(scratch.rows("out/rejects.csv").map { $0[1...3] } == [["10", "t9", "identity_capacity"]])
    }
}
