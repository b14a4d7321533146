/// Turns a model and a size into a grid. Pure: the same model, size and theme give the same cells; what the screen
/// has to remember between two drawings comes back in the frame.
package struct Frame: Sendable {
    /// What to show.
    package let grid: Grid
    /// How wide columns are, for the next drawing.
    let fits: [TableID: [ColumnFit]]
    /// How many lines the table had room for.
    let pageLines: Int
    /// Columns and lines scrolled out, no further than there is something to see.
    let columnOffset: Int
    let lineOffset: Int
}

extension MonitorModel {
    /// Remembers what the next drawing needs of this one.
    package mutating func drew(_ frame: Frame, drawNs: Int64) {
        fits = frame.fits
        columnOffset = frame.columnOffset
        lineOffset = frame.lineOffset
        ownFigures.drawNs = drawNs
        if pageLines != frame.pageLines {
            pageLines = frame.pageLines
            follow()
        }
    }
}

/// The drawing of one frame.
package struct Screen {
    let model: MonitorModel
    let theme: Theme
    let plan: ScreenPlan
    var grid: Grid
    var fits: [TableID: [ColumnFit]]
    var columnOffset: Int
    var lineOffset: Int
    var pageLines: Int

    /// Draws a model.
    package static func render(_ model: MonitorModel, width: Int, height: Int, theme: Theme) -> Frame {
        var screen = Screen(model, Grid(width: width, height: height), theme)
        screen.draw()
        return Frame(
            grid: screen.grid, fits: screen.fits, pageLines: screen.pageLines,
            columnOffset: screen.columnOffset, lineOffset: screen.lineOffset)
    }

    init(_ model: MonitorModel, _ grid: Grid, _ theme: Theme) {
        self.model = model
        self.grid = grid
        self.theme = theme
        plan = ScreenPlan(height: grid.height, bookCount: model.shownBooks.count)
        fits = model.fits
        columnOffset = model.columnOffset
        lineOffset = model.lineOffset
        pageLines = max(1, plan.bodyLines)
    }

    private mutating func draw() {
        if grid.width == 0 || grid.height == 0 { return }
        if let row = plan.titleRow { drawTitle(row) }
        drawBooks()
        switch model.view {
        case .positions: drawPositions()
        case .totals(let grouping): drawTotals(grouping)
        case .detail(let id): drawDetail(id)
        case .help: drawHelp()
        }
        drawCurve()
        drawFooter()
    }

    /// Blanks between two columns.
    var gap: Int { grid.width >= 100 ? 2 : 1 }

    /// Text as this theme may show it.
    func safe(_ text: String) -> String { CellText.safe(text, isASCII: theme.isASCII) }

    /// Puts parts with different styles one behind the other; what has no room is cut.
    mutating func put(_ parts: [(String, Style.Role)], _ column: Int, _ row: Int) {
        var column = column
        for (text, role) in parts {
            let room = max(0, grid.width - column)
            column = grid.put(
                CellText.cut(safe(text), width: room, mark: theme.cutMark), column, row, Style(role))
        }
    }

    private mutating func drawTitle(_ row: Int) {
        grid.paint(row, Style(.title))
        var words: [String] = []
        switch model.view {
        case .positions, .help: words.append("\(grouped(UInt64(model.order.count))) positions")
        case .totals(let grouping): words.append("totals by \(grouping.rawValue)")
        case .detail: words.append("one position")
        }
        let books =
            model.onlyBook.map { "book \($0)" } ?? "\(model.books.count) book"
            + (model.books.count == 1 ? "" : "s")
        words.append(books)
        words.append("sort \(model.sort.word)")
        if !model.filter.pattern.isEmpty { words.append("/" + visibleText(model.filter.pattern)) }
        let clock = UTCText.time(model.realtimeNs) + " UTC "
        var flags = ""
        if model.isPaused { flags += " PAUSED: \(grouped(UInt64(model.pendingChanges))) rows have changed " }
        if model.isFrozen { flags += " FROZEN " }
        let right = CellWidth.of(clock)
        let room = max(0, grid.width - right - CellWidth.of(flags) - 2)
        let left = " pks top" + theme.separator + words.joined(separator: theme.separator)
        grid.put(CellText.cut(safe(left), width: room, mark: theme.cutMark), 0, row, Style(.title))
        let start = max(0, grid.width - right - CellWidth.of(flags) - 1)
        let end = grid.put(flags, start, row, Style(.bad))
        if grid.width > right { grid.put(" " + clock, end, row, Style(.title)) }
    }
}

/// Which lines of the screen are for what. On a low screen what matters least goes first; one line is left for the
/// table whatever the height.
struct ScreenPlan: Equatable {
    private(set) var titleRow: Int?
    private(set) var bookHeadRow: Int?
    private(set) var bookRows: Range<Int> = 0..<0
    private(set) var factRows: Range<Int> = 0..<0
    private(set) var tableHeadRow: Int?
    private(set) var bodyRow = 0
    private(set) var bodyLines = 0
    private(set) var curveRows: Range<Int> = 0..<0
    private(set) var figuresRow: Int?
    private(set) var keysRow: Int?

    init(height: Int, bookCount: Int) {
        var row = 0
        var bottom = height
        if height >= 3 { titleRow = 0; row = 1 }
        if height >= 5 { keysRow = height - 1; bottom -= 1 }
        if height >= 8 { figuresRow = bottom - 1; bottom -= 1 }
        if height >= 7, bookCount > 0 {
            if height >= 13 { bookHeadRow = row; row += 1 }
            let lines = min(bookCount, max(1, (height - 10) / 4))
            bookRows = row..<row + lines
            row += lines
        }
        if height >= 12, bookCount > 0 {
            factRows = row..<row + (height >= 24 ? 2 : 1)
            row = factRows.upperBound
        }
        let curveLines = height >= 50 ? 4 : height >= 34 ? 3 : height >= 20 ? 2 : height >= 16 ? 1 : 0
        curveRows = bottom - curveLines..<bottom
        bottom -= curveLines
        if height >= 30 { row += 1 }
        if height >= 4 { tableHeadRow = row; row += 1 }
        bodyRow = row
        bodyLines = max(0, bottom - row)
    }
}
