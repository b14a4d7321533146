import CJournal
import ShmFiles

/// The first block of a segment's file.
struct SegmentHeader: Equatable {
    var epoch: UInt64
    var segment: UInt64
    var blocksPerSegment: Int
    var createdRealtimeNs: Int64
    /// Running time of the journal, over all its openings.
    var createdElapsedNs: Int64
    /// The opening that began the segment.
    var life: UInt32
    /// Checksum of the last block of the segment before.
    var previousCRC: UInt32
    var book: String

    /// Writes the block. `block` is 4096 bytes of zeros.
    // SAFETY (both functions): the caller's memory is a whole block, aligned to eight bytes.
    @unsafe
    func store(in block: UnsafeMutableRawPointer) {
        var header = pks_journal_header()
        header.magic = UInt64(PKS_JOURNAL_MAGIC)
        header.version = UInt32(PKS_JOURNAL_VERSION)
        header.epoch = epoch
        header.segment = segment
        header.blocks_per_segment = UInt32(blocksPerSegment)
        header.block_bytes = UInt32(PKS_JOURNAL_BLOCK_BYTES)
        header.records_per_block = UInt32(PKS_JOURNAL_RECORDS)
        header.record_bytes = 128
        header.created_realtime_ns = createdRealtimeNs
        header.created_elapsed_ns = createdElapsedNs
        header.life = life
        header.previous_crc = UInt64(previousCRC)
        _ = FixedText.store(book, in: &header.book)
        unsafe block.storeBytes(of: header, as: pks_journal_header.self)
        header.crc = unsafe pks_crc32c(0, block, JournalLayout.blockBytes)
        unsafe block.storeBytes(of: header, as: pks_journal_header.self)
    }
}

extension SegmentHeader {
    /// Reads and checks the block; says what is wrong with it.
    // SAFETY: the caller's memory is a whole block, aligned to eight bytes.
    @unsafe
    init(_ block: UnsafeMutableRawPointer, object: String) throws(JournalError) {
        var header = unsafe block.load(as: pks_journal_header.self)
        guard header.magic == UInt64(PKS_JOURNAL_MAGIC) else {
            throw .wrongFile(
                object: object, reason: "is not a file of a journal, or its first bytes are damaged")
        }
        let crc = header.crc
        header.crc = 0
        unsafe block.storeBytes(of: header, as: pks_journal_header.self)
        let sum = unsafe pks_crc32c(0, block, JournalLayout.blockBytes)
        header.crc = crc
        unsafe block.storeBytes(of: header, as: pks_journal_header.self)
        guard sum == crc else {
            throw .damaged(object: object, offset: 0, reason: "the checksum of the header does not hold")
        }
        guard header.version == UInt32(PKS_JOURNAL_VERSION) else {
            throw .wrongFile(
                object: object,
                reason: "has version \(header.version), this program reads \(PKS_JOURNAL_VERSION)")
        }
        guard header.block_bytes == UInt32(PKS_JOURNAL_BLOCK_BYTES),
            header.records_per_block == UInt32(PKS_JOURNAL_RECORDS), header.record_bytes == 128,
            header.blocks_per_segment > 0, header.blocks_per_segment <= 1 << 24, header.epoch != 0
        else { throw .wrongFile(object: object, reason: "has impossible sizes in its header") }
        epoch = header.epoch
        segment = header.segment
        blocksPerSegment = Int(header.blocks_per_segment)
        createdRealtimeNs = header.created_realtime_ns
        createdElapsedNs = header.created_elapsed_ns
        life = header.life
        previousCRC = UInt32(truncatingIfNeeded: header.previous_crc)
        book = FixedText.load(of: header.book)
    }
}
