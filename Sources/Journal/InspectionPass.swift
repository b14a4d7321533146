import CJournal

/// One look at all blocks of a journal. Used once.
///
/// Within a look the order of reading matters, because somebody may be writing: first what the newest blocks say was
/// durable, then each segment's tails, then its blocks. What was durable at first is then found in one or the other.
final class InspectionPass {
    // SAFETY (all of this type): the buffer lives as long as the pass, blocks of it are asked for by index, and the
    // caller's closure gets records of it for the call only.
    private let directory: any JournalDirectory
    private let expectedBook: String?
    private let buffer = BlockBuffer(count: 256)
    private var report = JournalReport()
    private var layout = JournalLayout()
    /// The block that comes next.
    private var number: UInt64 = 0
    /// The checksum of the block before it; nil behind one that could not be read.
    private var previousCRC: UInt32?
    private var tails: [(header: BlockHeader, records: [UInt8])] = []
    /// Where the chain ended for the first time.
    private var brokenAt: UInt64?
    private var isDamaged = false
    private var hasRest = false
    /// Something is wrong with a file as such.
    private var hasFileFault = false
    /// Blocks that cannot be read, since the last that could.
    private var gap: [Gap] = []

    private struct Gap {
        let object: String
        let offset: Int
        var numbers: ClosedRange<UInt64>
        let reason: String
        /// A fault of the file was told already.
        let isTold: Bool
    }

    init(_ directory: any JournalDirectory, book: String?) {
        self.directory = directory
        expectedBook = book
    }

    func run(_ body: JournalInspection.Body) throws(JournalError) -> JournalReport {
        let names = try directory.names()
        let numbers = names.compactMap { JournalLayout.segment(ofName: $0) }.sorted()
        report.hasSpare = names.contains("spare.pksj")
        guard let low = numbers.first, let high = numbers.last else { return report }
        let headers = try readHeaders(low...high, Set(numbers))
        guard report.epoch != 0 else {
            report.verdict = .damaged
            return report
        }
        number = layout.firstBlock(ofSegment: low)
        report.firstSeq = JournalLayout.firstRecord(ofBlock: number)
        report.lastSeq = report.firstSeq - 1
        for segment in (high - min(1, high - low))...high where headers[segment] != nil {
            try noteClaims(segment)
        }
        for segment in low...high {
            let first = layout.firstBlock(ofSegment: segment)
            if let header = headers[segment] {
                enter(segment, header)
                try readTails(segment)
                unsafe try readBlocks(segment, body)
            } else {
                unsafe skip(first...(first + UInt64(layout.blocksPerSegment) - 1), segment, body)
            }
            if report.isCutShort { return report }
        }
        unsafe finish(body)
        return report
    }

    private func object(_ segment: UInt64) -> String {
        "\(directory.path)/\(JournalLayout.name(ofSegment: segment))"
    }

    // MARK: - Headers

    /// The headers that can be believed. The first of them says which journal this is.
    private func readHeaders(
        _ segments: ClosedRange<UInt64>, _ present: Set<UInt64>
    ) throws(JournalError) -> [UInt64: SegmentHeader] {
        var headers: [UInt64: SegmentHeader] = [:]
        for segment in segments {
            guard present.contains(segment) else {
                addFileFault(segment, 0, "this part of the journal is missing")
                continue
            }
            guard let header = try readHeader(segment) else { continue }
            if report.epoch == 0 {
                report.epoch = header.epoch
                report.book = header.book
                layout = JournalLayout(blocksPerSegment: header.blocksPerSegment)
                report.layout = layout
                if let expectedBook, header.book != expectedBook {
                    addFileFault(segment, 64, "is of book \(header.book), not of \(expectedBook)")
                }
            } else if header.book != report.book {
                addFileFault(segment, 64, "is of book \(header.book), not of \(report.book ?? "")")
                continue
            } else if header.epoch != report.epoch || header.blocksPerSegment != layout.blocksPerSegment {
                addFileFault(segment, 16, "is of another journal than the segments before it")
                continue
            }
            headers[segment] = header
        }
        return headers
    }

    /// The header of a file; nil, and a fault, when it is not one.
    private func readHeader(_ segment: UInt64) throws(JournalError) -> SegmentHeader? {
        let name = JournalLayout.name(ofSegment: segment)
        let file = try directory.open(name)
        report.segments.append(
            JournalReport.Segment(
                number: segment, name: name, byteCount: file.byteCount, firstSeq: 0, recordCount: 0,
                createdRealtimeNs: 0))
        let count = unsafe try file.read(at: 0, into: buffer.bytes(0..<1))
        guard count == JournalLayout.blockBytes else {
            addFileFault(segment, count, "the file ends inside its header")
            return nil
        }
        do throws(JournalError) {
            let header = unsafe try SegmentHeader(buffer.block(0), object: name)
            guard header.segment == segment else {
                addFileFault(segment, 24, "is segment \(header.segment) under another name")
                return nil
            }
            report.segments[report.segments.count - 1].createdRealtimeNs = header.createdRealtimeNs
            return header
        } catch {
            switch error {
            case .damaged(_, let offset, let reason): addFileFault(segment, offset, reason)
            case .wrongFile(_, let reason): addFileFault(segment, 0, reason)
            default: throw error
            }
            return nil
        }
    }

    private func addFileFault(_ segment: UInt64, _ offset: Int, _ reason: String) {
        hasFileFault = true
        report.add(
            JournalReport.Fault(object: object(segment), offset: offset, records: nil, reason: reason))
    }

    // MARK: - What was durable

    /// Takes what a segment's blocks, and then its tails, say was durable.
    private func noteClaims(_ segment: UInt64) throws(JournalError) {
        let file = try directory.open(JournalLayout.name(ofSegment: segment))
        try forEachPiece(of: file) { count, _ in
            for index in 0..<count {
                if let header = unsafe JournalBlock.open(buffer.block(index), epoch: report.epoch) {
                    note(header)
                }
            }
            return true
        }
        for turn in 0...1 {
            _ = unsafe try file.read(at: JournalLayout.offset(ofTail: turn), into: buffer.bytes(0..<1))
            if let header = unsafe JournalBlock.open(buffer.block(0), epoch: report.epoch) { note(header) }
        }
    }

    private func note(_ header: BlockHeader) {
        report.durableSeq = max(report.durableSeq, header.durableSeq)
        report.life = max(report.life, header.life)
        report.writtenRealtimeNs = max(report.writtenRealtimeNs, header.writtenRealtimeNs)
    }

    /// Reads a segment's blocks into the buffer, as many as fit at a time, and zeros where the file is too short.
    /// `body` is called with their count and the first one's place in the segment; false: enough.
    private func forEachPiece(
        of file: any JournalFile, _ body: (_ count: Int, _ place: Int) -> Bool
    ) throws(JournalError) {
        var place = 0
        while place < layout.blocksPerSegment {
            let count = min(buffer.count, layout.blocksPerSegment - place)
            let offset = (place + Int(PKS_JOURNAL_LEAD_BLOCKS)) * JournalLayout.blockBytes
            let bytes = unsafe try file.read(at: offset, into: buffer.bytes(0..<count))
            let whole = max(0, bytes / JournalLayout.blockBytes)
            for index in whole..<max(whole, count) { buffer.clear(index) }
            if !body(count, place) { return }
            place += count
        }
    }

    // MARK: - Blocks

    private func enter(_ segment: UInt64, _ header: SegmentHeader) {
        if let previousCRC, brokenAt == nil, previousCRC != header.previousCRC {
            addFileFault(segment, 56, "does not follow the segment before it")
        }
        if brokenAt == nil || gap.isEmpty { previousCRC = header.previousCRC }
        let first = layout.firstBlock(ofSegment: segment)
        if let index = report.segments.lastIndex(where: { $0.number == segment }) {
            report.segments[index].firstSeq = JournalLayout.firstRecord(ofBlock: first)
            if report.segments[index].byteCount != layout.segmentBytes {
                let bytes = report.segments[index].byteCount
                addFileFault(
                    segment, bytes, "the file has \(bytes) bytes instead of \(layout.segmentBytes)")
            }
        }
    }

    private func readTails(_ segment: UInt64) throws(JournalError) {
        let file = try directory.open(JournalLayout.name(ofSegment: segment))
        for turn in 0...1 {
            let offset = JournalLayout.offset(ofTail: turn)
            _ = unsafe try file.read(at: offset, into: buffer.bytes(0..<1))
            let block = unsafe buffer.block(0)
            if let header = unsafe JournalBlock.open(block, epoch: report.epoch), header.isTail {
                let records = unsafe UnsafeRawBufferPointer(
                    start: buffer.record(0, ofBlock: 0), count: header.count * 128)
                unsafe tails.append((header, Array(records)))
            } else if !buffer.isZero(0) {
                let reason = unsafe BlockFault.reason(
                    block, epoch: report.epoch, number: nil, previousCRC: nil)
                report.uselessTails.append(
                    JournalReport.Fault(
                        object: object(segment), offset: offset, records: nil, reason: reason ?? "is no tail")
                )
            }
        }
    }

    private func readBlocks(_ segment: UInt64, _ body: JournalInspection.Body) throws(JournalError) {
        let file = try directory.open(JournalLayout.name(ofSegment: segment))
        try forEachPiece(of: file) { count, place in
            for index in 0..<count {
                let number = layout.firstBlock(ofSegment: segment) + UInt64(place + index)
                unsafe take(index, number, segment, body)
                if report.isCutShort { return false }
            }
            return true
        }
    }

    /// One block of the buffer, which lies at the place of block `number`.
    private func take(
        _ index: Int, _ number: UInt64, _ segment: UInt64, _ body: JournalInspection.Body
    ) {
        self.number = number
        let block = unsafe buffer.block(index)
        let reason = unsafe BlockFault.reason(
            block, epoch: report.epoch, number: number, previousCRC: previousCRC)
        if let reason {
            if brokenAt == nil { unsafe endChain(body) }
            hasRest = hasRest || !buffer.isZero(index)
            if isDamaged {
                addGap(
                    Gap(
                        object: object(segment), offset: layout.offset(ofBlock: number),
                        numbers: number...number, reason: reason, isTold: false))
            }
            previousCRC = nil
            return
        }
        if brokenAt != nil && !isDamaged {
            hasRest = true
            return
        }
        if brokenAt != nil {
            tellGap(through: .max)
            report.recordsBehind += UInt64(JournalLayout.recordsPerBlock)
        }
        previousCRC = unsafe block.load(fromByteOffset: 4, as: UInt32.self)
        addRecords(segment, UInt64(JournalLayout.recordsPerBlock))
        guard brokenAt == nil else { return }
        let records = unsafe UnsafeRawBufferPointer(
            start: buffer.record(0, ofBlock: index), count: JournalLayout.recordsPerBlock * 128)
        report.lastSeq = JournalLayout.firstRecord(ofBlock: number + 1) - 1
        report.isCutShort = unsafe !body(JournalLayout.firstRecord(ofBlock: number), records)
    }

    private func addRecords(_ segment: UInt64, _ count: UInt64) {
        if let index = report.segments.lastIndex(where: { $0.number == segment }) {
            report.segments[index].recordCount += count
        }
    }

    /// Blocks of a segment that cannot be read as a whole.
    private func skip(
        _ numbers: ClosedRange<UInt64>, _ segment: UInt64, _ body: JournalInspection.Body
    ) {
        number = numbers.lowerBound
        if brokenAt == nil { unsafe endChain(body) }
        previousCRC = nil
        if isDamaged {
            addGap(
                Gap(object: object(segment), offset: 0, numbers: numbers, reason: "see above", isTold: true))
        }
    }

    // MARK: - Ends

    private func tail(at number: UInt64) -> (header: BlockHeader, records: [UInt8])? {
        let candidates = tails.filter {
            $0.header.number == number && (previousCRC == nil || $0.header.previousCRC == previousCRC)
        }
        return candidates.max { ($0.header.count, $0.header.life) < ($1.header.count, $1.header.life) }
    }

    /// The unbroken chain ends at block `number`: gives what its tail holds, and decides what that end is.
    private func endChain(_ body: JournalInspection.Body) {
        brokenAt = number
        let tail = tail(at: number)
        let firstSeq = JournalLayout.firstRecord(ofBlock: number)
        let records = tail?.records ?? []
        report.lastSeq = firstSeq - 1 + UInt64(records.count / 128)
        if !records.isEmpty {
            addRecords(layout.segment(ofBlock: number), UInt64(records.count / 128))
            // The array outlives the call, and is aligned to 16 as all arrays are.
            report.isCutShort = unsafe records.withUnsafeBytes { unsafe !body(firstSeq, $0) }
        }
        isDamaged = report.durableSeq > report.lastSeq
    }

    private func addGap(_ next: Gap) {
        if let last = gap.last, last.object == next.object, last.reason == next.reason,
            last.numbers.upperBound + 1 == next.numbers.lowerBound
        {
            gap[gap.count - 1].numbers = last.numbers.lowerBound...next.numbers.upperBound
        } else {
            gap.append(next)
        }
    }

    /// Makes faults of the gap, as far as its records were durable.
    private func tellGap(through lastSeq: UInt64) {
        for part in gap where !part.isTold {
            let first = max(
                JournalLayout.firstRecord(ofBlock: part.numbers.lowerBound), report.lastSeq + 1)
            let last = min(lastSeq, JournalLayout.firstRecord(ofBlock: part.numbers.upperBound + 1) - 1)
            guard first <= last else { continue }
            report.add(
                JournalReport.Fault(
                    object: part.object, offset: part.offset, records: first...last, reason: part.reason))
        }
        gap = []
    }

    private func hasSegment(_ segment: UInt64) -> Bool {
        ((try? directory.names()) ?? []).contains(JournalLayout.name(ofSegment: segment))
    }

    private func finish(_ body: JournalInspection.Body) {
        let end = number + 1
        if brokenAt == nil {
            number = end
            unsafe endChain(body)
            if isDamaged {
                addGap(
                    Gap(
                        object: object(layout.segment(ofBlock: end)), offset: 0, numbers: end...end,
                        reason: "this part of the journal is missing", isTold: false))
            } else if !hasSegment(layout.segment(ofBlock: end)) {
                // It is made before the last block of the one before it is written.
                addFileFault(layout.segment(ofBlock: end), 0, "this part of the journal is missing")
            }
        }
        guard isDamaged else {
            report.verdict = report.faultCount > 0 ? .damaged : hasRest ? .tornEnd : .whole
            return
        }
        let hasWholeBehind = report.recordsBehind > 0
        if let first = gap.first {
            previousCRC = nil
            let tail = brokenAt == first.numbers.lowerBound ? nil : tail(at: first.numbers.lowerBound)
            let readable =
                first.numbers.lowerBound * UInt64(JournalLayout.recordsPerBlock)
                + UInt64(tail?.header.count ?? 0)
            report.recordsBehind += UInt64(tail?.header.count ?? 0)
            // What a whole tail has is not missing, although nothing says that it follows.
            let tailNumber = tails.map(\.header.number).max() ?? 0
            let recordsPerBlock = UInt64(JournalLayout.recordsPerBlock)
            let lastMissing = tailNumber > (brokenAt ?? 0) ? tailNumber * recordsPerBlock : .max
            if report.durableSeq > readable { tellGap(through: min(report.durableSeq, lastMissing)) }
        }
        let brokenAt = brokenAt ?? 0
        let behind = tails.filter { $0.header.number > brokenAt && !hasWholeBehind }
        report.recordsBehind += UInt64(behind.map(\.header.count).max() ?? 0)
        report.verdict = hasWholeBehind || hasFileFault ? .damaged : .damagedEnd
    }
}
