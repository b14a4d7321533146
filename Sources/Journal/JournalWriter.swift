import CJournal

/// The writing end of a journal: takes records, makes blocks of them, and commits them. It knows nothing of threads,
/// clocks or books; one thread at a time has it.
///
/// Not a hot path, but on the way to every acknowledgement: appending copies 128 bytes, and committing allocates a
/// small array. After an error that is not retryable it takes nothing more; after one that is, the same commit can be
/// tried again, to the same places.
public struct JournalWriter: ~Copyable {
    /// Records up to this one are durable.
    public private(set) var durableSeq: UInt64
    /// Records up to this one have been appended.
    public private(set) var appendedSeq: UInt64
    /// The last record of the batch that is committed next, or is being committed.
    private var batchSeq: UInt64
    /// The journal's epoch.
    public let epoch: UInt64
    /// Running time of the journal when this writer was made, over all openings before.
    public let elapsedBeforeNs: Int64
    /// Size of segments.
    public let layout: JournalLayout
    /// The segment that is written to.
    public private(set) var segment: UInt64

    let directory: any JournalDirectory
    private let book: String
    private let life: UInt32
    private var file: any JournalFile
    /// The segment after the one that is written to, while that one's last block is under way.
    private var next: (any JournalFile)?
    private var nextCRC: UInt32 = 0
    /// What is committed next, or is being committed.
    private var batch: RecordBatch
    /// What has come since that commit began, and whether there is any such: a second buffer, so that the disk and
    /// the filling of blocks need not wait for each other.
    private var upcoming: RecordBatch
    private var hasUpcoming = false
    /// Number of the batch's first block.
    private var firstBlock: UInt64
    private var previousCRC: UInt32
    private var tailTurn: Int
    private var hasFailed = false
    private var isRetrying = false
    private var time: Time

    /// What a commit says of when it was.
    private struct Time {
        var realtimeNs: Int64
        var elapsedNs: Int64
    }

    /// Goes on behind `end`, which a scan of the same directory has found. Makes the next segment when it is needed.
    /// `batchBlocksMax`: the most full blocks of one commit.
    public init(
        _ directory: any JournalDirectory, book: String, after end: JournalEnd, batchBlocksMax: Int = 256,
        nowRealtimeNs: Int64
    ) throws(JournalError) {
        precondition(batchBlocksMax > 0)
        self.directory = directory
        self.book = book
        layout = end.layout
        epoch = end.epoch
        life = end.life &+ 1
        elapsedBeforeNs = end.elapsedNs
        time = Time(realtimeNs: nowRealtimeNs, elapsedNs: end.elapsedNs)
        durableSeq = end.lastSeq
        appendedSeq = end.lastSeq
        batchSeq = end.lastSeq
        firstBlock = end.block
        previousCRC = end.previousCRC
        tailTurn = end.tailTurn
        batch = RecordBatch(fullBlocksMax: batchBlocksMax)
        upcoming = RecordBatch(fullBlocksMax: batchBlocksMax)
        segment = end.layout.segment(ofBlock: end.block)
        let name = JournalLayout.name(ofSegment: segment)
        let header = SegmentHeader(
            epoch: end.epoch, segment: segment, blocksPerSegment: end.layout.blocksPerSegment,
            createdRealtimeNs: nowRealtimeNs, createdElapsedNs: end.elapsedNs, life: life,
            previousCRC: end.previousCRC, book: book)
        file =
            try directory.names().contains(name)
            ? try directory.open(name) : try Self.create(directory, end.layout, header)
        // SAFETY: read during the call.
        unsafe end.partial.withUnsafeBytes { bytes in unsafe batch.begin(with: bytes) }
    }

    /// How much of the current segment is used, 0 to 1.
    var segmentPart: Double {
        Double(firstBlock % UInt64(layout.blocksPerSegment)) / Double(layout.blocksPerSegment)
    }

    /// Takes one record of 128 bytes; false when there is no room and what is there must be committed first.
    public mutating func append(_ record: UnsafeRawPointer) -> Bool {
        // SAFETY: the caller's record is whole.
        guard unsafe (hasUpcoming ? upcoming : batch).append(record) else { return false }
        appendedSeq += 1
        if !hasUpcoming { batchSeq = appendedSeq }
        return true
    }

    /// Makes everything appended durable, and says so in `durableSeq`; a commit that spans segments says so after
    /// each. After a retryable error it can be called again, also with more appended. `elapsedNs`: the journal's
    /// running time.
    public mutating func commit(nowRealtimeNs: Int64, elapsedNs: Int64 = 0) throws(JournalError) {
        while appendedSeq != durableSeq {
            // SAFETY: no record is given.
            _ = unsafe try commitBatch(nowRealtimeNs: nowRealtimeNs, elapsedNs: elapsedNs, overlapping: false)
            { _ in nil }
        }
    }

    // SAFETY: what the caller's `next` gives must be a whole record that stays where it is while it is copied.
    /// The same for what had been appended before the call, and while the disk works, takes what `next` gives: the
    /// record of the number it is called with, or nil when it is not there yet. That is appended, and durable only
    /// after another commit. It is called from within, on this thread.
    @unsafe
    public mutating func commit(
        nowRealtimeNs: Int64, elapsedNs: Int64 = 0, taking next: (UInt64) -> UnsafeRawPointer?
    ) throws(JournalError) {
        while batchSeq != durableSeq {
            // SAFETY: the caller's promise, passed on.
            let isDone = unsafe try commitBatch(
                nowRealtimeNs: nowRealtimeNs, elapsedNs: elapsedNs, overlapping: true, next)
            if isDone { return }
        }
    }

    /// Commits the batch, or the part of it that lies in one segment. True when it was all of it.
    private mutating func commitBatch(
        nowRealtimeNs: Int64, elapsedNs: Int64, overlapping: Bool,
        _ next: (UInt64) -> UnsafeRawPointer?
    ) throws(JournalError) -> Bool {
        precondition(!hasFailed, "a journal that has failed takes nothing more")
        // What is tried again is the same to the last byte: some of it may be on disk already.
        if !isRetrying { time = Time(realtimeNs: nowRealtimeNs, elapsedNs: elapsedNs) }
        var isDone = false
        try remembering { writer throws(JournalError) in
            isDone = unsafe try writer.commitPart(overlapping, next)
        }
        return isDone
    }

    /// Writes once more what the newest commit has made durable, and that it is: whatever happens to that commit's
    /// last block later is then known to be damage and no torn end. For when there is nothing else to do.
    public mutating func confirm(nowRealtimeNs: Int64, elapsedNs: Int64 = 0) throws(JournalError) {
        precondition(!hasFailed, "a journal that has failed takes nothing more")
        precondition(appendedSeq == durableSeq, "commit first")
        time = Time(realtimeNs: nowRealtimeNs, elapsedNs: elapsedNs)
        try remembering { writer throws(JournalError) in
            try writer.openSegment(of: writer.firstBlock)
            try writer.file.commit([writer.sealTail(index: 0, previousCRC: writer.previousCRC)])
            writer.tailTurn ^= 1
        }
    }

    /// Runs a part of a commit; an error that is final is for good.
    private mutating func remembering(
        _ part: (inout JournalWriter) throws(JournalError) -> Void
    ) throws(JournalError) {
        do throws(JournalError) {
            try part(&self)
            isRetrying = false
        } catch {
            isRetrying = error.isRetryable
            hasFailed = !error.isRetryable
            throw error
        }
    }

    // MARK: - Blocks

    /// Commits the full blocks that belong to one segment, and the tail if that is all there is. Nothing of the
    /// batch changes before the commit has worked, so that it can be tried again. True when it was all of it.
    private mutating func commitPart(
        _ overlapping: Bool, _ next: (UInt64) -> UnsafeRawPointer?
    ) throws(JournalError) -> Bool {
        try openSegment(of: firstBlock)
        let room = Int(layout.firstBlock(ofSegment: segment + 1) - firstBlock)
        let count = min(room, batch.fullCount)
        var writes: [JournalWrite] = []
        var crc = previousCRC
        if count > 0 {
            for index in 0..<count { crc = sealFull(index, previousCRC: crc) }
            // SAFETY: the batch outlives the commit.
            writes.append(
                unsafe JournalWrite(
                    offset: layout.offset(ofBlock: firstBlock),
                    bytes: UnsafeRawBufferPointer(batch.blocks.bytes(0..<count))))
        }
        // A tail lies in the segment of its block: behind the last block of a segment that is the next one.
        let hasTail = count == batch.fullCount && count < room && batch.partialCount > 0
        if hasTail { writes.append(sealTail(index: count, previousCRC: crc)) }
        // A segment is full only when there is the one after it: so a missing last file is known.
        if count == room { try prepareNext(previousCRC: crc) }
        let isAll = count == batch.fullCount
        if overlapping && isAll {
            unsafe try write(writes, taking: next)
        } else {
            try file.commit(writes)
        }
        if hasTail { tailTurn ^= 1 }
        advance(count, previousCRC: crc, hasTail: hasTail)
        return isAll
    }

    /// Commits pieces of the batch and meanwhile puts the records that `next` gives into the upcoming one.
    private mutating func write(
        _ writes: [JournalWrite], taking next: (UInt64) -> UnsafeRawPointer?
    ) throws(JournalError) {
        if !hasUpcoming {
            upcoming.begin(behind: batch)
            hasUpcoming = true
        }
        let upcoming = upcoming
        var seq = appendedSeq
        defer { appendedSeq = seq }
        try file.commit(writes) {
            let limit = seq + UInt64(JournalLayout.recordsPerBlock)
            // SAFETY: what `next` gives stays there while it is copied.
            while seq < limit, let record = unsafe next(seq + 1), unsafe upcoming.append(record) { seq += 1 }
            return seq == limit
        }
    }

    /// Goes on behind `count` full blocks, which are durable.
    private mutating func advance(_ count: Int, previousCRC crc: UInt32, hasTail: Bool) {
        let isAll = count == batch.fullCount
        firstBlock += UInt64(count)
        previousCRC = crc
        let whole = firstBlock * UInt64(JournalLayout.recordsPerBlock)
        durableSeq = hasTail ? batchSeq : max(durableSeq, whole)
        if hasUpcoming && isAll {
            swap(&batch, &upcoming)
            hasUpcoming = false
            batchSeq = appendedSeq
        } else {
            batch.drop(fullBlocks: count)
        }
    }

    private func sealFull(_ index: Int, previousCRC: UInt32) -> UInt32 {
        let header = header(index, count: JournalLayout.recordsPerBlock, previousCRC)
        // SAFETY: a block of the batch.
        return unsafe JournalBlock.seal(batch.blocks.block(index), header)
    }

    private func sealTail(index: Int, previousCRC: UInt32) -> JournalWrite {
        var header = header(index, count: batch.partialCount, previousCRC)
        header.isTail = true
        // SAFETY: a block of the batch, which outlives the commit.
        _ = unsafe JournalBlock.seal(batch.blocks.block(index), header)
        return unsafe JournalWrite(
            offset: JournalLayout.offset(ofTail: tailTurn ^ 1),
            bytes: UnsafeRawBufferPointer(batch.blocks.bytes(index..<index + 1)))
    }

    private func header(_ index: Int, count: Int, _ previousCRC: UInt32) -> BlockHeader {
        BlockHeader(
            epoch: epoch, number: firstBlock + UInt64(index), durableSeq: durableSeq,
            writtenRealtimeNs: time.realtimeNs, elapsedNs: time.elapsedNs, isTail: false, count: count,
            previousCRC: previousCRC, life: life)
    }

    // MARK: - Segments

    private mutating func openSegment(of number: UInt64) throws(JournalError) {
        let wanted = layout.segment(ofBlock: number)
        if wanted == segment { return }
        guard let made = next else { preconditionFailure("the next segment is made before one is full") }
        file = made
        next = nil
        segment = wanted
    }

    /// Makes the next segment, whose header names the last block of this one. One that an attempt or a life before has
    /// left names another; there is nothing in it, and it goes.
    private mutating func prepareNext(previousCRC: UInt32) throws(JournalError) {
        if next != nil && nextCRC == previousCRC { return }
        next = nil
        let name = JournalLayout.name(ofSegment: segment + 1)
        if try directory.names().contains(name) { try directory.remove(name) }
        next = try Self.create(
            directory, layout,
            SegmentHeader(
                epoch: epoch, segment: segment + 1, blocksPerSegment: layout.blocksPerSegment,
                createdRealtimeNs: time.realtimeNs, createdElapsedNs: time.elapsedNs, life: life,
                previousCRC: previousCRC, book: book))
        nextCRC = previousCRC
    }

    private static func create(
        _ directory: any JournalDirectory, _ layout: JournalLayout, _ header: SegmentHeader
    ) throws(JournalError) -> any JournalFile {
        let block = BlockBuffer(count: 1)
        // SAFETY: one block, which outlives the call.
        unsafe header.store(in: block.block(0))
        return unsafe try directory.create(
            JournalLayout.name(ofSegment: header.segment), byteCount: layout.segmentBytes,
            first: UnsafeRawBufferPointer(block.bytes(0..<1)))
    }
}
