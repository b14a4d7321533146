import Accumulator
import CSeqlock
import Glibc
import ShmBridge
import TestSupport
import Testing

/// `pks verify --journal`, and what verbs do with checkpoints, aged-out records and the live segment.
@Suite struct JournalReplayTests {
    private static func verify(_ scratch: borrowing Scratch) throws -> PksResult {
        try Pks.run(["verify", "--journal", scratch.file("journals")], in: scratch)
    }

    private static func explain(_ scratch: borrowing Scratch) throws -> PksResult {
        try Pks.run(
            [
                "explain", "--journal", scratch.file("journals"), "--account", "a", "--strategy", "s",
                "--symbol", "X", "--last", "3",
            ], in: scratch)
    }

    @Test func `Checkpoints have the digest of a replay up to their record`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 300)
        try maker.checkpoint(100)
        try maker.checkpoint(250, keeping: 100)
        let run = try Self.verify(scratch)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("\n  records      304 replayed from record 1 to record 304\n"))
        #expect(run.output.contains("\n  identities   3, after each of 300 fills\n"))
        #expect(run.output.contains("\n  checkpoints  2 with the digest of the replay at their record\n"))
        let list = try Pks.run(["journal", "ls", scratch.file("journals")], in: scratch)
        #expect(list.status == 0)
        #expect(list.output.contains("checkpoint-00000000000000000250.pksc      -   250"))
    }

    @Test func `A checkpoint of another state is found`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 300)
        try maker.checkpoint(100)
        // The same journal and record, but the price of one fill was another.
        let other = try JournalMaker(scratch.file("others"), book: scratch.book)
        try other.attach(ring: 0, producer: "gw")
        let key = try other.define(KeyNames(account: "a", strategy: "s", symbol: "X"))
        for number in 0..<96 {
            try other.fill(
                key, buys: number % 3 != 0, qty: 1, price: Int64(number == 50 ? 51 : number),
                trade: "T\(number)")
        }
        try other.checkpoint(100)
        let name = "checkpoint-00000000000000000100.pksc"
        try scratch.write("journals/\(scratch.book)/\(name)", Files.bytes("\(other.path)/\(name)"))
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("  fault        \(name): its digest is not that of the replay: "))
    }

    @Test func `A damaged checkpoint is named by every verb that reads it`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 300)
        try maker.checkpoint(100)
        try maker.scribble("checkpoint-00000000000000000100.pksc", at: 5000, [0x5a])
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("checkpoint-00000000000000000100.pksc: byte 4096: "), "\(run.output)")
        let check = try Pks.run(["journal", "verify", scratch.file("journals")], in: scratch)
        #expect(check.status == 65)
        #expect(check.output.contains("/checkpoint-00000000000000000100.pksc: byte 4096: "))
        #expect(check.output.contains("  0 of 1 checkpoints are whole\n"))
    }

    @Test func `What has aged out is replaced by the oldest checkpoint`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 600)
        try maker.checkpoint(300)
        try maker.checkpoint(550, keeping: 300)
        maker.lose("journal-00000000.pksj")
        let run = try Self.verify(scratch)
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(
            run.output.contains("records      304 replayed from the checkpoint of record 300 to record 604\n")
        )
        #expect(run.output.contains("identities   3, after each of 304 fills\n"))
        #expect(run.output.contains("checkpoints  1 with the digest of the replay at their record\n"))
        #expect(run.output.contains(try maker.replayed().book.digest()))
        let explain = try Self.explain(scratch)
        #expect(explain.status == 0, "\(explain.output)\(explain.errors)")
        #expect(
            explain.output.contains(
                "opening balance, as a checkpoint has it after record 300: 296 fills, bought "))
        #expect(
            explain.output.contains("\n... brought forward: 301 rows up to record 601: 597 fills, bought "))
        #expect(explain.output.contains(" lots before "))
        #expect(explain.output.hasSuffix("all of it adds up\n"))
        let cat = try Pks.run(
            ["journal", "cat", scratch.file("journals"), "--from", "299", "--to", "300"], in: scratch)
        #expect(cat.status == 0)
        #expect(cat.output.contains("account=a strategy=s symbol=X side="))
    }

    @Test func `Without a checkpoint from there on, what has aged out cannot be replaced`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 600)
        try maker.checkpoint(100)
        maker.lose("journal-00000000.pksj")
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(
            run.errors.contains("it begins at record 249, and there is no whole checkpoint from there on"))
    }

    @Test func `A checkpoint behind the end shows that the newest file is missing`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 600)
        try maker.checkpoint(600)
        maker.lose("journal-00000002.pksj")
        let check = try Pks.run(["journal", "verify", scratch.file("journals")], in: scratch)
        #expect(check.status == 65)
        #expect(
            check.output.contains("journal-00000002.pksj: byte 0: this part of the journal is missing"),
            "\(check.output)")
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("it is of record 600, but the journal ends at record 496\n"))
    }

    @Test func `The slots of the live segment are the replay's, word for word`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 50)
        let replay = try maker.replayed()
        let segment = try ShownBook.show(replay.book, in: scratch, durableSeq: 54)
        let run = try Self.verify(scratch)
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("slots        1 in shared memory are the same, word for word\n"))
        #expect(try Self.explain(scratch).output.contains("shared memory: the same, word for word\n"))
        #expect(segment.slotCapacity == 64)
    }

    @Test func `A slot that differs in one bit is found`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 50)
        let replay = try maker.replayed()
        let segment = try ShownBook.show(replay.book, in: scratch, durableSeq: 54) { $1.open_cost_lo ^= 1 }
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("  fault        slot 0: shared memory has record 54, net "))
        let explain = try Self.explain(scratch)
        #expect(explain.status == 65)
        #expect(explain.output.contains("shared memory: DIFFERS: "))
        #expect(explain.output.hasSuffix("IT DOES NOT ADD UP\n"))
        #expect(segment.slotCapacity == 64)
    }

    @Test func `A slot that the segment should have by now is missed`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 50)
        let replay = try maker.replayed()
        let segment = try ShownBook.show(replay.book, in: scratch, durableSeq: 54, lacking: 1)
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.output.contains("slot 0: the segment does not have X\n"))
        #expect(segment.slotCapacity == 64)
    }

    @Test func `A slot that is ahead of the journal is not judged`() throws {
        let scratch = try Scratch()
        let maker = try JournalTests.long(scratch, fills: 50)
        let replay = try maker.replayed()
        let segment = try ShownBook.show(replay.book, in: scratch, durableSeq: 54) { $1.applied_seq = 60 }
        let run = try Self.verify(scratch)
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("; 1 are newer than the journal's end\n"))
        #expect(try Self.explain(scratch).output.contains("shared memory: already at record 60,"))
        #expect(segment.slotCapacity == 64)
    }

    @Test func `A record that no writer writes is refused with its number`() throws {
        let scratch = try Scratch()
        let maker = try JournalMaker(scratch.file("journals"), book: scratch.book)
        try maker.attach(ring: 0, producer: "gw")
        var record = [UInt64](repeating: 0, count: 16)
        record[0] = 0x7f
        // SAFETY: 128 bytes that live for the closure.
        let raw = unsafe record.withUnsafeBytes { unsafe $0.loadUnaligned(as: Words.self) }
        try maker.append(raw)
        try maker.confirm()
        let run = try Self.verify(scratch)
        #expect(run.status == 65)
        #expect(run.errors.contains("record 3 has the unknown kind 127"))
    }

    @Test func `FILE and --journal are not for one run, and neither is nothing`() throws {
        let scratch = try Scratch()
        let both = try Pks.run(["verify", "f.csv", "--journal", "x"], in: scratch)
        #expect(both.status == 64)
        #expect(both.errors == "pks: verify: f.csv and --journal at once (choose one)\n")
        let none = try Pks.run(["verify"], in: scratch)
        #expect(none.status == 64)
        #expect(none.errors.hasPrefix("pks: verify: no FILE... (usage: pks verify FILE..."))
    }
}

/// 128 bytes.
private struct Words: BitwiseCopyable {
    var words: InlineArray<16, UInt64>
}
