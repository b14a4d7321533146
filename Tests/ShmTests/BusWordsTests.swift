import CSeqlock
import ShmBridge
import ShmReader
import Testing

/// How the state of a book's bus reaches readers, and what those of ABI 1.1 see of it.
@Suite struct BusWordsTests {
    private static let minorOffset = 10

    @Test func `A reader sees each word where the writer has put it`() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let reader = try scratch.reader()
        #expect(reader.bus == nil)
        var words = BusWords()
        (words.state, words.ingestSeq, words.ingestPending) = (UInt64(PKS_BUS_CONNECTING), 11, 12)
        (words.publishedSeq, words.alarms) = (13, 14)
        writer.setBus(words)
        let bus = try required(reader.bus)
        #expect(bus.state == .connecting)
        #expect([bus.ingestSeq, bus.ingestPending, bus.publishedSeq, bus.alarms] == [11, 12, 13, 14])
        words.state = 99
        writer.setBus(words)
        #expect(reader.bus?.state == .unknown(99))
        #expect(reader.heartbeatNs != 0 && reader.counters.fills == 0)
    }

    @Test func `A segment of ABI 1.1 is read as before, and says nothing of a bus`() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        var words = BusWords()
        words.state = UInt64(PKS_BUS_LIVE)
        writer.setBus(words)
        try FilePatch.write(UInt16(1), at: Self.minorOffset, of: scratch.segmentPath("main"))
        let reader = try scratch.reader()
        #expect(reader.header.abi_minor == 1)
        #expect(reader.bus == nil)
        #expect(reader.writerStatus() == .starting || reader.writerStatus() == .live)
    }

    @Test func `The layout's hash is that of ABI 1.1, so that its readers attach`() {
        #expect(pks_layout_hash() == 0x3436_2d87_5a4d_f27b)
    }
}
