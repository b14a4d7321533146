import FillRecords

/// Reads fills from FIX logs: lines with any prefix, one or more messages each, and lines with none.
struct FIXRowReader: ~Copyable {
    private var dedupe: FIXDedupe?
    private var hasLine = false
    /// Where to look for the next message in the line.
    private var position = 0
    private var foundMessage = false

    /// `reportsMax` bounds the memory for telling second reports of a fill; nil takes every report.
    init(dedupeReportsMax reportsMax: Int?) {
        dedupe = reportsMax.map { FIXDedupe(reportsMax: $0) }
    }

    /// Says that the row was taken as a fill: a second report of it may then be ignored.
    mutating func remember() { dedupe?.remember() }

    mutating func next(_ lines: inout LineBuffer, _ row: inout FillRow) throws(FeedError) -> RowStep {
        while true {
            row.clear()
            if !hasLine {
                switch try lines.nextLine() {
                case .end: return .end
                case .damaged: return .damaged
                case .tooLong: return .problem(lineTooLong(lines.rowBytesMax))
                case .line: break
                }
                hasLine = true
                position = 0
                foundMessage = false
            }
            if let step = lines.withRow({ text in nextInLine(text, &row) }) { return step }
            hasLine = false
        }
    }

    /// The next message of the line, or nil when there is none left.
    private mutating func nextInLine(_ text: Span<UInt8>, _ row: inout FillRow) -> RowStep? {
        guard let start = FIXMessage.start(in: text, from: position) else {
            if foundMessage { return nil }
            hasLine = false
            return lineWithoutMessage(text)
        }
        foundMessage = true
        // In case the message cannot be read to its end, the next one is looked for behind its first byte.
        position = start + 1
        do throws(RowProblem) {
            let message = try FIXMessage(text, from: start)
            position = message.end
            let type = text.extracting(message[.msgType].range)
            if !type.equals("8") { return try otherType(message, type) }
            let report = FIXReport(message: message)
            row.isFIX = true
            row[.tradeID] = message[.execID]
            if let kind = try report.read(text, into: &row) { return .ignored(kind) }
            if try dedupe?.check(message, text) == .secondReport { return .ignored(.secondReport) }
            return .row
        } catch {
            return .problem(error)
        }
    }

    private func otherType(_ message: FIXMessage, _ type: Span<UInt8>) throws(RowProblem) -> RowStep {
        if type.isEmpty || type.count > 4 || !isPrintable(type) {
            throw RowProblem(
                reason: .badFIX, offset: message[.msgType].start, detail: "MsgType (35) is \(quoted(type))")
        }
        return .ignored(.messageType(string(type)))
    }

    /// Logs have lines without messages; but one with a report whose head was lost, or with bytes that are no
    /// text, is not to be passed over.
    private func lineWithoutMessage(_ text: Span<UInt8>) -> RowStep? {
        if text.indices.allSatisfy({ text[$0] == 0x20 || text[$0] == 0x09 }) { return nil }
        if let nul = text.indices.first(where: { text[$0] == 0 }) {
            return .problem(
                RowProblem(reason: .binaryData, offset: nul, detail: "byte 0x00 in a line of text"))
        }
        if let offset = firstInvalidUTF8(in: text) {
            return .problem(
                RowProblem(
                    reason: .invalidUTF8, offset: offset,
                    detail: "\(spelled(text[offset])) is not valid UTF-8 here"))
        }
        if let offset = headlessReport(text) {
            return .problem(
                RowProblem(
                    reason: .badFIX, offset: offset, detail: "an ExecutionReport without its begin (8=FIX)"))
        }
        return .ignored(.noMessage)
    }

    private func headlessReport(_ text: Span<UInt8>) -> Int? {
        var index = 0
        while index + 4 < text.count {
            if text.extracting(index..<index + 4).equals("35=8") && isDelimiter(text[index + 4])
                && (index == 0 || isDelimiter(text[index - 1]) || text[index - 1] == UInt8(ascii: "A"))
            {
                return index
            }
            index += 1
        }
        return nil
    }

    private func isDelimiter(_ byte: UInt8) -> Bool {
        byte == 0x01 || byte == UInt8(ascii: "|") || byte == UInt8(ascii: "^")
    }
}
