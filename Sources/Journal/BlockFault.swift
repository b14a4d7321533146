import CJournal
import Glibc

/// What is wrong with a block that cannot be believed, in words.
enum BlockFault {
    /// Nil for a block that holds: of this journal, with its checksum and, where they are stated, the right number
    /// in the right place after the right block. With no number it has to be a tail.
    // SAFETY: the caller's memory is a whole block, aligned to eight bytes; offsets are those of pks_journal.h.
    @unsafe
    static func reason(
        _ block: UnsafeMutableRawPointer, epoch: UInt64, number: UInt64?, previousCRC: UInt32?
    ) -> String? {
        guard unsafe block.load(as: UInt32.self) == UInt32(PKS_JOURNAL_BLOCK_MAGIC) else {
            return unsafe isZero(block)
                ? "was never written, or was zeroed" : "does not begin like a block of a journal"
        }
        // Whoever wrote it: with its own epoch it is judged by its checksum alone.
        let itsEpoch = unsafe block.load(fromByteOffset: 8, as: UInt64.self)
        guard let header = unsafe JournalBlock.open(block, epoch: itsEpoch) else {
            return "its checksum does not hold"
        }
        if header.epoch != epoch { return "is a block of another journal" }
        guard let number else { return header.isTail ? nil : "is a block in the place of a tail" }
        if header.isTail { return "is a tail in the place of a block" }
        if header.number != number { return "is block \(header.number) in the place of block \(number)" }
        if let previousCRC, header.previousCRC != previousCRC { return "does not follow the block before it" }
        return nil
    }
}

extension BlockFault {
    /// Whether a block has only zeros: its first byte is zero, and each other byte is the one before it.
    // SAFETY: the caller's memory is a whole block.
    @unsafe
    static func isZero(_ block: UnsafeMutableRawPointer) -> Bool {
        unsafe block.load(as: UInt8.self) == 0 && memcmp(block, block + 1, JournalLayout.blockBytes - 1) == 0
    }
}

extension BlockBuffer {
    /// Whether a block has only zeros.
    func isZero(_ index: Int) -> Bool {
        // SAFETY: a block of the buffer.
        unsafe BlockFault.isZero(block(index))
    }
}
