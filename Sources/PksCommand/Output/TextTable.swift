import PositionText

/// Rows in columns for people: numbers to the right, text to the left, two blanks between.
struct TextTable {
    struct Column {
        let name: String
        let isNumber: Bool
    }

    let columns: [Column]
    private var widths: [Int]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
        widths = columns.map(\.name.count)
    }

    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a cell for each column")
        let cells = cells.map(visible)
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
        rows.append(cells)
    }

    /// Header and rows, each with its newline.
    func text(_ terminal: Terminal) -> String {
        var text = header(terminal)
        for row in rows { text += line(row) + "\n" }
        return text
    }

    func header(_ terminal: Terminal) -> String {
        terminal.styled(line(columns.map(\.name)), .bold) + "\n"
    }

    /// One row at the widths so far; wider cells push what follows to the right.
    func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            let isLast = index == cells.count - 1
            line += columns[index].isNumber ? padding + cell : cell + (isLast ? "" : padding)
            if !isLast { line += "  " }
        }
        return line
    }
}
