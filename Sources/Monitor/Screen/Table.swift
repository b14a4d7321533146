/// A table as it is to be drawn: columns, and the rows that are on the screen.
struct Table {
    struct Column {
        var title: String
        /// Numbers stand on their decimal point, to the right; text to the left.
        var isNumber: Bool
        /// What goes first when there is no room: the lowest.
        var priority: Int
        /// Stays in its place when the table is scrolled sideways.
        var isFixed = false
        /// The most cells that a text gets while others need room.
        var textMax = 16
        var headStyle = Style(.head)
        /// A number that would show fewer digits than this leaves the common decimal point to show more.
        var significantMin = 3
    }

    struct Value {
        var text: String
        var role: Style.Role = .plain
    }

    struct Row {
        var values: [Value]
        var isSelected = false
    }

    var columns: [Column]
    var rows: [Row]
    /// How wide the columns have been before.
    private(set) var fits: [ColumnFit]
    let theme: Theme

    init(_ columns: [Column], _ rows: [Row], _ before: [ColumnFit]?, _ theme: Theme) {
        self.columns = columns
        self.rows = rows
        self.theme = theme
        fits = before?.count == columns.count ? before ?? [] : columns.map { _ in ColumnFit() }
        for (index, column) in columns.enumerated() {
            for row in rows where !row.values[index].text.isEmpty {
                if column.isNumber {
                    fits[index].grow(number: row.values[index].text)
                } else {
                    fits[index].grow(text: row.values[index].text)
                }
            }
        }
    }

    /// A column on the screen.
    struct Placed {
        let index: Int
        let start: Int
        let width: Int
        let fraction: Int
    }

    /// The cells that a column wants.
    private func wanted(_ index: Int) -> Int {
        max(fits[index].width, CellWidth.of(columns[index].title))
    }

    /// The cells that a column can live with: a few decimals less, or a shorter text.
    private func least(_ index: Int) -> Int {
        let fit = fits[index]
        let title = CellWidth.of(columns[index].title)
        if columns[index].isNumber {
            return max(title, fit.whole + (fit.fraction > 0 ? min(fit.fraction, 3) + 1 : 0))
        }
        return max(title, min(fit.whole, columns[index].textMax))
    }

    /// The cells that all columns want, with `gap` between them.
    func wantedWidth(gap: Int) -> Int {
        columns.indices.reduce(0) { $0 + wanted($1) } + max(0, columns.count - 1) * gap
    }

    /// Which columns there is room for, and where. With an offset the columns follow one another from there;
    /// without one the most important ones are chosen.
    func placed(width: Int, gap: Int, offset: Int) -> [Placed] {
        let fixed = columns.indices.filter { columns[$0].isFixed }
        let moving = columns.indices.filter { !columns[$0].isFixed }
        let candidates: [Int]
        if offset == 0 {
            candidates = columns.indices.sorted {
                columns[$0].priority == columns[$1].priority
                    ? $0 < $1 : columns[$0].priority > columns[$1].priority
            }
        } else {
            candidates =
                fixed.sorted { columns[$0].priority > columns[$1].priority } + moving.dropFirst(offset)
        }
        var chosen: [Int] = []
        var used = 0
        var isFull = false
        for index in candidates {
            // What matters less comes only where the others have all the room that they want.
            let isExtra = offset == 0 && columns[index].priority < Self.mainPriority
            if isExtra && !isFull {
                used = chosen.reduce(max(0, chosen.count - 1) * gap) { sum, index in sum + wanted(index) }
                isFull = true
            }
            let cells = (isExtra ? wanted(index) : least(index)) + (chosen.isEmpty ? 0 : gap)
            if used + cells > width {
                // Scrolled columns come in order; a gap in them would hide one for good.
                if offset > 0, !columns[index].isFixed { break }
                continue
            }
            used += cells
            chosen.append(index)
        }
        if chosen.isEmpty, let first = candidates.first { chosen = [first] }
        let taken = chosen.reduce(max(0, chosen.count - 1) * gap) { sum, index in sum + least(index) }
        return spread(chosen, width: width, gap: gap, spare: max(0, width - taken))
    }

    /// Columns from this priority on are shortened rather than left out.
    private static let mainPriority = 45

    /// Gives the room that is left to the columns that want more, the most important first.
    private func spread(_ chosen: [Int], width: Int, gap: Int, spare: Int) -> [Placed] {
        var widths: [Int: Int] = [:]
        var spare = spare
        for index in chosen.sorted(by: { columns[$0].priority > columns[$1].priority }) {
            let more = min(spare, wanted(index) - least(index))
            widths[index] = least(index) + more
            spare -= more
        }
        var start = 0
        var placed: [Placed] = []
        for index in chosen.sorted() {
            let cells = min(widths[index] ?? 0, max(0, width - start))
            let fit = fits[index]
            let fraction = min(fit.fraction, max(0, cells - fit.whole - 1))
            placed.append(Placed(index: index, start: start, width: cells, fraction: fraction))
            start += cells + gap
        }
        return placed
    }

    /// Draws the heads at line `top` (nil: none) and the rows from `body` on.
    func draw(
        on grid: inout Grid, top: Int?, body: Int, width: Int, gap: Int, offset: Int = 0
    ) {
        let places = placed(width: width, gap: gap, offset: offset)
        if let top { drawHeads(on: &grid, top, places, width) }
        for (line, row) in rows.enumerated() {
            for place in places {
                let value = row.values[place.index]
                let text = text(value.text, place)
                grid.put(text, place.start, body + line, Style(value.role), limit: place.start + place.width)
            }
            if row.isSelected { grid.select(body + line) }
        }
    }

    /// A value in its cells.
    private func text(_ value: String, _ place: Placed) -> String {
        if value.isEmpty { return "" }
        if columns[place.index].isNumber,
            value.utf8.first.map({ $0 == 45 || (48...57).contains($0) }) == true,
            fits[place.index].fraction > 0 || !value.utf8.contains(where: { $0 > 57 })
        {
            return NumberText.fitted(
                value, width: place.width, fraction: place.fraction,
                significantMin: columns[place.index].significantMin, mark: theme.cutMark)
        }
        let cut = CellText.cut(value, width: place.width, mark: theme.cutMark)
        if !columns[place.index].isNumber { return cut }
        return String(repeating: " ", count: max(0, place.width - CellWidth.of(cut))) + cut
    }

    private func drawHeads(on grid: inout Grid, _ top: Int, _ places: [Placed], _ width: Int) {
        grid.paint(top, to: width, Style(.head))
        for place in places {
            let column = columns[place.index]
            let title = CellText.cut(column.title, width: place.width, mark: theme.cutMark)
            let start = column.isNumber ? place.start + place.width - CellWidth.of(title) : place.start
            grid.put(title, start, top, column.headStyle, limit: place.start + place.width)
        }
    }
}
