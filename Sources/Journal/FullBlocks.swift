import CJournal

/// Reads the full blocks of a journal, also while its writer goes on: they are written once and never again. One
/// thread.
struct FullBlocks {
    let directory: any JournalDirectory
    let layout: JournalLayout
    let epoch: UInt64
    private let buffer = BlockBuffer(count: 64)

    init(_ directory: any JournalDirectory, layout: JournalLayout, epoch: UInt64) {
        self.directory = directory
        self.layout = layout
        self.epoch = epoch
    }

    /// Calls `body` with the records of each block, in order. Every block must be whole, in its place and follow the
    /// one before it. The records are only valid during the call.
    func run(
        _ blocks: Range<UInt64>,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        var number = blocks.lowerBound
        var previous: UInt32?
        while number < blocks.upperBound {
            let segment = layout.segment(ofBlock: number)
            let name = JournalLayout.name(ofSegment: segment)
            let file = try directory.open(name)
            let end = min(blocks.upperBound, layout.firstBlock(ofSegment: segment + 1))
            while number < end {
                let count = Int(min(end - number, UInt64(buffer.count)))
                let offset = layout.offset(ofBlock: number)
                // SAFETY (all of this function): blocks of the buffer; a full block has 31 records.
                _ = unsafe try file.read(at: offset, into: buffer.bytes(0..<count))
                for index in 0..<count {
                    let header = unsafe JournalBlock.open(buffer.block(index), epoch: epoch)
                    guard let header, !header.isTail, header.number == number,
                        header.previousCRC == previous ?? header.previousCRC
                    else {
                        throw .damaged(
                            object: "\(directory.path)/\(name)",
                            offset: offset + index * JournalLayout.blockBytes,
                            reason: "block \(number) cannot be read, though its records were durable")
                    }
                    previous = header.crc
                    let records = unsafe UnsafeRawBufferPointer(
                        start: buffer.record(0, ofBlock: index), count: JournalLayout.recordsPerBlock * 128)
                    unsafe try body(JournalLayout.firstRecord(ofBlock: number), records)
                    number += 1
                }
            }
        }
    }
}
