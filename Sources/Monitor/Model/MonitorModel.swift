/// The terminal monitor. This room follows books through ShmReader, keeps what a person wants to see of them, and
/// draws it. Three steps that know nothing of each other's insides: `MonitorSource` looks at shared memory and says
/// what is new; `MonitorModel` is the state, a plain value without clock or files; `Screen` turns a model and a size
/// into a grid of cells. `CursesTerminal` is the only part that needs a terminal. Nothing in here can change a book.
import CSeqlock
import PositionText
import ShmReader

/// Everything that is on the screen, and what is behind it. One thread.
package struct MonitorModel: Sendable {
    /// What fills the middle of the screen.
    enum View: Equatable, Sendable {
        case positions
        case totals(Grouping)
        case detail(RowID)
        case help
    }

    /// A line that is being typed.
    enum Prompt: Equatable, Sendable {
        case filter(String)
        case sort(String)
    }

    /// What the sparkline shows.
    enum Curve: Sendable { case netPnl, netQty }

    let options: MonitorOptions
    /// CLOCK_MONOTONIC and CLOCK_REALTIME of the newest look.
    private(set) var nowNs: Int64 = 0
    private(set) var realtimeNs: Int64 = 0
    private(set) var startNs: Int64?
    /// The number of the newest look, from 1.
    private(set) var look: UInt32 = 0

    var books: [BookState] = []
    /// Rows that are shown, in order.
    var order: [RowID] = []
    /// Rows whose place has to be found again.
    var moving: [RowID] = []
    var sort: SortOrder
    var filter: TextFilter
    /// The one book that is shown; nil: all.
    var onlyBook: String?
    var isFrozen = false
    var isPaused = false
    /// Slots that have changed while the screen stood still.
    var pendingChanges = 0
    var view = View.positions
    var prompt: Prompt?
    var curve = Curve.netPnl
    var totals: Totals?
    /// Groups of the totals in order, when totals are shown.
    var groups: [(key: Totals.Key, sums: Totals.Sums)] = []
    var selected: RowID?
    /// The user has chosen a row, which the selection stays with; until then it stays with its line.
    var isSelectionHeld = false
    /// The selected line of the table.
    var line = 0
    /// The first line on the screen.
    var topLine = 0
    /// Columns that are scrolled out to the left.
    var columnOffset = 0
    var lineOffset = 0
    /// How many lines the table had when it was last drawn.
    var pageLines = 10
    /// How wide columns have been, so that they do not jump.
    var fits: [TableID: [ColumnFit]] = [:]
    /// What was said last, and when.
    var notice: (text: String, ns: Int64)?
    /// How the monitor itself is doing.
    package var ownFigures = OwnFigures()
    /// Rows that have a history; a bound for a book of a million positions.
    var historyCount = 0
    static let historyRowsMax = 2048

    /// A monitor that has not looked yet.
    package init(_ options: MonitorOptions) {
        self.options = options
        sort = options.order
        filter = options.filter
        for name in options.books ?? [] {
            books.append(BookState(name: name, health: BookHealth(condition: .waiting)))
        }
    }

    /// The state of a row.
    func row(_ id: RowID) -> RowState? {
        let (book, slot) = (Int(id.book), Int(id.slot))
        guard books.indices.contains(book), books[book].rows.indices.contains(slot) else { return nil }
        return books[book].rows[slot]
    }

    /// The book whose facts are told in full: that of the selected row, or the first one.
    var currentBook: Int? {
        if case .detail(let id) = view { return Int(id.book) }
        if let selected { return Int(selected.book) }
        return shownBooks.first
    }

    /// The books that are shown, by number.
    var shownBooks: [Int] { books.indices.filter { onlyBook == nil || books[$0].name == onlyBook } }

    /// Half seconds since the monitor began.
    var bucket: Int { Int((nowNs - (startNs ?? nowNs)) / RowHistory.bucketNs) }

    /// A look begins: `nowNs` is CLOCK_MONOTONIC, `realtimeNs` CLOCK_REALTIME.
    package mutating func begin(nowNs: Int64, realtimeNs: Int64) {
        if startNs == nil { startNs = nowNs }
        self.nowNs = nowNs
        self.realtimeNs = realtimeNs
        look += 1
        if let notice, nowNs - notice.ns > 10_000_000_000 { self.notice = nil }
    }

    /// Says something to the user for ten seconds.
    mutating func say(_ text: String) { notice = (text, nowNs) }

    /// The first look at which a change is still highlighted: those of the last 600 ms, and always the newest.
    var litSince: UInt32 {
        let looks = UInt32(clamping: max(0, 600_000_000 / max(1, options.intervalNs) - 1))
        return look > looks ? look - looks : 1
    }
}

/// How the monitor itself is doing.
package struct OwnFigures: Sendable, Equatable {
    /// Median of the time to read a slot, ns; nil before the first read.
    package var readP50Ns: Int64?
    /// 99 of 100 reads were faster than this, ns.
    package var readP99Ns: Int64 = 0
    /// The slowest read, ns.
    package var readMaxNs: Int64 = 0
    /// Reads that a publish of the same slot spoiled and that were done again.
    package var retries: UInt64 = 0
    /// Changes in the ring that this monitor had not looked at yet, when it last looked.
    package var changeLag: UInt64 = 0
    /// How often the writer was a whole ring ahead, so that all slots had to be looked at.
    package var laps: UInt64 = 0
    /// Time from the look to the drawn screen, ns.
    package var drawNs: Int64 = 0

    package init() {}
}
