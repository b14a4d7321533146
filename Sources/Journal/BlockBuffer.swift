import CJournal

// SAFETY: allocated in init with `count` blocks, aligned to 4096 for direct writes, freed in deinit; every access
// is bounded by a precondition.
/// Some blocks of memory, aligned as direct I/O wants them. One thread at a time.
@safe
final class BlockBuffer {
    private let base: UnsafeMutableRawPointer
    /// How many blocks.
    let count: Int

    /// `count` blocks of zeros.
    init(count: Int) {
        precondition(count > 0)
        self.count = count
        let bytes = count * JournalLayout.blockBytes
        unsafe base = .allocate(byteCount: bytes, alignment: JournalLayout.blockBytes)
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }

    deinit { unsafe base.deallocate() }

    /// A block; valid as long as this buffer.
    @unsafe
    func block(_ index: Int) -> UnsafeMutableRawPointer {
        precondition(index >= 0 && index < count)
        return unsafe base + index * JournalLayout.blockBytes
    }

    /// A record's place in a block.
    @unsafe
    func record(_ place: Int, ofBlock index: Int) -> UnsafeMutableRawPointer {
        precondition(place >= 0 && place < JournalLayout.recordsPerBlock)
        return unsafe block(index) + 128 + place * 128
    }

    /// Some blocks in a row, as bytes.
    @unsafe
    func bytes(_ blocks: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(blocks.lowerBound >= 0 && blocks.upperBound <= count)
        return unsafe UnsafeMutableRawBufferPointer(
            start: base + blocks.lowerBound * JournalLayout.blockBytes,
            count: blocks.count * JournalLayout.blockBytes)
    }

    /// Makes a block zero.
    func clear(_ index: Int) {
        unsafe block(index).initializeMemory(as: UInt8.self, repeating: 0, count: JournalLayout.blockBytes)
    }

    /// Copies one block over another.
    func copy(_ from: Int, to: Int) {
        unsafe block(to).copyMemory(from: block(from), byteCount: JournalLayout.blockBytes)
    }
}
