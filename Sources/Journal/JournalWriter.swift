import CJournal

/// The writing end of a journal: takes records, makes blocks of them, and commits them. It knows nothing of threads,
/// clocks or books; one thread at a time has it.
///
/// Not a hot path, but on the way to every acknowledgement: appending copies 128 bytes, and committing allocates a
/// small array. After an error it takes nothing more.
public struct JournalWriter: ~Copyable {
    /// Records up to this one are durable.
    public private(set) var durableSeq: UInt64
    /// Records up to this one have been appended.
    public private(set) var appendedSeq: UInt64
    /// The journal's epoch.
    public let epoch: UInt64

    private let directory: any JournalDirectory
    private let book: String
    private let layout: JournalLayout
    private let life: UInt32
    private var file: any JournalFile
    private var segment: UInt64
    /// Blocks to write: `fullCount` full ones, then the one that is being filled.
    private let batch: BlockBuffer
    private var fullCount = 0
    private var partialCount: Int
    /// Number of the batch's first block.
    private var firstBlock: UInt64
    private var previousCRC: UInt32
    private var tailTurn: Int
    private var hasFailed = false

    /// Goes on behind `end`, which a scan of the same directory has found. Makes the next segment when it is needed.
    /// `batchBlocksMax`: the most full blocks of one commit.
    public init(
        _ directory: any JournalDirectory, book: String, after end: JournalEnd, batchBlocksMax: Int = 64,
        nowRealtimeNs: Int64
    ) throws(JournalError) {
        precondition(batchBlocksMax > 0)
        self.directory = directory
        self.book = book
        layout = end.layout
        epoch = end.epoch
        life = end.life &+ 1
        durableSeq = end.lastSeq
        appendedSeq = end.lastSeq
        firstBlock = end.block
        partialCount = end.partialCount
        previousCRC = end.previousCRC
        tailTurn = end.tailTurn
        batch = BlockBuffer(count: batchBlocksMax + 1)
        segment = end.layout.segment(ofBlock: end.block)
        let name = JournalLayout.name(ofSegment: segment)
        file =
            try directory.names().contains(name)
            ? try directory.open(name)
            : try Self.create(
                directory, book, end.layout, epoch: end.epoch, segment: segment, end.previousCRC,
                nowRealtimeNs)
        // SAFETY: a block has room for the partial records, which are less than one.
        unsafe end.partial.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
                unsafe batch.record(0, ofBlock: 0).copyMemory(from: base, byteCount: bytes.count)
            }
        }
    }

    /// Takes one record of 128 bytes; false when the batch is full and must be committed first.
    public mutating func append(_ record: UnsafeRawPointer) -> Bool {
        if fullCount == batch.count - 1 { return false }
        // SAFETY: the place is in the batch; the caller's record is whole.
        unsafe batch.record(partialCount, ofBlock: fullCount).copyMemory(from: record, byteCount: 128)
        partialCount += 1
        appendedSeq += 1
        if partialCount == JournalLayout.recordsPerBlock {
            fullCount += 1
            partialCount = 0
            batch.clear(fullCount)
        }
        return true
    }

    /// Makes everything appended durable, and says so in `durableSeq`. When it throws, nothing more can be
    /// appended or committed.
    public mutating func commit(nowRealtimeNs: Int64) throws(JournalError) {
        precondition(!hasFailed, "a journal that has failed takes nothing more")
        if appendedSeq == durableSeq { return }
        hasFailed = true
        try writeFullBlocks(nowRealtimeNs)
        hasFailed = false
        durableSeq = appendedSeq
    }

    /// Writes once more what the newest commit has made durable, and that it is: whatever happens to that commit's
    /// last block later is then known to be damage and no torn end. For when there is nothing else to do.
    public mutating func confirm(nowRealtimeNs: Int64) throws(JournalError) {
        precondition(!hasFailed, "a journal that has failed takes nothing more")
        precondition(appendedSeq == durableSeq, "commit first")
        hasFailed = true
        try openSegment(of: firstBlock, nowRealtimeNs)
        try file.commit([sealTail(nowRealtimeNs)])
        hasFailed = false
    }

    // MARK: - Blocks

    /// Writes the full blocks, segment by segment, and the tail with the last of them.
    private mutating func writeFullBlocks(_ nowRealtimeNs: Int64) throws(JournalError) {
        var next = 0
        while true {
            let number = firstBlock + UInt64(next)
            try openSegment(of: number, nowRealtimeNs)
            let room = Int(layout.firstBlock(ofSegment: segment + 1) - number)
            let count = min(room, fullCount - next)
            var writes: [JournalWrite] = []
            if count > 0 {
                for index in next..<next + count { sealFull(index, nowRealtimeNs) }
                // SAFETY: the batch outlives the commit.
                writes.append(
                    unsafe JournalWrite(
                        offset: layout.offset(ofBlock: number),
                        bytes: UnsafeRawBufferPointer(batch.bytes(next..<next + count))))
            }
            next += count
            let isLast = next == fullCount
            // A tail lies in the segment of its block: behind the last block of a segment that is the next one.
            let isTailHere = isLast && layout.segment(ofBlock: firstBlock + UInt64(next)) == segment
            if isTailHere && partialCount > 0 { writes.append(sealTail(index: next, nowRealtimeNs)) }
            if !writes.isEmpty { try file.commit(writes) }
            if isLast && (isTailHere || partialCount == 0) { break }
        }
        if fullCount > 0 { batch.copy(fullCount, to: 0) }
        firstBlock += UInt64(fullCount)
        fullCount = 0
    }

    private mutating func sealFull(_ index: Int, _ nowRealtimeNs: Int64) {
        let header = header(firstBlock + UInt64(index), count: JournalLayout.recordsPerBlock, nowRealtimeNs)
        // SAFETY: a block of the batch.
        previousCRC = unsafe JournalBlock.seal(batch.block(index), header)
    }

    private mutating func sealTail(index: Int = 0, _ nowRealtimeNs: Int64) -> JournalWrite {
        var header = header(firstBlock + UInt64(index), count: partialCount, nowRealtimeNs)
        header.isTail = true
        tailTurn ^= 1
        // SAFETY: a block of the batch, which outlives the commit.
        _ = unsafe JournalBlock.seal(batch.block(index), header)
        return unsafe JournalWrite(
            offset: JournalLayout.offset(ofTail: tailTurn),
            bytes: UnsafeRawBufferPointer(batch.bytes(index..<index + 1)))
    }

    private func header(_ number: UInt64, count: Int, _ nowRealtimeNs: Int64) -> BlockHeader {
        BlockHeader(
            epoch: epoch, number: number, durableSeq: durableSeq, writtenRealtimeNs: nowRealtimeNs,
            isTail: false, count: count, previousCRC: previousCRC, life: life)
    }

    // MARK: - Segments

    private mutating func openSegment(of number: UInt64, _ nowRealtimeNs: Int64) throws(JournalError) {
        let wanted = layout.segment(ofBlock: number)
        if wanted == segment { return }
        file = try Self.create(
            directory, book, layout, epoch: epoch, segment: wanted, previousCRC, nowRealtimeNs)
        segment = wanted
    }

    static func create(
        _ directory: any JournalDirectory, _ book: String, _ layout: JournalLayout, epoch: UInt64,
        segment: UInt64, _ previousCRC: UInt32, _ nowRealtimeNs: Int64
    ) throws(JournalError) -> any JournalFile {
        let header = SegmentHeader(
            epoch: epoch, segment: segment, blocksPerSegment: layout.blocksPerSegment,
            createdRealtimeNs: nowRealtimeNs, previousCRC: previousCRC, book: book)
        let block = BlockBuffer(count: 1)
        // SAFETY: one block, which outlives the call.
        unsafe header.store(in: block.block(0))
        return unsafe try directory.create(
            JournalLayout.name(ofSegment: segment), byteCount: layout.segmentBytes,
            first: UnsafeRawBufferPointer(block.bytes(0..<1)))
    }
}
