import FillRecords
import FixedPoint

/// Remembers which fills of which orders were reported, for venues that report each fill twice under two
/// ExecIDs. Reports of the same account, symbol, side and OrderID at the same CumQty are one fill. Holds up to a
/// bound that the run sets, about 100 bytes each.
struct FIXDedupe: ~Copyable {
    enum Answer {
        case firstReport
        case secondReport
    }

    private let reportsMax: Int
    private var reports = ByteTable()
    /// Quantity and price of each report, as plain decimals without needless zeros.
    private var economics = ByteTable()
    private var economicsNumbers: [UInt32] = []
    private var key: [UInt8] = []
    private var value: [UInt8] = []
    private var hasKey = false

    init(reportsMax: Int) { self.reportsMax = reportsMax }

    /// Whether this fill was reported before. A report that differs in quantity or price is trouble.
    mutating func check(_ message: FIXMessage, _ text: Span<UInt8>) throws(RowProblem) -> Answer {
        hasKey = false
        let order = message[.orderID]
        let cumQty = message[.cumQty]
        if !order.isPresent || !cumQty.isPresent {
            throw RowProblem(
                reason: .missingField, offset: message.start,
                detail:
                    "no \(order.isPresent ? "CumQty (14)" : "OrderID (37)"), which tells fills reported twice"
            )
        }
        key.removeAll(keepingCapacity: true)
        value.removeAll(keepingCapacity: true)
        for tag in [FIXTag.account, .symbol, .side, .orderID] {
            FIXDedupe.append(text, message[tag].range, to: &key)
            key.append(0x01)
        }
        FIXDedupe.appendPlain(text, cumQty.range, to: &key)
        FIXDedupe.appendPlain(text, message[.lastQty].range, to: &value)
        value.append(0x01)
        FIXDedupe.appendPlain(text, message[.lastPx].range, to: &value)
        hasKey = true
        guard let report = reports.find(key.span) else {
            if reports.count < reportsMax { return .firstReport }
            throw RowProblem(
                reason: .capacity, offset: message.start,
                detail: "more than \(reportsMax) fills to tell from their second reports (split the file)",
                endsFile: true)
        }
        if economics.find(value.span) == Int(economicsNumbers[report]) { return .secondReport }
        throw RowProblem(
            reason: .conflictingReport, offset: message[.execID].start,
            detail:
                "a second report of this order at this CumQty (14), with another LastQty (32) or LastPx (31)")
    }

    /// Remembers the report just checked, now that it was taken as a fill.
    mutating func remember() {
        if !hasKey { return }
        hasKey = false
        let (key, value) = (key, value)
        reports.add(key.span)
        if let known = economics.find(value.span) {
            economicsNumbers.append(UInt32(known))
        } else {
            economicsNumbers.append(UInt32(economics.count))
            economics.add(value.span)
        }
    }

    private static func append(_ text: Span<UInt8>, _ range: Range<Int>, to bytes: inout [UInt8]) {
        for index in range { bytes.append(text[index]) }
    }

    /// A decimal without sign `+`, leading zeros and zeros at the end of its fraction, so that 5000 and 5000.0
    /// are the same. What is no decimal stays as it is.
    private static func appendPlain(_ text: Span<UInt8>, _ range: Range<Int>, to bytes: inout [UInt8]) {
        var start = range.lowerBound
        var end = range.upperBound
        if start < end && text[start] == UInt8(ascii: "+") { start += 1 }
        while start + 1 < end && text[start] == UInt8(ascii: "0") && text[start + 1] != UInt8(ascii: ".") {
            start += 1
        }
        if (start..<end).contains(where: { text[$0] == UInt8(ascii: ".") }) {
            while text[end - 1] == UInt8(ascii: "0") { end -= 1 }
            if text[end - 1] == UInt8(ascii: ".") { end -= 1 }
        }
        FIXDedupe.append(text, start..<end, to: &bytes)
    }
}
