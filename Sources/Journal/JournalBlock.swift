import CJournal

/// What a block says of itself.
struct BlockHeader: Equatable {
    var epoch: UInt64
    var number: UInt64
    var durableSeq: UInt64
    var writtenRealtimeNs: Int64
    /// Running time of the journal, over all its openings.
    var elapsedNs: Int64
    var isTail: Bool
    var count: Int
    var previousCRC: UInt32
    var life: UInt32
    /// The checksum; 0 before the block is sealed.
    var crc: UInt32 = 0
}

/// Blocks of 4096 bytes: sealing them and believing them.
enum JournalBlock {
    // SAFETY (all of these): the caller's memory is a whole block, aligned to eight bytes; offsets are those that
    // pks_journal.h asserts.

    /// Writes the header and the checksum over the records that are in the block already; the places after `count`
    /// must be zero.
    @unsafe
    static func seal(_ block: UnsafeMutableRawPointer, _ header: BlockHeader) -> UInt32 {
        unsafe (block + 8).initializeMemory(as: UInt8.self, repeating: 0, count: 120)
        unsafe block.storeBytes(of: UInt32(PKS_JOURNAL_BLOCK_MAGIC), as: UInt32.self)
        unsafe block.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        unsafe block.storeBytes(of: header.epoch, toByteOffset: 8, as: UInt64.self)
        unsafe block.storeBytes(of: header.number, toByteOffset: 16, as: UInt64.self)
        unsafe block.storeBytes(of: header.durableSeq, toByteOffset: 24, as: UInt64.self)
        unsafe block.storeBytes(of: header.writtenRealtimeNs, toByteOffset: 32, as: Int64.self)
        let kind = UInt32(header.isTail ? PKS_JOURNAL_TAIL : PKS_JOURNAL_FULL)
        unsafe block.storeBytes(of: kind, toByteOffset: 40, as: UInt32.self)
        unsafe block.storeBytes(of: UInt32(header.count), toByteOffset: 44, as: UInt32.self)
        unsafe block.storeBytes(of: header.previousCRC, toByteOffset: 48, as: UInt32.self)
        unsafe block.storeBytes(of: header.life, toByteOffset: 52, as: UInt32.self)
        unsafe block.storeBytes(of: header.elapsedNs, toByteOffset: 56, as: Int64.self)
        let crc = unsafe checksum(block)
        unsafe block.storeBytes(of: crc, toByteOffset: 4, as: UInt32.self)
        return crc
    }

    /// The header of a block whose checksum holds and whose fields are possible; nil for anything else, also for a
    /// block that was never written.
    @unsafe
    static func open(_ block: UnsafeRawPointer, epoch: UInt64) -> BlockHeader? {
        guard unsafe block.load(as: UInt32.self) == UInt32(PKS_JOURNAL_BLOCK_MAGIC) else { return nil }
        let crc = unsafe block.load(fromByteOffset: 4, as: UInt32.self)
        let sum = unsafe checksum(block)
        let kind = unsafe block.load(fromByteOffset: 40, as: UInt32.self)
        let count = unsafe block.load(fromByteOffset: 44, as: UInt32.self)
        let isTail = kind == UInt32(PKS_JOURNAL_TAIL)
        let header = BlockHeader(
            epoch: unsafe block.load(fromByteOffset: 8, as: UInt64.self),
            number: unsafe block.load(fromByteOffset: 16, as: UInt64.self),
            durableSeq: unsafe block.load(fromByteOffset: 24, as: UInt64.self),
            writtenRealtimeNs: unsafe block.load(fromByteOffset: 32, as: Int64.self),
            elapsedNs: unsafe block.load(fromByteOffset: 56, as: Int64.self),
            isTail: isTail, count: Int(count),
            previousCRC: unsafe block.load(fromByteOffset: 48, as: UInt32.self),
            life: unsafe block.load(fromByteOffset: 52, as: UInt32.self), crc: crc)
        guard sum == crc, header.epoch == epoch, count <= UInt32(PKS_JOURNAL_RECORDS),
            isTail || (kind == UInt32(PKS_JOURNAL_FULL) && count == UInt32(PKS_JOURNAL_RECORDS))
        else { return nil }
        return header
    }

    /// The checksum of a block, with its own word taken as zero.
    @unsafe
    private static func checksum(_ block: UnsafeRawPointer) -> UInt32 {
        let head = unsafe UInt64(block.load(as: UInt32.self))
        let crc = unsafe withUnsafeBytes(of: head) { unsafe pks_crc32c(0, $0.baseAddress, 8) }
        return unsafe pks_crc32c(crc, block + 8, JournalLayout.blockBytes - 8)
    }
}
