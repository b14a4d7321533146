/// One place of the screen.
package struct Cell: Hashable, Sendable {
    /// A character with what combines with it; empty for the second half of a wide one.
    package var text: String
    /// What it means.
    package var style: Style

    static let blank = Cell(text: " ", style: .plain)
}

/// A screen full of cells. Whatever is written outside of it is cut off, and a wide character never lies half
/// outside, so that a grid is right at every size.
package struct Grid: Equatable, Sendable {
    /// Cells in a line.
    package let width: Int
    /// Lines.
    package let height: Int
    private var cells: [Cell]

    /// Marks that combine with one character; more of them are left out, because terminals keep no more.
    private static let marksMax = 4

    /// A blank screen.
    package init(width: Int, height: Int) {
        self.width = max(0, width)
        self.height = max(0, height)
        cells = [Cell](repeating: .blank, count: self.width * self.height)
    }

    /// The cells of a line.
    package func line(_ row: Int) -> ArraySlice<Cell> {
        precondition(row >= 0 && row < height, "a line of the grid")
        return cells[row * width..<(row + 1) * width]
    }

    /// The lines as text, without blanks at their ends.
    package var lines: [String] {
        (0..<height).map { row in
            var text = line(row).map(\.text).joined()
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    /// Writes text from a place on, up to `limit` (the first column that is not written). Returns the column
    /// behind it.
    @discardableResult
    mutating func put(_ text: String, _ column: Int, _ row: Int, _ style: Style, limit: Int? = nil) -> Int {
        guard row >= 0, row < height else { return column }
        let end = min(width, limit ?? width)
        var place = column
        var last: Int?
        var marks = 0
        for scalar in text.unicodeScalars {
            let width = CellWidth.of(scalar) ?? 1
            if width == 0 {
                marks += 1
                if let last, marks <= Self.marksMax { cells[last].text.unicodeScalars.append(scalar) }
                continue
            }
            if place + width > end { return place }
            marks = 0
            last = nil
            if place >= 0 {
                let index = row * self.width + place
                separate(index)
                cells[index] = Cell(
                    text: CellWidth.of(scalar) == nil ? "?" : String(Character(scalar)), style: style)
                last = index
                if width == 2 {
                    separate(index + 1)
                    cells[index + 1] = Cell(text: "", style: style)
                }
            }
            place += width
        }
        return place
    }

    /// A wide character that loses one half loses the other one too.
    private mutating func separate(_ index: Int) {
        if cells[index].text.isEmpty, index % width > 0 { cells[index - 1].text = " " }
        if index % width + 1 < width, cells[index + 1].text.isEmpty { cells[index + 1].text = " " }
    }

    /// Gives a part of a line a style and leaves its text.
    mutating func paint(_ row: Int, from: Int = 0, to: Int? = nil, _ style: Style) {
        guard row >= 0, row < height else { return }
        for column in max(0, from)..<max(max(0, from), min(width, to ?? width)) {
            cells[row * width + column].style = style
        }
    }

    /// Marks a whole line as selected.
    mutating func select(_ row: Int) {
        guard row >= 0, row < height else { return }
        for index in row * width..<(row + 1) * width { cells[index].style.isSelected = true }
    }
}
