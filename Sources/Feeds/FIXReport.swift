import FillRecords

/// What one ExecutionReport (35=8) means: a fill, nothing, or trouble. Only ExecType tells a trade, because
/// other reports repeat LastQty and LastPx. FIX 4.3 moved trades from ExecType 1 and 2 to F.
struct FIXReport {
    let message: FIXMessage

    /// Puts a fill's fields into `row`; anything else is the answer.
    func read(_ text: Span<UInt8>, into row: inout FillRow) throws(RowProblem) -> IgnoredKind? {
        let isLegacy = isUpTo42(text)
        if isLegacy, let kind = try transactionKind(text) { return kind }
        let execType = try execType(text, isLegacy: isLegacy)
        let quantity = message[.lastQty]
        let isTrade = isLegacy ? execType == "1" || execType == "2" : execType == "F"
        if !isTrade {
            switch execType {
            case "G", "H":
                throw problem(
                    .unsupportedExecType, .execType,
                    "a trade \(execType == "G" ? "correction" : "cancellation") (150=\(execType)) cannot be applied"
                )
            case "0", "3"..."9", "A"..."E", "I"..."L": break
            default:
                if quantity.isPresent && !isZero(text.extracting(quantity.range)) {
                    throw problem(
                        .unsupportedExecType, .execType,
                        "150=\(execType) with LastQty (32) is no fill in this version of FIX"
                            + (isLegacy ? " (1 and 2 are)" : " (F is)"))
                }
            }
            return .execType(UInt8(execType.value))
        }
        if quantity.isPresent && isZero(text.extracting(quantity.range)) { return .zeroLastQty }
        try map(text, &row)
        return nil
    }

    /// ExecTransType (20), which FIX 4.3 dropped: a cancellation or a correction is one whatever ExecType says,
    /// and an answer to a status request repeats an old report.
    private func transactionKind(_ text: Span<UInt8>) throws(RowProblem) -> IgnoredKind? {
        let slice = message[.execTransType]
        if !slice.isPresent { return nil }
        let value = text.extracting(slice.range)
        if value.equals("0") { return nil }
        if value.equals("3") { return .status }
        throw problem(
            .unsupportedExecType, .execTransType,
            "ExecTransType (20) is \(quoted(value)): a cancellation or correction cannot be applied")
    }

    /// FIX 4.0 had no ExecType; there OrdStatus tells.
    private func execType(_ text: Span<UInt8>, isLegacy: Bool) throws(RowProblem) -> Unicode.Scalar {
        let tag = isLegacy && !message[.execType].isPresent ? FIXTag.ordStatus : .execType
        let slice = message[tag]
        if !slice.isPresent { throw missing("ExecType (150)") }
        let byte = text[slice.start]
        let isCode = (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
        if slice.count != 1 || !isCode {
            throw problem(.badFIX, tag, "ExecType (150) is \(quoted(text.extracting(slice.range)))")
        }
        return Unicode.Scalar(byte)
    }

    private func map(_ text: Span<UInt8>, _ row: inout FillRow) throws(RowProblem) {
        row.isFIX = true
        row[.tradeID] = message[.execID]
        row[.orderID] = message[.orderID]
        row[.account] = message[.account]
        row[.symbol] = message[.symbol]
        row[.qty] = message[.lastQty]
        row[.price] = message[.lastPx]
        row[.side] = message[.side]
        row[.fee] = message[.commission]
        row[.feeCurrency] = message[.commCurrency]
        row.side = try side(text)
        row.eventNs = try eventNs(text)
        let kind = message[.commType]
        if kind.isPresent && !text.extracting(kind.range).equals("3") && message[.commission].isPresent
            && !isZero(text.extracting(message[.commission].range))
        {
            throw problem(
                .unsupportedCommission, .commType,
                "CommType (13) is \(quoted(text.extracting(kind.range))); only 3, an absolute amount, is"
                    + " understood")
        }
    }

    /// TransactTime, or SendingTime where an old version has none; nil without either.
    private func eventNs(_ text: Span<UInt8>) throws(RowProblem) -> Int64? {
        let tag = message[.transactTime].isPresent ? FIXTag.transactTime : .sendingTime
        let slice = message[tag]
        if !slice.isPresent { return nil }
        let value = text.extracting(slice.range)
        if let eventNs = fixTimeNs(value) { return eventNs }
        throw problem(
            .badTime, tag,
            "\(tag == .transactTime ? "TransactTime (60)" : "SendingTime (52)") is \(quoted(value))"
                + " (YYYYMMDD-HH:MM:SS with up to nine decimals of a second is expected)")
    }

    private func side(_ text: Span<UInt8>) throws(RowProblem) -> FillSide {
        let slice = message[.side]
        if !slice.isPresent { throw missing("Side (54)") }
        let value = text.extracting(slice.range)
        if value.equals("1") { return .buy }
        if value.equals("2") || value.equals("5") || value.equals("6") { return .sell }
        throw problem(
            .unknownSide, .side, "Side (54) is \(quoted(value)); 1 (buy), 2, 5 or 6 (sell) is expected")
    }

    private func isUpTo42(_ text: Span<UInt8>) -> Bool {
        let begin = text.extracting(message[.beginString].range)
        return begin.equals("FIX.4.2") || begin.equals("FIX.4.1") || begin.equals("FIX.4.0")
    }

    private func problem(_ reason: FeedRejectReason, _ tag: FIXTag, _ detail: String) -> RowProblem {
        RowProblem(reason: reason, offset: message[tag].start, detail: detail)
    }

    private func missing(_ name: String) -> RowProblem {
        RowProblem(reason: .missingField, offset: message.start, detail: "no \(name)")
    }
}

/// Whether a decimal says zero, however many zeros it has.
func isZero(_ text: Span<UInt8>) -> Bool {
    var hasDigit = false
    for index in text.indices {
        switch text[index] {
        case UInt8(ascii: "0"): hasDigit = true
        case UInt8(ascii: "."): break
        case UInt8(ascii: "-") where index == 0, UInt8(ascii: "+") where index == 0: break
        default: return false
        }
    }
    return hasDigit
}
