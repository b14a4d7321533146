import Accumulator
import Glibc
import Journal
import TestSupport
import Testing

/// `pks journal repair-tail`: a damaged end is cut only when told, and nothing but a damaged end.
@Suite struct TailRepairTests {
    private static func repair(
        _ scratch: borrowing Scratch, _ options: [String] = []
    ) throws -> PksResult {
        try Pks.run(["journal", "repair-tail", scratch.file("journals")] + options, in: scratch)
    }

    private static func verify(_ scratch: borrowing Scratch) throws -> PksResult {
        try Pks.run(["journal", "verify", scratch.file("journals")], in: scratch)
    }

    /// 344 records: segment 0 with 248, segment 1 with three full blocks (to 341) and a tail of three. The block of
    /// records 311 to 341 is damaged.
    /// Returns its directory; nobody has it then.
    private static func damaged(_ scratch: borrowing Scratch) throws -> String {
        let maker = try JournalTests.long(scratch, fills: 340)
        try maker.scribble("journal-00000001.pksj", at: 5 * 4096 + 1000, [0x77])
        return maker.path
    }

    /// 604 records in three segments; the ranges are damaged, and there are checkpoints of these records.
    private static func damaged(
        _ scratch: borrowing Scratch, _ ranges: [(name: String, bytes: Range<Int>)],
        checkpoints: [UInt64] = []
    ) throws {
        let maker = try JournalTests.long(scratch, fills: 600)
        for seq in checkpoints { try maker.checkpoint(seq, keeping: checkpoints.first) }
        for (name, bytes) in ranges {
            try maker.scribble(name, at: bytes.lowerBound, [UInt8](repeating: 0xaa, count: bytes.count))
        }
    }

    private static func content(_ scratch: borrowing Scratch) throws -> [String: [UInt8]] {
        let path = scratch.file("journals/" + scratch.book)
        var content: [String: [UInt8]] = [:]
        for name in Files.names(in: path) where name != "lock" {
            content[name] = try Files.bytes("\(path)/\(name)")
        }
        return content
    }

    /// Goes on with a journal as a daemon would, which believes nothing of it.
    private static func goOn(
        _ path: String, _ book: String, after lastSeq: UInt64, records: Int
    ) throws {
        let directory = try DiskDirectory(path)
        let scan = try JournalScan(directory, book: book)
        // SAFETY (all of this function): nothing is read of the records; the array outlives the calls.
        let end = try #require(try unsafe scan.run { (_, _) throws(JournalError) in })
        #expect(end.lastSeq == lastSeq)
        var writer = try JournalWriter(directory, book: book, after: end, nowRealtimeNs: 5)
        let record = [UInt8](repeating: 1, count: 128)
        for _ in 0..<records {
            let isTaken = unsafe record.withUnsafeBytes {
                unsafe $0.baseAddress.map { unsafe writer.append($0) }
            }
            #expect(isTaken == true)
        }
        try writer.commit(nowRealtimeNs: 6)
    }

    @Test func `A journal whose beginning is gone is refused as the daemon refuses it`() throws {
        let scratch = try Scratch()
        // Nobody has it after that.
        let path = try JournalTests.long(scratch, fills: 340).path
        Files.remove("\(path)/journal-00000000.pksj")
        let missing =
            "it begins with record 249, and there is no whole checkpoint from there on: pks run will refuse it"
        for run in [
            try Self.verify(scratch), try Pks.run(["journal", "ls", scratch.file("journals")], in: scratch),
            try Pks.run(["journal", "ls", "--json", scratch.file("journals")], in: scratch),
        ] {
            #expect(run.status == 65 && run.output.contains(missing), "\(run.output)\(run.errors)")
        }
        let repair = try Self.repair(scratch, ["--yes"])
        #expect(repair.status == 65 && repair.errors.contains(missing), "\(repair.output)\(repair.errors)")
    }

    @Test func `Without a yes it says what would be lost and changes nothing`() throws {
        let scratch = try Scratch()
        _ = try Self.damaged(scratch)
        let before = try Self.content(scratch)
        let run = try Self.repair(scratch)
        #expect(run.status == 65, "\(run.output)\(run.errors)")
        #expect(
            run.output.contains("would be given up: records 311 to 344, which were reported durable\n"))
        // The block of the last three is not there yet, which is no fault: a tail has them.
        #expect(run.output.contains("/journal-00000001.pksj: byte 20480: its checksum does not hold\n"))
        #expect(!run.output.contains("byte 24576"))
        #expect(run.output.contains("  of them 3 can still be read, and are in what is put aside\n"))
        #expect(
            run.output.contains(
                "would be cut: journal-00000001.pksj, with a copy as it was in journal-00000001.pksj.cut-1\n"
            ))
        #expect(run.output.hasSuffix("if not, --yes does this\n"))
        #expect(try Self.content(scratch) == before)
    }

    @Test func `With it the journal is whole up to the last good record and takes further ones`()
        throws
    {
        let scratch = try Scratch()
        let path = try Self.damaged(scratch)
        let file = "\(path)/journal-00000001.pksj"
        let before = try Files.bytes(file)
        let run = try Self.repair(scratch, ["--yes"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("\ngiven up: records 311 to 344, which were reported durable\n"))
        #expect(try Files.bytes(file + ".cut-1") == before)
        let verify = try Self.verify(scratch)
        #expect(verify.status == 0, "\(verify.output)")
        #expect(verify.output.contains(": whole, records 1 to 310, "))
        try Self.goOn(path, scratch.book, after: 310, records: 40)
        #expect(try Self.verify(scratch).output.contains(": whole, records 1 to 350, "))
        let again = try Self.repair(scratch)
        #expect(again.status == 0)
        #expect(again.output == "\(scratch.book): whole: nothing to repair\n")
    }

    @Test func `A cut in the middle of a segment moves later files and newer checkpoints aside`()
        throws
    {
        let scratch = try Scratch()
        // All blocks from the last of segment 0 on; tails and headers are left.
        try Self.damaged(
            scratch,
            [
                ("journal-00000000.pksj", 10 * 4096..<11 * 4096),
                ("journal-00000001.pksj", 12_288..<45_056), ("journal-00000002.pksj", 12_288..<45_056),
            ], checkpoints: [200, 600])
        let run = try Self.repair(scratch, ["--yes", "--json"])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(
            run.output.contains(
                "\"done\":true,\"last_seq\":217,\"lost_from_seq\":218,\"lost_to_seq\":604,"))
        #expect(
            run.output.contains(
                "\"put_aside\":[\"checkpoint-00000000000000000600.pksc.cut-1\",\"journal-00000002.pksj.cut-1\","
                    + "\"journal-00000001.pksj.cut-1\",\"journal-00000000.pksj.cut-1\"]"))
        let verify = try Self.verify(scratch)
        #expect(verify.status == 0, "\(verify.output)")
        #expect(verify.output.contains(": whole, records 1 to 217, "))
        #expect(verify.output.contains("  1 of 1 checkpoints are whole\n"))
        #expect(
            try Pks.run(["verify", "--journal", scratch.file("journals")], in: scratch).status == 0)
    }

    @Test func `Damage before whole blocks is never touched`() throws {
        let scratch = try Scratch()
        try Self.damaged(scratch, [("journal-00000001.pksj", 21_480..<21_490)])
        let before = try Self.content(scratch)
        let run = try Self.repair(scratch, ["--yes"])
        #expect(run.status == 65)
        #expect(
            run.errors.contains(
                "and this is not the end: 263 records can be read behind it (restore it from a copy;"))
        #expect(try Self.content(scratch) == before)
    }

    @Test func `While somebody has the journal nothing is done`() throws {
        let scratch = try Scratch()
        let path = try Self.damaged(scratch)
        let before = try Self.content(scratch)
        let owner = try DiskDirectory(path)
        let run = try Self.repair(scratch, ["--yes"])
        #expect(run.status == 75, "\(run.output)\(run.errors)")
        #expect(try Self.content(scratch) == before)
        #expect(owner.isOwner)
    }
}
