import FillRecords

/// The tags of a FIX ExecutionReport that we read.
enum FIXTag: Int, CaseIterable {
    case account = 1
    case beginString = 8
    case bodyLength = 9
    case checkSum = 10
    case commission = 12
    case commType = 13
    case cumQty = 14
    case execID = 17
    case execTransType = 20
    case lastPx = 31
    case lastQty = 32
    case msgType = 35
    case orderID = 37
    case ordStatus = 39
    case sendingTime = 52
    case side = 54
    case symbol = 55
    case transactTime = 60
    case execType = 150
    case commCurrency = 479

    /// The place among the cases, for tables.
    fileprivate var index: Int { FIXTag.indexByTag[rawValue].map(Int.init) ?? 0 }

    fileprivate static let indexByTag: [UInt8?] = {
        var table = [UInt8?](repeating: nil, count: 480)
        for (index, tag) in allCases.enumerated() { table[tag.rawValue] = UInt8(index) }
        return table
    }()
}

/// One FIX message in a line of text: `tag=value` fields with SOH, `|` or `^A` between them, from `8=FIX` to the
/// CheckSum. Only where the fields are; what they mean is for `FIXReport`. Data fields that contain their own
/// delimiter are not understood and so rejected.
struct FIXMessage {
    enum Delimiter: Equatable {
        /// 0x01, as on the wire.
        case soh
        case pipe
        /// The two characters `^A`, as some tools print SOH.
        case caret
    }

    /// Where the message begins and where what follows it begins, in the line.
    private(set) var start: Int
    private(set) var end: Int
    private(set) var delimiter = Delimiter.soh
    private var slices = InlineArray<20, FieldSlice>(repeating: .absent)
    private var bodyStart = 0

    subscript(tag: FIXTag) -> FieldSlice { slices[tag.index] }

    /// Where the next message of a line begins, or nil. `448=FIX...` is no beginning.
    static func start(in text: Span<UInt8>, from offset: Int) -> Int? {
        var index = offset
        while index + 5 <= text.count {
            if text[index] == UInt8(ascii: "8") && isStart(text, index)
                && (index == 0 || text[index - 1] &- UInt8(ascii: "0") > 9)
            {
                return index
            }
            index += 1
        }
        return nil
    }

    /// Reads the fields of the message at `start`. Of a message that is not an ExecutionReport only the fields
    /// up to its type are read.
    init(_ text: Span<UInt8>, from start: Int) throws(RowProblem) {
        self.start = start
        self.end = start
        delimiter = try FIXMessage.delimiter(in: text, from: start)
        var position = start
        while true {
            let tagStart = position
            if tagStart > start && FIXMessage.isStart(text, tagStart) { throw cut(at: tagStart) }
            let number = try takeTag(text, &position)
            let valueStart = position
            let isTerminated = takeValue(text, &position)
            let value = FieldSlice(valueStart..<position)
            if isTerminated { position += delimiter == .caret ? 2 : 1 }
            guard let tag = FIXTag(rawValue: number) else { continue }
            if slices[tag.index].count >= 0 {
                throw RowProblem(reason: .badFIX, offset: tagStart, detail: "tag \(number) is given twice")
            }
            slices[tag.index] = value
            end = position
            switch tag {
            case .bodyLength: bodyStart = position
            case .msgType where !text.extracting(value.range).equals("8"): return
            case .checkSum:
                if self[.msgType].count < 0 {
                    throw RowProblem(reason: .badFIX, offset: start, detail: "no MsgType (35)")
                }
                try verify(text, trailerStart: tagStart)
                return
            default: break
            }
        }
    }

    /// The checksum and the length, which hold only for the bytes as they were on the wire: a log that prints
    /// SOH as something else has often masked values too.
    private func verify(_ text: Span<UInt8>, trailerStart: Int) throws(RowProblem) {
        let value = self[.checkSum]
        let stated = wholeNumber(text.extracting(value.range))
        guard let stated, value.count == 3 else {
            throw RowProblem(
                reason: .badFIX, offset: value.start, detail: "CheckSum (10) is not three digits")
        }
        if delimiter != .soh { return }
        var sum: UInt8 = 0
        for index in start..<trailerStart { sum &+= text[index] }
        if Int(sum) != stated {
            throw RowProblem(
                reason: .badChecksum, offset: value.start,
                detail: "CheckSum (10) is \(stated) but the bytes sum up to \(sum)")
        }
        let length = self[.bodyLength]
        let statedLength = wholeNumber(text.extracting(length.range))
        if length.count >= 0 && statedLength != trailerStart - bodyStart {
            throw RowProblem(
                reason: .badChecksum, offset: length.start,
                detail: "BodyLength (9) is \(quoted(text.extracting(length.range))) but the body has"
                    + " \(trailerStart - bodyStart) bytes")
        }
    }

    private func takeTag(_ text: Span<UInt8>, _ position: inout Int) throws(RowProblem) -> Int {
        let start = position
        var number = 0
        while position < text.count {
            let digit = text[position] &- UInt8(ascii: "0")
            if digit > 9 || position - start == 9 { break }
            number = number * 10 + Int(digit)
            position += 1
        }
        if position == text.count { throw cut(at: start) }
        if position == start || text[position] != UInt8(ascii: "=") {
            throw RowProblem(
                reason: .badFIX, offset: start,
                detail: "\(spelled(text[position])) where a tag and '=' are expected")
        }
        position += 1
        return number
    }

    /// Moves to the delimiter; false when the line ends first.
    private func takeValue(_ text: Span<UInt8>, _ position: inout Int) -> Bool {
        while position < text.count {
            switch (delimiter, text[position]) {
            case (.soh, 0x01), (.pipe, UInt8(ascii: "|")): return true
            case (.caret, UInt8(ascii: "^")):
                if position + 1 < text.count && text[position + 1] == UInt8(ascii: "A") { return true }
            default: break
            }
            position += 1
        }
        return false
    }

    private func cut(at offset: Int) -> RowProblem {
        RowProblem(
            reason: .badFIX, offset: offset, detail: "the message is cut: it ends without CheckSum (10)")
    }

    private static func isStart(_ text: Span<UInt8>, _ offset: Int) -> Bool {
        offset + 5 <= text.count && text.extracting(offset..<offset + 5).equals("8=FIX")
    }

    /// What follows the begin string tells what is between fields.
    private static func delimiter(in text: Span<UInt8>, from start: Int) throws(RowProblem) -> Delimiter {
        var position = start + 2
        while position < text.count {
            let byte = text[position]
            if byte == 0x01 { return .soh }
            if byte == UInt8(ascii: "|") { return .pipe }
            if byte == UInt8(ascii: "^") && position + 1 < text.count
                && text[position + 1] == UInt8(ascii: "A")
            {
                return .caret
            }
            let isVersion =
                byte == UInt8(ascii: ".") || (byte >= 0x30 && byte <= 0x39)
                || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
            if !isVersion { break }
            position += 1
        }
        throw RowProblem(
            reason: .badFIX, offset: min(position, text.count),
            detail: "no delimiter after BeginString (8): SOH, '|' or '^A' is expected")
    }
}

/// Digits as a number; nil for anything else.
func wholeNumber(_ text: Span<UInt8>) -> Int? {
    if text.isEmpty || text.count > 9 { return nil }
    var number = 0
    for index in text.indices {
        let digit = text[index] &- UInt8(ascii: "0")
        if digit > 9 { return nil }
        number = number * 10 + Int(digit)
    }
    return number
}
