import Accumulator
import Glibc
import Journal
import TestSupport
import Testing

/// `pks journal ls`, `cat` and `verify`: what is there is shown, what is damaged is named.
@Suite struct JournalTests {
    // SAFETY (all of this type): names given to the C library live for the calls.

    /// A journal of five records in its tail: bounds, a ring, a key with its instrument, a fill.
    private static func small(_ scratch: borrowing Scratch) throws -> JournalMaker {
        let maker = try JournalMaker(scratch.file("journals"), book: scratch.book)
        try maker.attach(ring: 0, producer: "gate\u{1b}[2J")
        let key = try maker.define(KeyNames(account: "acc one", strategy: "s", symbol: "X"))
        try maker.fill(key, buys: true, qty: 3, price: 1050, fee: 25, trade: "T1")
        try maker.confirm()
        return maker
    }

    /// A journal of so many fills over several segments of eight blocks.
    static func long(_ scratch: borrowing Scratch, fills: Int) throws -> JournalMaker {
        let maker = try JournalMaker(scratch.file("journals"), book: scratch.book)
        try maker.attach(ring: 0, producer: "gw")
        let key = try maker.define(KeyNames(account: "a", strategy: "s", symbol: "X"))
        for number in 0..<fills {
            try maker.fill(key, buys: number % 3 != 0, qty: 1, price: Int64(number), trade: "T\(number)")
            if number % 50 == 0 { try maker.commit() }
        }
        try maker.confirm()
        return maker
    }

    private static func verify(_ scratch: borrowing Scratch) throws -> PksResult {
        try Pks.run(["journal", "verify", scratch.file("journals")], in: scratch)
    }

    @Test func `Records are printed with names, exact numbers and ids, and nothing moves the cursor`() throws
    {
        let scratch = try Scratch()
        _ = try Self.small(scratch)
        let run = try Pks.run(["journal", "cat", scratch.file("journals")], in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.outputLines
        #expect(lines.count == 5)
        #expect(lines[0].hasPrefix("         1  config     positions_max=64 lots_max=4096 "))
        #expect(
            lines[1].contains("ring=0 producer=\"gate\\u{1b}[2J\"")
                || lines[1].contains("producer=gate\\u{1b}[2J"))
        #expect(
            lines[2].contains(
                "symbol=X price_decimals=2 qty_decimals=0 fee_decimals=4 multiplier=1 currency=USD"))
        #expect(lines[3].contains("account=\"acc one\" strategy=s symbol=X handle=0"))
        #expect(lines[4].contains("side=BUY qty=3 price=10.5 fee=0.0025 trade_id=T1"))
        #expect(!run.output.contains("\u{1b}"))
    }

    @Test func `As JSON each record is a line, and a range prints only itself`() throws {
        let scratch = try Scratch()
        _ = try Self.small(scratch)
        let run = try Pks.run(
            [
                "journal", "cat", scratch.file("journals/" + scratch.book), "--from", "4", "--to", "5",
                "--json",
            ],
            in: scratch)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.outputLines.count == 2)
        #expect(
            run.outputLines[0].hasPrefix(
                "{\"seq\":\"4\",\"kind\":\"key\",\"ring\":\"0\",\"producer\":\"gate\\u001b[2J\""))
        #expect(
            run.outputLines[1].contains(
                "\"qty\":\"3\",\"price\":\"10.5\",\"fee\":\"0.0025\",\"trade_id\":\"T1\""))
    }

    @Test func `A whole journal over several segments is whole`() throws {
        let scratch = try Scratch()
        let maker = try Self.long(scratch, fills: 600)
        #expect(maker.seq == 604)
        let verify = try Self.verify(scratch)
        #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
        #expect(
            verify.output.hasPrefix(
                "\(scratch.book): whole, records 1 to 604, durable to 604 at least, life 1"))
        let list = try Pks.run(["journal", "ls", scratch.file("journals"), "--json"], in: scratch)
        #expect(list.status == 0)
        #expect(list.output.contains("\"verdict\":\"whole\""))
        #expect(list.output.contains("\"file\":\"journal-00000000.pksj\",\"first_seq\":1,\"records\":248,"))
        #expect(list.output.contains("\"file\":\"journal-00000002.pksj\",\"first_seq\":497,\"records\":108,"))
    }

    @Test func `Damage before the end is named with file, byte and records`() throws {
        let scratch = try Scratch()
        let maker = try Self.long(scratch, fills: 600)
        // Block 9: the second of segment 1, at byte 4 x 4096.
        try maker.scribble("journal-00000001.pksj", at: 4 * 4096 + 700, [0xff])
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("DAMAGED, records 1 to 279"))
        #expect(
            run.output.contains(
                "journal-00000001.pksj: byte 16384: its checksum does not hold: records 280 to 310"))
        #expect(run.output.contains("and 294 records can be read behind it; restore the file from a copy\n"))
        let cat = try Pks.run(["journal", "cat", scratch.file("journals")], in: scratch)
        #expect(cat.status == 65)
        #expect(cat.outputLines.count == 279)
        #expect(cat.errors.contains("byte 16384: its checksum does not hold"))
    }

    @Test func `Every part of a journal that is not what it was is named`() throws {
        let scratch = try Scratch()
        let maker = try Self.long(scratch, fills: 600)
        let names = (0...2).map { "journal-0000000\($0).pksj" }
        let files = try names.map { try Files.bytes("\(maker.path)/\($0)") }
        /// What a file becomes (nil: it goes), and what is said of it.
        let cases: [(file: Int, bytes: [UInt8]?, said: String)] = [
            (1, nil, "journal-00000001.pksj: byte 0: this part of the journal is missing"),
            (1, files[2], "byte 24: is segment 2 under another name"),
            (
                1, files[1].changed(at: 5 * 4096, Array(files[1][6 * 4096..<7 * 4096])),
                "byte 20480: is block 11 in the place of block 10: records 311 to 341"
            ),
            (0, files[0].changed(at: 100, [7]), "byte 0: the checksum of the header does not hold"),
            (1, Array(files[1].prefix(9000)), "byte 9000: the file has 9000 bytes instead of 45056"),
            (
                1, files[1].changed(at: 5 * 4096, [UInt8](repeating: 0, count: 4096)),
                "byte 20480: was never written, or was zeroed: records 311 to 341"
            ),
        ]
        for (file, bytes, said) in cases {
            let path = "journals/\(scratch.book)/\(names[file])"
            if let bytes { try scratch.write(path, bytes) } else { _ = unsafe unlink(scratch.file(path)) }
            let run = try Self.verify(scratch)
            #expect(run.status == 65, "\(said)")
            #expect(run.output.contains(said), "\(run.output)")
            try scratch.write(path, files[file])
            #expect(try Self.verify(scratch).status == 0)
        }
    }

    @Test func `A torn end is normal, and a damaged end is not`() throws {
        let scratch = try Scratch()
        let maker = try Self.long(scratch, fills: 40)
        // What a write that nobody was told of may leave: rubbish behind the last block.
        try maker.scribble("journal-00000000.pksj", at: 6 * 4096, [1, 2, 3])
        let torn = try Self.verify(scratch)
        #expect(torn.status == 0)
        #expect(torn.output.contains("whole, with a torn end, records 1 to 44"))
        try maker.commit()
        // Block 0, whose records both tails say were durable.
        try maker.scribble("journal-00000000.pksj", at: 3 * 4096 + 200, [9])
        let damaged = try Self.verify(scratch)
        #expect(damaged.status == 65)
        #expect(damaged.output.contains("DAMAGED at its end, no records"))
    }

    @Test func `A journal of another book is named`() throws {
        let scratch = try Scratch()
        let maker = try Self.small(scratch)
        _ = unsafe rename(maker.path, scratch.file("journals/other"))
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("byte 64: is of book \(scratch.book), not of other"))
    }

    @Test func `What is not there is said with what to do`() throws {
        let scratch = try Scratch()
        let none = try Pks.run(["journal", "ls", scratch.path], in: scratch)
        #expect(none.status == 66)
        #expect(none.errors.contains("there is no journal"))
        let nowhere = try Pks.run(["journal", "ls"], in: scratch)
        #expect(nowhere.status == 64)
        #expect(nowhere.errors.contains("PKS_JOURNAL"))
        _ = try Self.small(scratch)
        let wrong = try Pks.run(
            ["journal", "ls", "--book", scratch.book + "x"], in: scratch,
            environment: ["PKS_JOURNAL": scratch.file("journals")])
        #expect(wrong.status == 66)
        #expect(wrong.errors.contains("did you mean \(scratch.book)?"))
        let toml = try scratch.write(
            "pks.toml", "[[book]]\nname = \"\(scratch.book)\"\njournal = \"journals\"\n")
        let configured = try Pks.run(["journal", "ls", "--config", toml], in: scratch)
        #expect(configured.status == 0, "\(configured.errors)")
        #expect(configured.output.hasPrefix("\(scratch.book): whole, records 1 to 5, "))
        let other = try scratch.write("other.toml", "[[book]]\nname = \"other\"\njournal = \"journals\"\n")
        let missing = try Pks.run(["explain", "--symbol", "X", "--config", other], in: scratch)
        #expect(missing.status == 66)
        #expect(missing.errors.contains("no journal of its books"))
        let action = try Pks.run(["journal", "verfy", scratch.path], in: scratch)
        #expect(action.status == 64)
        #expect(action.errors.contains("did you mean verify?"))
    }
}

extension [UInt8] {
    /// The same with other bytes from `offset` on.
    func changed(at offset: Int, _ bytes: [UInt8]) -> [UInt8] {
        Array(self[..<offset]) + bytes + Array(self[(offset + bytes.count)...])
    }
}
