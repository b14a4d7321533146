import CJournal

/// Reads a journal from its files, believing nothing: every block must have its checksum, its number, the journal's
/// epoch and the checksum of the block before it. One thread; reads in large pieces.
///
/// Where the chain ends, the rest is looked at as well: when anything there, or the caller, knows of a record that
/// was durable and lies behind the end, the end is damage and refused; otherwise it is the torn end of a write that
/// nobody was told of.
public struct JournalScan {
    /// The segments there are, by number, checked to have no gap.
    public let segments: ClosedRange<UInt64>?
    /// The journal's layout and epoch; nil when there are no files.
    private let first: SegmentHeader?
    private let directory: any JournalDirectory
    private let book: String
    private let buffer = BlockBuffer(count: 256)

    /// Looks at the names and the first header. Throws `missingSegment`, `wrongFile`, `damaged`, `system`.
    public init(_ directory: any JournalDirectory, book: String) throws(JournalError) {
        self.directory = directory
        self.book = book
        let numbers = try directory.names().compactMap { JournalLayout.segment(ofName: $0) }.sorted()
        guard let low = numbers.first, let high = numbers.last else {
            segments = nil
            first = nil
            return
        }
        for (place, number) in numbers.enumerated() where number != low + UInt64(place) {
            let name = JournalLayout.name(ofSegment: low + UInt64(place))
            throw .missingSegment(object: "\(directory.path)/\(name)")
        }
        segments = low...high
        let header = try SegmentHeader(of: low, in: directory)
        guard header.book == book else {
            throw .wrongFile(
                object: "\(directory.path)/\(JournalLayout.name(ofSegment: low))",
                reason: "is of book \(header.book), not of \(book)")
        }
        first = header
    }

    /// The layout of the files there are; nil without files.
    public var layout: JournalLayout? { first.map { JournalLayout(blocksPerSegment: $0.blocksPerSegment) } }

    /// Which journal it is; nil without files.
    public var epoch: UInt64? { first?.epoch }

    /// The first record that the files hold; 1 when there are none.
    public var firstSeq: UInt64 {
        guard let segments, let layout else { return 1 }
        return JournalLayout.firstRecord(ofBlock: layout.firstBlock(ofSegment: segments.lowerBound))
    }

    /// Calls `body` with every record from `fromSeq` on, in order, in runs of up to 31, and returns where the
    /// journal ends; nil when there are no files. Reads only from the segment on that holds `fromSeq`, or the last
    /// one. `knownDurableSeq`: a record that somebody was told is durable. The records are only valid during the call.
    public func run(
        from fromSeq: UInt64 = 1, knownDurableSeq: UInt64 = 0,
        _ body: (_ firstSeq: UInt64, _ records: UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) -> JournalEnd? {
        guard let segments, let first else { return nil }
        var chain = Chain(first, knownDurableSeq: knownDurableSeq)
        let layout = JournalLayout(blocksPerSegment: first.blocksPerSegment)
        // Everything before the segment of the first record that is wanted stays unread: the segment's header says
        // what comes before it, and knows of no record that what follows does not.
        let wanted = layout.segment(ofBlock: JournalLayout.block(ofRecord: max(1, fromSeq)))
        let start = min(max(wanted, segments.lowerBound), segments.upperBound)
        let begin = start == segments.lowerBound ? first : try SegmentHeader(of: start, in: directory)
        chain.number = layout.firstBlock(ofSegment: start)
        chain.previousCRC = begin.previousCRC
        // SAFETY (both calls): what the caller's closure is given is only valid during its call.
        for segment in start...segments.upperBound {
            unsafe try read(segment, layout, &chain, from: fromSeq, body)
        }
        return unsafe try end(chain, layout, from: fromSeq, body)
    }

    // MARK: - The chain

    /// What is known while the blocks go by.
    private struct Chain {
        let epoch: UInt64
        /// The block that must come next.
        var number: UInt64 = 0
        var previousCRC: UInt32 = 0
        /// The chain has ended: what comes now is only looked at for what it knows.
        var hasEnded = false
        var durableSeq: UInt64
        var lifeMax: UInt32 = 0
        var elapsedNs: Int64 = 0
        var hasRest = false
        /// The best tail for each block number that could be the end.
        var tails: [Tail] = []

        init(_ first: SegmentHeader, knownDurableSeq: UInt64) {
            epoch = first.epoch
            durableSeq = knownDurableSeq
        }

        mutating func note(_ header: BlockHeader) {
            durableSeq = max(durableSeq, header.durableSeq)
            lifeMax = max(lifeMax, header.life)
            elapsedNs = max(elapsedNs, header.elapsedNs)
        }
    }

    private struct Tail {
        let header: BlockHeader
        let turn: Int
        let records: [UInt8]
    }

    private func read(
        _ segment: UInt64, _ layout: JournalLayout, _ chain: inout Chain, from fromSeq: UInt64,
        _ body: (UInt64, UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        let object = "\(directory.path)/\(JournalLayout.name(ofSegment: segment))"
        let header = try SegmentHeader(of: segment, in: directory)
        guard header.epoch == chain.epoch, header.blocksPerSegment == layout.blocksPerSegment,
            header.book == book
        else { throw .wrongFile(object: object, reason: "is of another journal than the segment before it") }
        let file = try directory.open(JournalLayout.name(ofSegment: segment))
        if file.byteCount != layout.segmentBytes {
            throw .damaged(
                object: object, offset: file.byteCount,
                reason: "the file has \(file.byteCount) bytes instead of \(layout.segmentBytes)")
        }
        if chain.hasEnded == false && header.previousCRC != chain.previousCRC {
            throw .damaged(object: object, offset: 56, reason: "does not follow the segment before it")
        }
        chain.lifeMax = max(chain.lifeMax, header.life)
        chain.elapsedNs = max(chain.elapsedNs, header.createdElapsedNs)
        try readTails(file, &chain)
        var place = 0
        while place < layout.blocksPerSegment {
            let count = min(buffer.count, layout.blocksPerSegment - place)
            let offset = (place + Int(PKS_JOURNAL_LEAD_BLOCKS)) * JournalLayout.blockBytes
            // SAFETY: so many blocks of the buffer.
            _ = unsafe try file.read(at: offset, into: buffer.bytes(0..<count))
            for index in 0..<count {
                let number = layout.firstBlock(ofSegment: segment) + UInt64(place + index)
                unsafe try take(index, number, &chain, from: fromSeq, body)
            }
            place += count
        }
    }

    /// One block of the buffer, which lies at the place of block `number`.
    private func take(
        _ index: Int, _ number: UInt64, _ chain: inout Chain, from fromSeq: UInt64,
        _ body: (UInt64, UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        // SAFETY (all of this function): a block of the buffer.
        let header = unsafe JournalBlock.open(buffer.block(index), epoch: chain.epoch)
        guard let header, !header.isTail, header.number == number else {
            chain.hasRest = chain.hasRest || !isZero(index)
            chain.hasEnded = true
            return
        }
        chain.note(header)
        if chain.hasEnded || header.previousCRC != chain.previousCRC {
            chain.hasRest = true
            chain.hasEnded = true
            return
        }
        chain.number = number + 1
        chain.previousCRC = header.crc
        let firstSeq = JournalLayout.firstRecord(ofBlock: number)
        let records = unsafe UnsafeRawBufferPointer(
            start: buffer.record(0, ofBlock: index), count: JournalLayout.recordsPerBlock * 128)
        unsafe try Self.give(firstSeq, records, from: fromSeq, body)
    }

    private func isZero(_ index: Int) -> Bool {
        // SAFETY: a block of the buffer, aligned to its words.
        unsafe buffer.bytes(index..<index + 1).bindMemory(to: UInt64.self).allSatisfy { $0 == 0 }
    }

    private static func give(
        _ firstSeq: UInt64, _ records: UnsafeRawBufferPointer, from fromSeq: UInt64,
        _ body: (UInt64, UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) {
        let count = UInt64(records.count / 128)
        if count == 0 || firstSeq + count <= fromSeq { return }
        let skipped = fromSeq > firstSeq ? fromSeq - firstSeq : 0
        // SAFETY: fewer are skipped than there are.
        try unsafe body(
            firstSeq + skipped, UnsafeRawBufferPointer(rebasing: records[Int(skipped) * 128..<records.count]))
    }

    private func readTails(_ file: any JournalFile, _ chain: inout Chain) throws(JournalError) {
        for turn in 0...1 {
            // SAFETY (all of this function): one block of the buffer.
            let offset = JournalLayout.offset(ofTail: turn)
            _ = unsafe try file.read(at: offset, into: buffer.bytes(0..<1))
            guard let header = unsafe JournalBlock.open(buffer.block(0), epoch: chain.epoch), header.isTail
            else {
                continue
            }
            chain.note(header)
            let records = unsafe UnsafeRawBufferPointer(
                start: buffer.record(0, ofBlock: 0), count: header.count * 128)
            unsafe chain.tails.append(Tail(header: header, turn: turn, records: Array(records)))
        }
    }

    // MARK: - The end

    private func end(
        _ chain: Chain, _ layout: JournalLayout, from fromSeq: UInt64,
        _ body: (UInt64, UnsafeRawBufferPointer) throws(JournalError) -> Void
    ) throws(JournalError) -> JournalEnd {
        // The next file is made before the last block of one is written.
        if let segments, chain.number == layout.firstBlock(ofSegment: segments.upperBound + 1) {
            let name = JournalLayout.name(ofSegment: segments.upperBound + 1)
            // A writer may have made it since the names were looked at.
            guard try directory.names().contains(name) else {
                throw .missingSegment(object: "\(directory.path)/\(name)")
            }
        }
        let candidates = chain.tails.filter {
            $0.header.number == chain.number && $0.header.previousCRC == chain.previousCRC
        }
        let best = candidates.max { ($0.header.count, $0.header.life) < ($1.header.count, $1.header.life) }
        let lastSeq = chain.number * UInt64(JournalLayout.recordsPerBlock) + UInt64(best?.header.count ?? 0)
        guard chain.durableSeq <= lastSeq else {
            let segment = layout.segment(ofBlock: chain.number)
            throw .damaged(
                object: "\(directory.path)/\(JournalLayout.name(ofSegment: segment))",
                offset: layout.offset(ofBlock: chain.number),
                reason: "record \(lastSeq + 1) cannot be read, but record \(chain.durableSeq) was durable")
        }
        let records = best?.records ?? []
        let firstSeq = JournalLayout.firstRecord(ofBlock: chain.number)
        // SAFETY: the array outlives the call. The result carries a typed error over the closure of the library.
        let given = unsafe records.withUnsafeBytes { bytes in
            Result { () throws(JournalError) in unsafe try Self.give(firstSeq, bytes, from: fromSeq, body) }
        }
        try given.get()
        let newest = chain.tails.max { $0.header.durableSeq < $1.header.durableSeq }
        return JournalEnd(
            epoch: chain.epoch, lastSeq: lastSeq, block: chain.number, partial: records,
            previousCRC: chain.previousCRC, tailTurn: (best ?? newest)?.turn ?? 0, life: chain.lifeMax,
            elapsedNs: chain.elapsedNs, layout: layout, hasTornEnd: chain.hasRest)
    }
}

extension JournalEnd {
    /// The end of a journal that has no files yet.
    public static func beginning(epoch: UInt64, layout: JournalLayout) -> JournalEnd {
        JournalEnd(
            epoch: epoch, lastSeq: 0, block: 0, partial: [], previousCRC: 0, tailTurn: 0, life: 0,
            elapsedNs: 0,
            layout: layout, hasTornEnd: false)
    }
}
