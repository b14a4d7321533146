import CSeqlock
import FixedPoint
import PositionText
import ShmReader

/// Names a row: a slot of a book. Stays the same for the life of the book's segment.
package struct RowID: Hashable, Sendable {
    /// The book, by the model's number.
    package let book: Int32
    /// The slot.
    package let slot: Int32

    init(_ book: Int, _ slot: Int) {
        self.book = Int32(book)
        self.slot = Int32(slot)
    }
}

/// One row of the table, with what the screen must know of its past.
struct RowState: Sendable {
    private(set) var row: PositionRow
    var sortValue: SortValue = .none
    /// The filter wants it, its book is shown, and it has fills.
    var isShown = false
    /// It has to find its place in the order again.
    var isMoving = false
    var history: RowHistory?
    /// By column: the number of the look at which it last changed, twice, and one more when it rose; 0: never.
    private var changed = InlineArray<18, UInt32>(repeating: 0)

    init(_ row: PositionRow) { self.row = row }

    /// How a column changed.
    enum Motion { case still, rose, fell }

    /// How a column changed since the look with this number.
    func motion(_ column: MonitorColumn, since look: UInt32) -> Motion {
        let mark = changed[column.rawValue]
        if mark == 0 || mark >> 1 < look { return .still }
        return mark & 1 == 1 ? .rose : .fell
    }

    /// Takes over a new value, seen at the look with this number.
    mutating func update(_ position: pks_position, look: UInt32) {
        let old = row
        row = PositionRow(book: old.book, view: PositionView(key: old.view.key, position: position))
        let before = old.view.position
        func mark<Number: Comparable>(_ column: MonitorColumn, _ from: Number, _ to: Number) {
            if from != to { changed[column.rawValue] = look << 1 | (to > from ? 1 : 0) }
        }
        mark(.net, before.net_qty, position.net_qty)
        mark(.openCost, old.view.openCost, row.view.openCost)
        mark(.realised, old.view.realizedPnl, row.view.realizedPnl)
        mark(.fees, before.fees, position.fees)
        mark(.openLots, before.open_lots, position.open_lots)
        mark(.lastPrice, before.last_price, position.last_price)
        mark(.bought, before.bought_qty, position.bought_qty)
        mark(.sold, before.sold_qty, position.sold_qty)
        mark(.fills, before.fill_count, position.fill_count)
        mark(.seq, before.applied_seq, position.applied_seq)
        mark(.average, old.averageUnits ?? .zero, row.averageUnits ?? .zero)
        // Both have the scale of their key.
        mark(.netPnl, old.netPnlUnits.units, row.netPnlUnits.units)
    }
}
