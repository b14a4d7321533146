import PositionText
import ShmReader

/// Which rows are shown, and in which order.
extension MonitorModel {
    /// A look is over: rows that have changed find their places. Costs in proportion to them, but for one pass over
    /// the numbers of all rows when any of them moved.
    package mutating func finish() {
        if !moving.isEmpty { place() }
        if let totals { groups = totals.sorted(sort) }
        follow()
    }

    /// Finds places for the rows that have moved and leaves the others where they are.
    private mutating func place() {
        var arrived: [RowID] = []
        for id in moving {
            if books[Int(id.book)].rows[Int(id.slot)]?.isShown == true { arrived.append(id) }
        }
        order.removeAll { books[Int($0.book)].rows[Int($0.slot)]?.isMoving == true }
        for id in moving { books[Int(id.book)].rows[Int(id.slot)]?.isMoving = false }
        moving.removeAll(keepingCapacity: true)
        arrived.sort { precedes($0, $1) }
        if isFrozen {
            order += arrived
            return
        }
        var merged: [RowID] = []
        merged.reserveCapacity(order.count + arrived.count)
        var from = 0
        for id in arrived {
            let place = firstPlace(after: id, from: from)
            merged += order[from..<place]
            merged.append(id)
            from = place
        }
        merged += order[from...]
        order = merged
    }

    /// The first place at or behind `from` whose row comes after `id`.
    private func firstPlace(after id: RowID, from: Int) -> Int {
        var (low, high) = (from, order.count)
        while low < high {
            let middle = (low + high) / 2
            if precedes(id, order[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Builds the order anew: after another sort column, another filter, another choice of books.
    mutating func rebuild() {
        moving.removeAll()
        order.removeAll()
        if let grouping = totals?.grouping { totals = Totals(by: grouping) }
        for book in books.indices {
            for slot in books[book].rows.indices {
                guard var state = books[book].rows[slot] else { continue }
                books[book].rows[slot] = nil
                state.isMoving = false
                state.isShown = wants(book, state)
                state.sortValue = state.row.sortValue(sort.column)
                if state.isShown {
                    order.append(RowID(book, slot))
                    totals?.add(state.row)
                }
                books[book].rows[slot] = state
            }
        }
        order = order.sorted { precedes($0, $1) }
        fits = [:]
        finish()
    }

    /// Whether a row comes before another. Rows with equal values are in the order of their keys, so that the order
    /// is always the same.
    func precedes(_ left: RowID, _ right: RowID) -> Bool {
        // Only the values are looked at where that is enough: a whole row is large.
        let values = (
            books[Int(left.book)].rows[Int(left.slot)]?.sortValue ?? .none,
            books[Int(right.book)].rows[Int(right.slot)]?.sortValue ?? .none
        )
        let order = values.0.compared(to: values.1, isDescending: sort.isDescending)
        if order != 0 { return order < 0 }
        guard let one = row(left), let other = row(right) else {
            preconditionFailure("only rows that are there are sorted")
        }
        let books = RowOrder.compare(one.row.book, other.row.book)
        return books != 0 ? books < 0 : RowOrder.precedes(one.row.view.key, other.row.view.key)
    }

    /// How many lines the table has.
    var lineCount: Int {
        if case .totals = view { return groups.count }
        return order.count
    }

    /// The selection stays with its row; when the row is gone, with its line.
    mutating func follow() {
        if case .totals = view {
            line = max(0, min(line, groups.count - 1))
        } else {
            let isInPlace = order.indices.contains(line) && order[line] == selected
            if !isInPlace, isSelectionHeld, let selected, let place = order.firstIndex(of: selected) {
                line = place
            }
            line = max(0, min(line, order.count - 1))
            selected = order.indices.contains(line) ? order[line] : nil
        }
        let lastTop = max(0, lineCount - pageLines)
        topLine = max(0, min(topLine, min(line, lastTop)))
        if line >= topLine + pageLines { topLine = line - pageLines + 1 }
    }
}
