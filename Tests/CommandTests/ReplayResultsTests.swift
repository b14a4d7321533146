import TestSupport
import Testing

/// Known results through the whole command: file, ring, book, slots, files.
@Suite struct ReplayResultsTests {
    @Test func `A partial close leaves lots 20 at 150 and 50 at 160 and a profit of 1600`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let key = "\(scratch.book),default,default,ABC"
        #expect(
            scratch.text("out/positions.csv") == Cases.positionsHeader
                + "\(key),70,157.142857142857,11000,1600,0,1600,2,150,80,170,4,3\n")
        #expect(
            scratch.text("out/lots.csv")
                == "book,account,strategy,symbol,trade_id,order_id,side,qty_open,qty_remaining,price,opened_ns\n"
                + "\(key),t1,,LONG,100,20,150,2\n\(key),t2,,LONG,50,50,160,3\n")
        #expect(
            scratch.text("out/matches.csv")
                == "match_id,book,account,strategy,symbol,side,open_trade_id,close_trade_id,qty,open_price,"
                + "close_price,realized_pnl,open_ns,close_ns\n"
                + "2-4,\(key),LONG,t1,t3,80,150,170,1600,2,4\n")
        #expect(scratch.text("out/rejects.csv") == "file,line,trade_id,reason,detail\n")
        #expect(run.errors.contains("fills       3\n"))
        #expect(run.output.isEmpty)
    }

    @Test func `Six sold of eight leave a lot of 2 at 105`() throws {
        let scratch = try Scratch()
        let fills = Cases.untilFlat.split(separator: "\n").prefix(4).joined(separator: "\n")
        let input = try scratch.write("fills.csv", fills)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(scratch.rows("out/positions.csv").map { $0[4...7] } == [["2", "105", "210", "55"]])
        #expect(scratch.rows("out/lots.csv").map { $0[4...9] } == [["t2", "", "LONG", "3", "2", "105"]])
    }

    @Test func `Back to flat gives four matches and a DELETE for every closed lot and the rollup`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.untilFlat)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(
            scratch.rows("out/positions.csv").map { $0[4...10] } == [["0", "", "0", "50", "0", "50", "0"]])
        #expect(scratch.rows("out/lots.csv").isEmpty)
        #expect(
            scratch.rows("out/matches.csv").map { $0[6...11] } == [
                ["t1", "t3", "5", "100", "110", "50"], ["t2", "t3", "1", "105", "110", "5"],
                ["t2", "t4", "2", "105", "104", "-2"], ["t4", "t5", "3", "104", "105", "-3"],
            ])
        let effects = scratch.text("out/effects.jsonl").split(separator: "\n")
        let deleted = effects.filter { $0.contains("\"effect\":\"lot\"") && $0.contains("\"op\":\"DELETE\"") }
        #expect(deleted.count == 3)
        #expect(deleted.allSatisfy { $0.contains("\"qty_remaining\":\"0\"") })
        let rollups = effects.filter { $0.contains("\"effect\":\"rollup\"") }
        #expect(rollups.last?.contains("\"op\":\"DELETE\"") == true)
        // The flip of t4 closes two of t2 and opens three short.
        #expect(effects.contains { $0.contains("\"op\":\"FLIP\"") && $0.contains("\"trade_id\":\"t4\"") })
    }

    @Test func `Effects of one record come in the order of the contract`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.untilFlat)
        _ = try Pks.run(["replay", input, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        let ofFlip = scratch.text("out/effects.jsonl").split(separator: "\n").filter {
            $0.hasPrefix("{\"seq\":\"5\"")
        }
        let kinds = ofFlip.map { line in
            line.split(separator: "\"effect\":\"")[1].prefix { $0 != "\"" }
        }
        #expect(kinds == ["lot", "lot", "match", "rollup", "realized_pnl", "position"])
    }

    @Test func `The average method has one pool per row, without ids, at twelve decimals`() throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--method", "average", "--out", scratch.file("out")],
            in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(
            scratch.rows("out/lots.csv").map { $0[4...] } == [
                ["", "", "LONG", "150", "70", "153.333333333333", "2"]
            ])
        #expect(
            scratch.rows("out/matches.csv").map { $0[6...10] } == [
                ["", "t3", "80", "153.333333333333", "170"]
            ])
        let effects = scratch.text("out/effects.jsonl")
        #expect(effects.contains("\"open_fee\":null"))
    }

    @Test(arguments: [("lifo", "t2"), ("hifo", "t2"), ("lofo", "t1"), ("fifo", "t1")])
    func `The method decides which lot closes first`(method: String, first: String) throws {
        let scratch = try Scratch()
        let input = try scratch.write("fills.csv", Cases.partialClose)
        let run = try Pks.run(
            ["replay", input, "--book", scratch.book, "--method", method, "--out", scratch.file("out")],
            in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let matches = scratch.rows("out/matches.csv")
        #expect(matches.map { $0[0] } == (first == "t1" ? ["2-4"] : ["2-4", "3-4"]))
        #expect(matches.last?[6] == first)
    }

    @Test func `Instruments state decimals, multiplier, currency and method`() throws {
        let scratch = try Scratch()
        let input = try scratch.write(
            "fills.csv",
            "trade_id,symbol,side,qty,price,fee,fee_currency\nt1,ES,BUY,2,5000.25,1.5,USD\n"
                + "t2,ES,SELL,1,5001,0.5,EUR\nt3,ES,SELL,1,5001.005,0,\n")
        let instruments = try scratch.write(
            "instruments.csv",
            "symbol,price_decimals,qty_decimals,multiplier,currency,class,method\nES,2,0,50,USD,future,lifo\n"
        )
        let run = try Pks.run(
            [
                "replay", input, "--book", scratch.book, "--instruments", instruments, "--out",
                scratch.file("out"),
            ], in: scratch)
        #expect(run.status == 65)
        #expect(
            scratch.rows("out/positions.csv").map { $0[4...9] } == [
                ["1", "5000.25", "250012.5", "37.5", "1.5", "36"]
            ])
        #expect(
            scratch.text("out/fees.csv") == "book,account,strategy,symbol,currency,fees\n"
                + "\(scratch.book),default,default,ES,EUR,0.5\n")
        #expect(scratch.text("out/rejects.csv").contains(",4,t3,too_many_decimals,"))
        // A later run without such fees takes the file away, so that the directory tells one story.
        let plain = try scratch.write("plain.csv", Cases.partialClose)
        _ = try Pks.run(["replay", plain, "--book", scratch.book, "--out", scratch.file("out")], in: scratch)
        #expect(!Files.names(in: scratch.file("out")).contains("fees.csv"))
    }

    @Test func `Rows are sorted by book, account, strategy and symbol, byte by byte`() throws {
        let scratch = try Scratch()
        let (one, two) = (scratch.book + "-b", scratch.book + "-a")
        let input = try scratch.write(
            "fills.csv",
            """
            trade_id,book,account,strategy,symbol,side,qty,price
            t1,\(one),z,s,ABC,BUY,1,1
            t2,\(two),b,s,ABC,BUY,1,1
            t3,\(two),B,s,ABC,BUY,1,1
            t4,\(two),B,s,AB,BUY,1,1
            t5,\(one),a,s2,ABC,BUY,1,1
            t6,\(one),a,s10,ABC,BUY,1,1
            t7,\(one),\u{e9},s,ABC,BUY,1,1
            t8,\(one),"a,b",s,ABC,BUY,1,1

            """)
        let run = try Pks.run(["replay", input, "--out", scratch.file("out")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let lines = scratch.text("out/positions.csv").split(separator: "\n").dropFirst()
        #expect(lines.count == 8)
        let starts = [
            "\(two),B,s,AB,", "\(two),B,s,ABC,", "\(two),b,s,ABC,", "\(one),a,s10,", "\(one),a,s2,",
            "\(one),\"a,b\",s,", "\(one),z,", "\(one),\u{e9},",
        ]
        for (line, start) in zip(lines, starts) { #expect(line.hasPrefix(start)) }
        for name in ["lots.csv", "positions.csv"] {
            #expect(scratch.text("out/" + name).split(separator: "\n").count == 9)
        }
    }

    @Test func `An output directory that is a file is called that`() throws {
        let scratch = try Scratch()
        let fills = try scratch.write("fills.csv", Cases.partialClose)
        let file = try scratch.write("plain", "text")
        let run = try Pks.run(["replay", fills, "--book", scratch.book, "--out", file], in: scratch)
        #expect(run.status == 73)
        #expect(run.errors == "pks: \(file): Not a directory (choose another --out directory)\n")
    }

    @Test func `When there is no input no empty directory is left`() throws {
        let scratch = try Scratch()
        let run = try Pks.run(
            [
                "replay", scratch.file("absent.csv"), "--book", scratch.book, "--out",
                scratch.file("made/for/it"),
            ],
            in: scratch)
        #expect(run.status == 66)
        #expect(!Files.names(in: scratch.file("")).contains("made"))
    }
}
