import Accumulator
import CSeqlock
import FixedPoint
import LotMatching
import PositionText

/// Writes what a replay came to: positions, lots and fees from the final state, and the sorted matches.
struct ReplayResults {
    static let lotsHeader =
        "book,account,strategy,symbol,trade_id,order_id,side,qty_open,qty_remaining,price,opened_ns\n"
    static let matchesHeader =
        "match_id,book,account,strategy,symbol,side,open_trade_id,close_trade_id,qty,open_price,close_price,"
        + "realized_pnl,open_ns,close_ns\n"
    static let feesHeader = "book,account,strategy,symbol,currency,fees\n"

    let files: ResultFiles
    let session: ReplaySession
    /// Lanes in the order of rows.
    private let lanes: [(lane: BookLane, index: Int)]

    init(_ files: ResultFiles, _ session: ReplaySession) {
        self.files = files
        self.session = session
        lanes = session.lanes.enumerated().map { (lane: $0.element, index: $0.offset) }
            .sorted { RowOrder.compare($0.lane.book, $1.lane.book) < 0 }
    }

    /// positions.csv; `rows` are those of each lane.
    func writePositions(_ rows: [[PositionRow]]) throws(CommandError) {
        let output = try files.open("positions.csv")
        try output.write(PositionRow.csvHeader)
        var bytes: [UInt8] = []
        for (_, index) in lanes {
            for row in rows[index] {
                bytes.removeAll(keepingCapacity: true)
                row.appendCSV(to: &bytes)
                try output.write(bytes)
            }
        }
    }

    /// lots.csv: the open lots, in the order of opening.
    func writeLots() throws(CommandError) {
        let output = try files.open("lots.csv")
        try output.write(Self.lotsHeader)
        var bytes: [UInt8] = []
        for (lane, index) in lanes {
            try lane.withBook { book throws(CommandError) in
                for handle in handlesInOrder(book, index) {
                    bytes.removeAll(keepingCapacity: true)
                    appendLots(book, handle, key(index, handle), to: &bytes)
                    try output.write(bytes)
                }
            }
        }
    }

    private func appendLots(
        _ book: borrowing Book, _ handle: UInt32, _ key: KeyInfo, to bytes: inout [UInt8]
    ) {
        // SAFETY: the handle is defined.
        let position = unsafe book.position(handle).pointee
        let isLong = position.slot.net_qty > 0
        for open in book.openLots(handle) {
            bytes.append(contentsOf: key.csvNames)
            bytes.append(static: ",")
            if !open.isPool { bytes.append(csv: open.opening.tradeID) }
            bytes.append(static: ",")
            if !open.isPool { bytes.append(csv: open.opening.orderID) }
            bytes.append(static: isLong ? ",LONG," : ",SHORT,")
            appendDecimal(open.opening.qtyOpen, decimals: key.qtyDecimals, to: &bytes)
            bytes.append(static: ",")
            appendDecimal(open.lot.remaining.units, decimals: key.qtyDecimals, to: &bytes)
            bytes.append(static: ",")
            if open.isPool {
                appendAveragePrice(
                    openCost: Money(units: position.openCost), netQty: Quantity(units: position.slot.net_qty),
                    multiplier: key.multiplier, priceDecimals: key.priceDecimals, to: &bytes)
            } else {
                appendDecimal(open.lot.price.units, decimals: key.priceDecimals, to: &bytes)
            }
            bytes.append(static: ",")
            appendDecimal(open.opening.eventNs, decimals: 0, to: &bytes)
            bytes.append(static: "\n")
        }
    }

    /// matches.csv, from what was sorted on the way.
    func writeMatches() throws(CommandError) {
        let output = try files.open("matches.csv")
        try output.write(Self.matchesHeader)
        try session.effects.matches?.write(to: output, ranks: session.effects.keys.ranks())
    }

    /// fees.csv: fees in currencies other than the instrument's, which positions.csv has no place for. There
    /// is no such file when there are no such fees.
    func writeOtherFees() throws(CommandError) {
        let hasFees = session.lanes.contains { lane in lane.withBook { !$0.otherFees.isEmpty } }
        guard hasFees else { return files.removeStale("fees.csv") }
        let output = try files.open("fees.csv")
        try output.write(Self.feesHeader)
        for (lane, index) in lanes {
            try lane.withBook { book throws(CommandError) in
                let ranks = session.effects.keys.ranks()
                let fees = book.otherFees.map { (key: $0.key, text: $0.key.currencyText, sum: $0.value) }
                    .sorted { left, right in
                        let one = ranks[session.effects.keyNumber(book: index, handle: left.key.handle)]
                        let other = ranks[session.effects.keyNumber(book: index, handle: right.key.handle)]
                        return one == other ? RowOrder.compare(left.text, right.text) < 0 : one < other
                    }
                for fee in fees {
                    let key = key(index, fee.key.handle)
                    var bytes = key.csvNames
                    bytes.append(static: ",")
                    bytes.append(csv: fee.text)
                    bytes.append(static: ",")
                    appendDecimal(fee.sum, decimals: key.feeDecimals, to: &bytes)
                    bytes.append(static: "\n")
                    try output.write(bytes)
                }
            }
        }
    }

    private func key(_ index: Int, _ handle: UInt32) -> KeyInfo {
        session.effects.keys.keys[session.effects.keyNumber(book: index, handle: handle)]
    }

    /// The handles of a book in the order of rows.
    private func handlesInOrder(_ book: borrowing Book, _ index: Int) -> [UInt32] {
        let ranks = session.effects.keys.ranks()
        return (0..<UInt32(book.positionCount)).sorted { left, right in
            ranks[session.effects.keyNumber(book: index, handle: left)]
                < ranks[session.effects.keyNumber(book: index, handle: right)]
        }
    }
}
