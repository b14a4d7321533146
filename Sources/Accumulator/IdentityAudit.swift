public import CSeqlock
import FixedPoint
import LotMatching

/// Checks the accounting identities of a book from the outside, record by record, with sums of its own that
/// are kept from the fills and not from the book. Steps grow with the open lots of the position that moved:
/// for verification and tests, not for the hot path.
public struct IdentityAudit {
    /// An identity that does not hold.
    public struct Violation: Error, CustomStringConvertible, Equatable, Sendable {
        /// The record after which it was seen.
        public let seq: UInt64
        /// The position.
        public let handle: UInt32
        /// Which identity, and the two sides of it.
        public let description: String
    }

    /// Per handle: value of sells - value of buys, in money units.
    private var traded: [Book.WideSum] = []

    /// An audit of a book that has applied nothing yet.
    public init() {}

    /// An audit of a book that goes on from a checkpoint: what was traded before is taken from its P&L and cost.
    public init(continuing book: borrowing Book) {
        for handle in 0..<UInt32(book.positionCount) {
            // SAFETY: the handle is defined.
            let position = unsafe book.position(handle).pointee
            var sum = Book.WideSum(position.realizedPnl)
            sum.subtract(position.openCost)
            traded.append(sum)
        }
    }

    /// Looks at the position of a fill that was just applied. Throws what does not hold.
    public mutating func check(
        _ book: borrowing Book, after record: UnsafePointer<pks_fill_record>
    ) throws(Violation) {
        // SAFETY: the record is whole, and the book has applied it, so that its handle is defined.
        let fill = unsafe record.pointee
        let position = unsafe book.position(fill.handle).pointee
        while traded.count <= Int(fill.handle) { traded.append(Book.WideSum(0)) }
        // price x qty < 2^126 and the multiplier < 2^63: the product of both fits 192 bits.
        let signed = fill.side == UInt8(PKS_SIDE_SELL) ? fill.qty : -fill.qty
        let value = Price(units: fill.price).times(Quantity(units: signed))
        let product = value.multipliedFullWidth(by: Int128(position.multiplier))
        traded[Int(fill.handle)].add(high: Int64(product.high), low: product.low)
        try check(book, position, fill.handle)
    }

    private func check(
        _ book: borrowing Book, _ position: Position, _ handle: UInt32
    ) throws(Violation) {
        let slot = position.slot
        func require(_ holds: Bool, _ text: @autoclosure () -> String) throws(Violation) {
            if !holds { throw Violation(seq: book.seq, handle: handle, description: text()) }
        }
        try require(
            slot.net_qty == slot.bought_qty - slot.sold_qty,
            "net_qty \(slot.net_qty) is not bought \(slot.bought_qty) - sold \(slot.sold_qty)")
        var remaining: Int128 = 0
        var cost: Int128 = 0
        var count: UInt32 = 0
        let sign: Int128 = slot.net_qty < 0 ? -1 : 1
        if position.method == .average {
            (remaining, cost, count) = (Int128(slot.net_qty), position.openCost, slot.net_qty == 0 ? 0 : 1)
        } else {
            book.lots.forEach(in: position.lots, method: position.method) { lot in
                remaining += sign * Int128(lot.remaining.units)
                let value = Book.scaled(lot.price.times(lot.remaining), by: position.multiplier)
                cost = cost &+ (slot.net_qty < 0 ? 0 &- value : value)
                count += 1
            }
        }
        try require(
            remaining == Int128(slot.net_qty), "open lots sum to \(remaining), net_qty is \(slot.net_qty)")
        try require(cost == position.openCost, "open lots cost \(cost), open_cost is \(position.openCost)")
        try require(count == slot.open_lots, "\(count) lots are open, open_lots is \(slot.open_lots)")
        var expected = traded[Int(handle)]
        expected.add(position.openCost)
        expected.subtract(position.realizedPnl)
        try require(
            expected.isZero, "realized_pnl \(position.realizedPnl) is not sells - buys + open cost")
        if slot.net_qty == 0 {
            try require(slot.open_lots == 0, "flat with \(slot.open_lots) open lots")
            try require(position.openCost == 0, "flat with open cost \(position.openCost)")
        }
    }
}
