import CSeqlock
import PositionText
import ShmReader

extension MonitorModel {
    /// Whether a book that is shown is on a bus.
    var hasBus: Bool { shownBooks.contains { books[$0].health.bus != nil } }
}

/// Taking over what the looks at books have found.
extension MonitorModel {
    /// Takes over what is new of one book.
    package mutating func apply(_ update: BookUpdate) {
        let book = number(of: update)
        let before = books[book].health
        if update.isNewLife {
            forgetRows(of: book)
            books[book].restartedNs = nowNs
            books[book].forgetRate()
            say(
                "\(update.book): a new writer (process \(update.health.writerPid)) has taken over; all rows are its own"
            )
        }
        books[book].health = update.health
        if let counters = update.health.counters { books[book].sample(counters.fills, nowNs: nowNs) }
        tell(book, before, update)
        for new in update.keys { learn(book, new) }
        for change in update.changes { take(book, change) }
    }

    private mutating func number(of update: BookUpdate) -> Int {
        if let known = books.firstIndex(where: { $0.name == update.book }) { return known }
        books.append(BookState(name: update.book, health: update.health))
        if look > 1 { say("\(update.book): the book has appeared") }
        return books.count - 1
    }

    /// Says what a person should not miss.
    private mutating func tell(_ book: Int, _ before: BookHealth, _ update: BookUpdate) {
        if update.isNewLife || before.word == update.health.word || look <= 1 { return }
        if let trouble = update.health.trouble(nowNs: nowNs) {
            say("\(update.book): \(trouble)")
        } else {
            say("\(update.book): the writer is live")
        }
    }

    private mutating func learn(_ book: Int, _ new: BookUpdate.NewKey) {
        while books[book].rows.count <= new.slot { books[book].rows.append(nil) }
        let view = PositionView(key: new.key, position: pks_position())
        books[book].rows[new.slot] = RowState(PositionRow(book: books[book].name, view: view))
    }

    private mutating func take(_ book: Int, _ change: BookUpdate.Change) {
        guard books[book].rows.indices.contains(change.slot), var state = books[book].rows[change.slot] else {
            return
        }
        // The row is taken out and put back, so that it is changed where it is and never copied.
        books[book].rows[change.slot] = nil
        defer { books[book].rows[change.slot] = state }
        let id = RowID(book, change.slot)
        let before = state.row.view.position
        let wasThere = before.fill_count > 0
        if state.isShown { totals?.remove(state.row) }
        if wasThere {
            state.update(change.position, look: look)
        } else {
            state = RowState(
                PositionRow(
                    book: books[book].name,
                    view: PositionView(key: state.row.view.key, position: change.position)))
        }
        remember(&state, change.position, before: wasThere ? before : nil)
        let isShown = wants(book, state)
        if isShown { totals?.add(state.row) }
        let value = state.row.sortValue(sort.column)
        let isMoved = isShown != state.isShown || (!isFrozen && value != state.sortValue)
        state.isShown = isShown
        if !isFrozen || !wasThere { state.sortValue = value }
        if isMoved && !state.isMoving {
            state.isMoving = true
            moving.append(id)
        }
    }

    private mutating func remember(
        _ state: inout RowState, _ position: pks_position, before: pks_position?
    ) {
        if state.history == nil {
            guard historyCount < Self.historyRowsMax else { return }
            historyCount += 1
        }
        var history = state.history ?? RowHistory()
        state.history = nil
        history.add(
            RowHistory.Change(seenRealtimeNs: realtimeNs, position: position, before: before))
        let view = state.row.view
        history.add(
            RowHistory.Point(
                bucket: bucket, net: view.netQty, pnl: view.realizedPnlValue - view.feesValue))
        state.history = history
    }

    /// Whether a row belongs on the screen.
    func wants(_ book: Int, _ state: RowState) -> Bool {
        state.row.view.position.fill_count > 0 && (onlyBook == nil || books[book].name == onlyBook)
            && filter.matches(state.row)
    }

    /// A book is gone for good: its name stays known, so that the numbers of the others do not change.
    package mutating func forget(book name: String) {
        guard let book = books.firstIndex(where: { $0.name == name }) else { return }
        forgetRows(of: book)
        books.remove(at: book)
        if onlyBook == name { onlyBook = nil }
        // Rows are named by the number of their book, and numbers have moved.
        selected = nil
        if case .detail = view { view = .positions }
        rebuild()
        say("\(name): the book is gone")
    }

    private mutating func forgetRows(of book: Int) {
        historyCount -= books[book].rows.reduce(0) { $0 + ($1?.history == nil ? 0 : 1) }
        if totals != nil {
            for case .some(let state) in books[book].rows where state.isShown { totals?.remove(state.row) }
        }
        books[book].rows = []
        let gone = Int32(book)
        order.removeAll { $0.book == gone }
        moving.removeAll { $0.book == gone }
        if case .detail(let id) = view, id.book == gone { view = .positions }
    }
}
