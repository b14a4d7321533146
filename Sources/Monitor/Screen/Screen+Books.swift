import PositionText
import ShmReader

/// The lines about books: how their writers are, and all about the current one.
extension Screen {
    static let heads: [(title: String, priority: Int, isNumber: Bool)] = [
        ("BOOK", 100, false), ("STATE", 95, false), ("FILLS/S", 85, true), ("BEAT", 90, true),
        ("APPLIED", 80, true), ("DURABLE", 55, true), ("LAG", 75, true), ("REJECTS", 70, true),
        ("WRITER", 65, true), ("UP", 60, true), ("FILLS", 40, true), ("RINGS", 35, true),
    ]

    static var bookColumns: [Table.Column] {
        heads.enumerated().map { place, head in
            var column = Table.Column(title: head.title, isNumber: head.isNumber, priority: head.priority)
            column.textMax = place == 0 ? 24 : 12
            return column
        }
    }

    mutating func drawBooks() {
        guard !plan.bookRows.isEmpty else { return }
        let shown = booksOnScreen()
        var rows: [Table.Row] = []
        for book in shown { rows.append(Table.Row(values: values(of: model.books[book]))) }
        let table = Table(Self.bookColumns, rows, fits[.books], theme)
        fits[.books] = table.fits
        table.draw(
            on: &grid, top: plan.bookHeadRow, body: plan.bookRows.lowerBound, width: grid.width, gap: gap)
        if let row = plan.factsRow { drawFacts(row) }
    }

    /// The current book is always among them.
    private func booksOnScreen() -> [Int] {
        let all = model.shownBooks
        let room = plan.bookRows.count
        guard all.count > room, let current = model.currentBook, let place = all.firstIndex(of: current)
        else {
            return Array(all.prefix(room))
        }
        let start = max(0, min(place - room / 2, all.count - room))
        return Array(all[start..<start + room])
    }

    func values(of book: BookState) -> [Table.Value] {
        let health = book.health
        let isKnown = !health.path.isEmpty
        func fact(_ text: @autoclosure () -> String, _ role: Style.Role = .plain) -> Table.Value {
            isKnown ? Table.Value(text: text(), role: role) : Table.Value(text: "-", role: .quiet)
        }
        let counters = health.counters
        let rejects = counters?.rejects ?? 0
        let lag = health.rings.map { grouped($0.lag) } ?? "-"
        let rate = health.isCurrent ? book.fillsPerSecond.map { grouped(UInt64(max(0, $0))) } ?? "-" : "-"
        return [
            Table.Value(text: safe(visible(book.name))),
            Table.Value(text: stateText(health), role: stateRole(health)),
            fact(rate),
            fact(ageText(model.nowNs - health.heartbeatNs), health.isCurrent ? .plain : .warning),
            fact("\(health.appliedSeq)"),
            fact(health.durableSeq == 0 ? "-" : "\(health.durableSeq)"),
            fact(lag), fact(grouped(rejects), rejects > 0 ? .warning : .plain),
            fact("\(health.writerPid)"), fact(ageText(model.nowNs - health.createdNs)),
            fact(grouped(counters?.fills ?? 0)), fact(ringText(health)),
        ]
    }

    private func ringText(_ health: BookHealth) -> String {
        guard let counters = health.counters else { return "-" }
        return counters.ringsQuarantined == 0
            ? "\(counters.rings)" : "\(counters.rings) (\(counters.ringsQuarantined) shut out)"
    }

    private func stateText(_ health: BookHealth) -> String {
        switch health.condition {
        case .writer(.live): theme.wellMark + " live"
        case .writer(.stopped), .waiting, .writer(.starting): "  " + health.word
        default: theme.unwellMark + " " + health.word
        }
    }

    private func stateRole(_ health: BookHealth) -> Style.Role {
        switch health.condition {
        case .writer(.live): .good
        case .writer(.starting), .writer(.degraded), .waiting: .warning
        case .writer(.stopped): .quiet
        default: .bad
        }
    }

    /// All about the current book in one line: first what is wrong.
    private mutating func drawFacts(_ row: Int) {
        guard let number = model.currentBook, model.books.indices.contains(number) else { return }
        let book = model.books[number]
        let health = book.health
        var parts: [(String, Style.Role)] = []
        func add(_ text: String, _ role: Style.Role) {
            if !parts.isEmpty { parts.append((theme.separator, .quiet)) }
            parts.append((text, role))
        }
        if model.shownBooks.count > 1 { add(visible(book.name), .quiet) }
        if let trouble = health.trouble(nowNs: model.nowNs) {
            var isQuiet = false
            if case .writer(.stopped) = health.condition { isQuiet = true }
            add(trouble, isQuiet ? .plain : .warning)
        }
        if let restartedNs = book.restartedNs, model.nowNs - restartedNs < 60_000_000_000 {
            add("writer restarted \(ageText(model.nowNs - restartedNs)) ago", .warning)
        }
        if let counters = health.counters {
            let reasons = health.rejects.map { "\($0.reason) \(grouped($0.count))" }
            if !reasons.isEmpty { add("rejects: " + reasons.joined(separator: ", "), .warning) }
            if counters.conflicts > 0 { add("conflicts \(grouped(counters.conflicts))", .warning) }
            add("duplicates \(grouped(counters.duplicates))", .quiet)
            add("late \(grouped(counters.late))", .quiet)
        }
        if !health.path.isEmpty { add("\(visible(health.path)), ABI \(health.abi)", .quiet) }
        put(parts, 0, row)
    }
}
