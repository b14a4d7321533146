/// Records on their way into blocks: some full blocks, then the one that is being filled. One thread at a time.
final class RecordBatch {
    /// The blocks, without headers.
    let blocks: BlockBuffer
    /// Blocks that are full.
    private(set) var fullCount = 0
    /// Records in the block after those.
    private(set) var partialCount = 0

    /// Room for `fullBlocksMax` full blocks and one that is being filled.
    init(fullBlocksMax: Int) { blocks = BlockBuffer(count: fullBlocksMax + 1) }

    /// Nothing more fits until full blocks are dropped.
    var isFull: Bool { fullCount == blocks.count - 1 }

    /// Bytes of the blocks that have something.
    var byteCount: Int { (fullCount + (partialCount > 0 ? 1 : 0)) * JournalLayout.blockBytes }

    /// Takes one record of 128 bytes; false when it is full.
    func append(_ record: UnsafeRawPointer) -> Bool {
        if isFull { return false }
        // SAFETY: the place is in the blocks; the caller's record is whole.
        unsafe blocks.record(partialCount, ofBlock: fullCount).copyMemory(from: record, byteCount: 128)
        partialCount += 1
        if partialCount == JournalLayout.recordsPerBlock {
            fullCount += 1
            partialCount = 0
            blocks.clear(fullCount)
        }
        return true
    }

    /// Takes the first records of a block, less than one block of them.
    func begin(with records: UnsafeRawBufferPointer) {
        precondition(fullCount == 0 && records.count < JournalLayout.recordsPerBlock * 128)
        blocks.clear(0)
        partialCount = records.count / 128
        // SAFETY: less than a block of records fits into one.
        if let base = records.baseAddress {
            unsafe blocks.record(0, ofBlock: 0).copyMemory(from: base, byteCount: records.count)
        }
    }

    /// Begins anew with the records of another batch's last block.
    func begin(behind other: RecordBatch) {
        fullCount = 0
        // SAFETY: as many records as the block has.
        unsafe begin(
            with: UnsafeRawBufferPointer(
                start: other.blocks.record(0, ofBlock: other.fullCount), count: other.partialCount * 128))
    }

    /// Drops the first full blocks; what is behind them comes to the front.
    func drop(fullBlocks count: Int) {
        if count == 0 { return }
        let left = fullCount - count
        for index in 0...left { blocks.copy(count + index, to: index) }
        blocks.clear(fullCount)
        fullCount = left
    }
}
