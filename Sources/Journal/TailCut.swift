import CJournal

/// Takes away what lies behind a record of a journal, for a damaged end that nothing can restore. Whoever calls it holds
/// the directory's lock and has made copies. One thread.
public enum TailCut {
    /// Zeros the blocks behind record `lastSeq` in the segment of the next one, and the tails that do not end with it.
    /// Later segments must be gone already. Interrupted, it leaves a journal whose end is still known to be damaged.
    /// Throws `system` and `commitFailed`.
    public static func clean(
        _ directory: any JournalDirectory, _ layout: JournalLayout, lastSeq: UInt64
    ) throws(JournalError) {
        let number = JournalLayout.block(ofRecord: lastSeq + 1)
        let name = JournalLayout.name(ofSegment: layout.segment(ofBlock: number))
        guard try directory.names().contains(name) else { return }
        let file = try directory.open(name)
        let buffer = BlockBuffer(count: 2)
        let end = layout.firstBlock(ofSegment: layout.segment(ofBlock: number) + 1)
        // From the last to the first, and the tails in the end: they say what was durable.
        for block in (number..<end).reversed() {
            try zero(file, layout.offset(ofBlock: block), buffer) { _ in false }
        }
        let count = Int(lastSeq - (JournalLayout.firstRecord(ofBlock: number) - 1))
        for turn in 0...1 {
            try zero(file, JournalLayout.offset(ofTail: turn), buffer) { header in
                header?.isTail == true && header?.number == number && header?.count == count && count > 0
            }
        }
    }

    /// Zeros a block unless it has nothing in it, or is to be kept.
    private static func zero(
        _ file: any JournalFile, _ offset: Int, _ buffer: BlockBuffer, unless keeps: (BlockHeader?) -> Bool
    ) throws(JournalError) {
        // SAFETY (all of this function): two blocks of the buffer, which outlives the calls.
        buffer.clear(0)
        buffer.clear(1)
        _ = unsafe try file.read(at: offset, into: buffer.bytes(0..<1))
        if buffer.isZero(0) { return }
        let epoch = unsafe buffer.block(0).load(fromByteOffset: 8, as: UInt64.self)
        if keeps(unsafe JournalBlock.open(buffer.block(0), epoch: epoch)) { return }
        try file.commit([
            unsafe JournalWrite(offset: offset, bytes: UnsafeRawBufferPointer(buffer.bytes(1..<2)))
        ])
    }
}
