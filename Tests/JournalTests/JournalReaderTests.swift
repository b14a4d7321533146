import Glibc
import Journal
import JournalSupport
import TestSupport
import Testing

/// A record by its number, from a mapping.
@Suite struct JournalReaderTests {
    private func record(_ reader: JournalReader, _ seq: UInt64) throws -> [UInt8] {
        // SAFETY: the bytes are copied.
        unsafe try reader.withRecord(seq) { unsafe Array($0) }
    }

    @Test func `Every record is found by its number, in any order, while the journal grows`() throws {
        let place = try JournalPlace()
        let layout = JournalLayout(blocksPerSegment: 3)
        var random = SeededRandom(seed: TestSeed.base)
        var run = try JournalRun(
            DiskDirectory(place.journal()), after: .beginning(epoch: 7, layout: layout))
        let reader = JournalReader(path: place.journal(), layout: layout, epoch: 7)
        for _ in 0..<12 {
            try run.step(&random, life: 0)
            for _ in 0..<50 {
                let seq = UInt64.random(in: 1...UInt64(run.records.count), using: &random)
                #expect(try record(reader, seq) == run.records[Int(seq) - 1], "\(seq), seed \(TestSeed.base)")
            }
            let last = UInt64(run.records.count)
            #expect(try record(reader, last) == run.records[Int(last) - 1])
            #expect(throws: JournalError.self) { try record(reader, last + 1) }
        }
    }

    @Test func `A damaged block is named with its file and place, and its neighbours are read`() throws {
        let place = try JournalPlace()
        let layout = JournalLayout(blocksPerSegment: 8)
        var random = SeededRandom(seed: TestSeed.base)
        var run = try JournalRun(
            DiskDirectory(place.journal()), after: .beginning(epoch: 7, layout: layout))
        while run.records.count < 200 { try run.step(&random, life: 0) }
        let file = place.journal() + "/" + JournalLayout.name(ofSegment: 0)
        var bytes = try Files.bytes(file)
        let offset = layout.offset(ofBlock: 2)
        bytes[offset + 1000] ^= 1
        try Files.write(file, bytes)
        let reader = JournalReader(path: place.journal(), layout: layout, epoch: 7)
        #expect(try record(reader, 62) == run.records[61])
        #expect(try record(reader, 94) == run.records[93])
        var message = ""
        do { _ = try record(reader, 63) } catch { message = "\(error)" }
        #expect(message.contains("journal-00000000.pksj: damaged at byte \(offset)"), "\(message)")
    }
}
