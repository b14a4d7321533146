import CSeqlock
import FixedPoint
import PositionText
import ShmReader

/// The table of positions, and that of totals.
extension Screen {
    /// The columns that a table of positions has: that of books only when there is more than one.
    static func columns(_ model: MonitorModel) -> [MonitorColumn] {
        MonitorColumn.allCases.filter { $0 != .book || model.shownBooks.count > 1 }
    }

    static func tableColumns(_ columns: [MonitorColumn], _ sort: SortOrder, _ theme: Theme) -> [Table.Column]
    {
        columns.map { column in
            var shown = Table.Column(
                title: column.title, isNumber: !column.isText, priority: column.priority)
            shown.isFixed = column.isKey
            if column == .average || column == .lastPrice { shown.significantMin = 4 }
            if column == sort.column {
                shown.title += sort.isDescending ? theme.descendingMark : theme.ascendingMark
                shown.headStyle = Style(.sortedHead)
            }
            return shown
        }
    }

    mutating func drawPositions() {
        let columns = Self.columns(model)
        if model.order.isEmpty { return drawEmpty() }
        let top = max(0, min(model.topLine, model.order.count - 1))
        let ids = model.order[top..<min(model.order.count, top + plan.bodyLines)]
        let rows = ids.map { id in
            Table.Row(
                values: columns.map { value($0, of: id) },
                isSelected: id == model.selected && grid.height > 1)
        }
        let table = Table(Self.tableColumns(columns, model.sort, theme), rows, fits[.positions], theme)
        fits[.positions] = table.fits
        drawScrolled(table, fixed: columns.filter(\.isKey).count)
    }

    /// Draws a table that may be scrolled sideways, with marks where there is more of it.
    private mutating func drawScrolled(_ table: Table, fixed: Int) {
        columnOffset = min(columnOffset, max(0, table.columns.count - fixed - 1))
        let isWhole = table.placed(width: grid.width, gap: gap, offset: 0).count == table.columns.count
        // The marks have cells of their own at the right.
        let width = isWhole ? grid.width : max(1, grid.width - 3)
        while columnOffset > 0, isWhole || isLastColumnSeen(table, width, at: columnOffset - 1) {
            columnOffset -= 1
        }
        table.draw(
            on: &grid, top: plan.tableHeadRow, body: plan.bodyRow, width: width, gap: gap,
            offset: columnOffset)
        guard !isWhole, let row = plan.tableHeadRow, grid.width > 3 else { return }
        if columnOffset > 0 { grid.put(theme.leftMark, grid.width - 2, row, Style(.key)) }
        let isMore = columnOffset == 0 || !isLastColumnSeen(table, width, at: columnOffset)
        if isMore { grid.put(theme.rightMark, grid.width - 1, row, Style(.key)) }
    }

    /// Whether there is nothing more to the right; at the start columns may be left out anywhere.
    private func isLastColumnSeen(_ table: Table, _ width: Int, at offset: Int) -> Bool {
        let places = table.placed(width: width, gap: gap, offset: offset)
        if offset == 0 { return places.count == table.columns.count }
        return places.last?.index == table.columns.count - 1
    }

    func value(_ column: MonitorColumn, of id: RowID) -> Table.Value {
        guard let state = model.row(id) else { return Table.Value(text: "") }
        let text = state.row.text(column, nowNs: model.nowNs)
        let shown = column.isText ? safe(visible(text)) : text
        return Table.Value(text: shown, role: role(column, state, text, id))
    }

    private func role(_ column: MonitorColumn, _ state: RowState, _ text: String, _ id: RowID) -> Style.Role {
        if !model.books[Int(id.book)].health.isCurrent { return .quiet }
        switch state.motion(column, since: model.litSince) {
        case .rose: return .rose
        case .fell: return .fell
        case .still: break
        }
        switch column {
        case .age, .currency, .seq: return .quiet
        case .net, .openCost, .realised, .netPnl: return text.hasPrefix("-") ? .negative : .plain
        default: return .plain
        }
    }

    /// Why there is nothing to see.
    private mutating func drawEmpty() {
        var lines: [String] = []
        if model.books.isEmpty {
            lines = [
                "No book is there yet. This waits for one.",
                "pks run --book B starts one; pks ls shows what there is.",
            ]
        } else if model.books.contains(where: {
            $0.rows.contains { $0?.row.view.position.fill_count ?? 0 > 0 }
        }) {
            lines = ["No position has \(visible(model.filter.pattern)).", "Esc takes the filter away."]
        } else if model.books.allSatisfy({ $0.health.path.isEmpty }) {
            let names = model.books.map { visible($0.name) }.joined(separator: ", ")
            lines = ["Waiting for \(names).", "pks run --book B starts a book; pks ls shows what there is."]
        } else {
            lines = ["No positions yet."]
        }
        for (index, line) in lines.prefix(plan.bodyLines).enumerated() {
            put(
                [(line, index == 0 ? .plain : .quiet)], 2, plan.bodyRow + index + (plan.bodyLines > 4 ? 1 : 0)
            )
        }
    }

    private static let totalHeads: [(title: String, column: MonitorColumn?, priority: Int)] = [
        ("", nil, 100), ("CCY", .currency, 95), ("POSITIONS", nil, 60), ("NET", .net, 70),
        ("OPEN COST", .openCost, 65), ("REALISED", .realised, 80), ("FEES", .fees, 75),
        ("NET P&L", .netPnl, 90),
        ("LOTS", .openLots, 50), ("FILLS", .fills, 55),
    ]

    mutating func drawTotals(_ grouping: Grouping) {
        let top = max(0, min(model.topLine, max(0, model.groups.count - 1)))
        let end = min(model.groups.count, top + plan.bodyLines)
        // A sum of quantities means something only where they are of one thing.
        let heads = Self.totalHeads.filter { $0.column != .net || grouping == .symbol }
        let columns = heads.enumerated().map { place, head in
            var column = Table.Column(
                title: place == 0 ? grouping.rawValue.uppercased() : head.title,
                isNumber: place > 1, priority: head.priority)
            column.isFixed = place < 2
            if let own = head.column, own == model.sort.column {
                column.title += model.sort.isDescending ? theme.descendingMark : theme.ascendingMark
                column.headStyle = Style(.sortedHead)
            }
            return column
        }
        let rows = (top..<max(top, end)).map { place in
            Table.Row(
                values: heads.enumerated().map { index, head in
                    total(model.groups[place], head.column, isName: index == 0)
                }, isSelected: place == model.line)
        }
        let table = Table(columns, rows, fits[.totals], theme)
        fits[.totals] = table.fits
        drawScrolled(table, fixed: 2)
    }

    private func total(
        _ group: (key: Totals.Key, sums: Totals.Sums), _ column: MonitorColumn?, isName: Bool
    ) -> Table.Value {
        if isName { return Table.Value(text: safe(visible(group.key.name))) }
        func money(_ sum: ExactSum) -> Table.Value {
            let text = sum.text
            return Table.Value(text: text, role: text.hasPrefix("-") ? .negative : .plain)
        }
        switch column {
        case .currency:
            return Table.Value(
                text: group.key.currency.isEmpty ? "-" : safe(visible(group.key.currency)), role: .quiet)
        case .net: return money(group.sums.net)
        case .openCost: return money(group.sums.openCost)
        case .realised: return money(group.sums.realised)
        case .fees: return Table.Value(text: group.sums.fees.text)
        case .netPnl: return money(group.sums.netPnl)
        case .openLots: return Table.Value(text: "\(group.sums.openLots)")
        case .fills: return Table.Value(text: "\(group.sums.fills)")
        default: return Table.Value(text: "\(group.sums.positions)")
        }
    }
}
