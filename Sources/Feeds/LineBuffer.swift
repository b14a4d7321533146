import Glibc

/// The lines of a source, one at a time, in a buffer of fixed size. A row is a line, or, when a quoted field
/// goes on, several; its bytes stay in place until the next row. One thread.
struct LineBuffer: ~Copyable {
    enum Answer: Equatable {
        /// A row is at hand.
        case line
        /// A line longer than the bound was skipped.
        case tooLong
        /// The last line is incomplete because compressed data is cut or damaged; it is not to be used.
        case damaged
        case end
    }

    /// Where the bytes come from.
    private(set) var source: ByteSource
    /// The first line of the row, from 1.
    private(set) var line = 0
    /// How many lines the row spans.
    private(set) var rowLineCount = 0
    /// The longest row, in bytes without its line end.
    let rowBytesMax: Int

    private var bytes: [UInt8]
    private var rowStart = 0
    private var rowEnd = 0
    private var nextStart = 0
    private var secondLineStart = 0
    private var filledEnd = 0
    private var isAtEnd = false

    init(source: consuming ByteSource, rowBytesMax: Int) {
        precondition(rowBytesMax >= 64 && rowBytesMax <= 1 << 24, "a row of 64 bytes to 16 MiB")
        self.source = source
        self.rowBytesMax = rowBytesMax
        // A whole row, its line end and as much again to read into.
        bytes = Array(repeating: 0, count: max(256 * 1024, 2 * rowBytesMax + 4))
    }

    /// How many lines were looked at so far.
    var linesRead: Int { line + rowLineCount - (isAtEnd && rowStart == rowEnd ? 2 : 1) }

    /// The length of the row, without its line end.
    var rowByteCount: Int { rowEnd - rowStart }

    /// Lends the bytes of the row.
    func withRow<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(bytes.span.extracting(rowStart..<rowEnd))
    }

    /// Lends the whole buffer and the place of the row in it, to undo escapes in place.
    mutating func withMutableRow(_ body: (inout MutableSpan<UInt8>, _ rowStart: Int) -> Void) {
        let start = rowStart
        var all = bytes.mutableSpan
        body(&all, start)
    }

    /// Lends what the data starts with, and more of it as long as `body` cannot tell, up to `bytesMax`. Only
    /// before the first line.
    mutating func withFirstBytes<Result>(
        bytesMax: Int, _ body: (Span<UInt8>) -> Result?
    ) throws(FeedError) -> Result? {
        try skipByteOrderMark()
        while true {
            let end = min(filledEnd, nextStart + bytesMax)
            if let result = body(bytes.span.extracting(nextStart..<end)) { return result }
            if end < filledEnd { return nil }
            if try !fill() { return nil }
        }
    }

    /// Moves to the next line.
    mutating func nextLine() throws(FeedError) -> Answer {
        if line == 0 { try skipByteOrderMark() }
        line += max(1, rowLineCount)
        rowLineCount = 1
        rowStart = nextStart
        rowEnd = nextStart
        guard let end = try lineEnd(from: rowStart) else {
            if filledEnd - rowStart > rowBytesMax { return try skipLongLine() }
            nextStart = filledEnd
            rowEnd = filledEnd
            secondLineStart = filledEnd
            isAtEnd = true
            if source.damage != nil { return .damaged }
            return rowStart == filledEnd ? .end : checkedLength()
        }
        nextStart = end + 1
        secondLineStart = nextStart
        rowEnd = end
        return checkedLength()
    }

    /// Adds the next line to the row, with the line end between them. False when there is none, or the row
    /// would be too long; nothing has changed then.
    mutating func extendRow() throws(FeedError) -> Bool {
        if !endsWithNewline { return false }
        guard let end = try lineEnd(from: nextStart) else {
            if filledEnd == nextStart || filledEnd - rowStart > rowBytesMax || source.damage != nil {
                return false
            }
            rowEnd = filledEnd
            nextStart = filledEnd
            rowLineCount += 1
            return true
        }
        if end - rowStart > rowBytesMax { return false }
        rowEnd = end
        nextStart = end + 1
        trimCarriageReturn()
        rowLineCount += 1
        return true
    }

    /// Makes the line after the first of the row the next one.
    mutating func resumeAtSecondLine() {
        nextStart = secondLineStart
        rowLineCount = 1
    }

    /// The line and column, both from 1, of a byte of the row.
    func location(ofOffset offset: Int) -> (line: Int, column: Int) {
        var lineInRow = 0
        var lineStart = rowStart
        if rowLineCount > 1 {
            for place in rowStart..<min(rowStart + offset, rowEnd) where bytes[place] == UInt8(ascii: "\n") {
                lineInRow += 1
                lineStart = place + 1
            }
        }
        return (line + lineInRow, rowStart + offset - lineStart + 1)
    }

    /// Whether the last line taken had a line end; only the last of a file may have none.
    private var endsWithNewline: Bool { nextStart > rowStart && bytes[nextStart - 1] == UInt8(ascii: "\n") }

    private mutating func checkedLength() -> Answer {
        if rowEnd - rowStart > rowBytesMax {
            rowEnd = rowStart
            return .tooLong
        }
        trimCarriageReturn()
        return .line
    }

    private mutating func trimCarriageReturn() {
        if rowEnd > rowStart && bytes[rowEnd - 1] == UInt8(ascii: "\r") { rowEnd -= 1 }
    }

    /// The place of the first line end from `start` on, reading more as long as the row may still fit.
    private mutating func lineEnd(from start: Int) throws(FeedError) -> Int? {
        var scanned = start - rowStart
        while true {
            if let place = newline(in: rowStart + scanned..<filledEnd) { return place }
            scanned = filledEnd - rowStart
            if scanned > rowBytesMax { return nil }
            if try !fill() { return nil }
        }
    }

    private func newline(in range: Range<Int>) -> Int? {
        if range.isEmpty { return nil }
        // SAFETY: the range lies inside the array, which is not changed during the search.
        return unsafe bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress,
                let found = unsafe memchr(base + range.lowerBound, CInt(UInt8(ascii: "\n")), range.count)
            else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// Drops bytes until a line end, without keeping them.
    private mutating func skipLongLine() throws(FeedError) -> Answer {
        while true {
            if let end = newline(in: rowStart..<filledEnd) {
                nextStart = end + 1
                break
            }
            rowStart = filledEnd
            nextStart = filledEnd
            if try !fill() { break }
        }
        rowStart = nextStart
        rowEnd = nextStart
        secondLineStart = nextStart
        return .tooLong
    }

    private mutating func skipByteOrderMark() throws(FeedError) {
        if nextStart > 0 { return }
        while filledEnd < 3 {
            if try !fill() { return }
        }
        if bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf { nextStart = 3 }
    }

    /// Reads more behind what is there, after moving the row to the front when the buffer is full. False at
    /// the end of the data.
    private mutating func fill() throws(FeedError) -> Bool {
        if filledEnd == bytes.count {
            let shift = rowStart
            precondition(shift > 0, "the buffer holds two rows of the largest size")
            for place in shift..<filledEnd { bytes[place - shift] = bytes[place] }
            rowStart = 0
            rowEnd -= shift
            nextStart -= shift
            secondLineStart -= shift
            filledEnd -= shift
        }
        let count = try source.read(into: &bytes, from: filledEnd)
        filledEnd += count
        return count > 0
    }
}
