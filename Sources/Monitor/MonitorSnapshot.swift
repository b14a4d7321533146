import CSeqlock
package import PositionText
package import ShmReader

/// One look at books for those who have no screen: as text, and as rows for other forms.
package struct MonitorSnapshot {
    private var model: MonitorModel
    /// Books that could not be attached.
    package private(set) var failures: [AttachError] = []
    /// Books that changed too fast to be seen as of one record.
    package private(set) var unsteady: [String] = []

    /// Looks at the books of `options` once, or at all there are. Throws when the directory cannot be read.
    package init(_ options: MonitorOptions) throws(AttachError) {
        let books: [String]
        if let named = options.books {
            books = named
        } else {
            books = try SegmentLister.books(directory: options.directory)
        }
        model = MonitorModel(options)
        model.begin(nowNs: pks_monotonic_ns(), realtimeNs: MonitorSession.realtimeNs())
        for book in books {
            do throws(AttachError) {
                let follower = try BookFollower(book: book, directory: options.directory)
                let taken = follower.snapshot(nowNs: model.nowNs)
                model.apply(taken.update)
                if !taken.isOneMoment { unsteady.append(book) }
            } catch {
                failures.append(error)
            }
        }
        // Looks take time; ages count from the end.
        model.begin(nowNs: pks_monotonic_ns(), realtimeNs: MonitorSession.realtimeNs())
        model.finish()
        isEmpty = failures.count == books.count
    }

    /// No book could be looked at.
    package let isEmpty: Bool

    /// When it was taken, CLOCK_MONOTONIC ns.
    package var nowNs: Int64 { model.nowNs }

    /// The books that were looked at.
    package var books: [(name: String, health: BookHealth)] {
        model.books.filter { !$0.health.path.isEmpty }.map { ($0.name, $0.health) }
    }

    /// The rows in their order.
    package var rows: [PositionRow] { model.order.compactMap { model.row($0)?.row } }

    /// The tables of the screen, with all columns and all rows, without colours. A few rows at a time go to `write`.
    package func write<Failure: Error>(
        isASCII: Bool, _ write: (String) throws(Failure) -> Void
    ) throws(Failure) {
        let theme = Theme(palette: .mono, isASCII: isASCII)
        let screen = Screen(model, Grid(width: 0, height: 0), theme)
        let shown = model.shownBooks.filter { !model.books[$0].health.path.isEmpty }
        let hasBus = model.hasBus
        let books = shown.map { Table.Row(values: screen.values(of: model.books[$0], hasBus: hasBus)) }
        try Self.write(Table(Screen.bookColumns(hasBus: hasBus), books, nil, theme), write)
        for number in shown {
            let book = model.books[number]
            if let trouble = book.health.trouble(nowNs: model.nowNs) {
                try write("\(screen.safe(visible(book.name))): \(screen.safe(trouble))\n")
            }
            if book.health.isCurrent, let bus = book.health.bus,
                let trouble = bus.trouble(durableSeq: book.health.durableSeq)
            {
                try write("\(screen.safe(visible(book.name))): \(screen.safe(trouble))\n")
            }
        }
        try write("\n")
        let columns = Screen.columns(model)
        let rows = model.order.map { id in
            Table.Row(values: columns.map { screen.value($0, of: id) })
        }
        if rows.isEmpty { return try write("no positions\n") }
        try Self.write(Table(Screen.tableColumns(columns, model.sort, theme), rows, nil, theme), write)
    }

    private static func write<Failure: Error>(
        _ table: Table, _ write: (String) throws(Failure) -> Void
    ) throws(Failure) {
        let width = table.wantedWidth(gap: 2)
        var start = 0
        while start < table.rows.count || start == 0 {
            let end = min(table.rows.count, start + 100)
            var part = table
            part.rows = Array(table.rows[start..<end])
            let head = start == 0 ? 1 : 0
            var grid = Grid(width: width, height: end - start + head)
            part.draw(on: &grid, top: head == 1 ? 0 : nil, body: head, width: width, gap: 2)
            try write(grid.lines.joined(separator: "\n") + "\n")
            start = max(end, 1)
        }
    }
}
