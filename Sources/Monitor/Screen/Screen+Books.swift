import PositionText
import ShmReader

/// The lines about books: how their writers are, and all about the current one.
extension Screen {
    static let heads: [(title: String, priority: Int, isNumber: Bool)] = [
        ("BOOK", 100, false), ("STATE", 95, false), ("FILLS/S", 85, true), ("BEAT", 90, true),
        ("APPLIED", 80, true), ("DURABLE", 55, true), ("LAG", 75, true), ("REJECTS", 70, true),
        ("WRITER", 65, true), ("UP", 60, true), ("FILLS", 40, true), ("RINGS", 35, true),
    ]

    /// Only where a book is on a bus.
    static let busHead = (title: "BUS", priority: 78, isNumber: false)

    static func bookColumns(hasBus: Bool) -> [Table.Column] {
        (hasBus ? heads + [busHead] : heads).enumerated().map { place, head in
            var column = Table.Column(title: head.title, isNumber: head.isNumber, priority: head.priority)
            column.textMax = place == 0 ? 24 : 12
            return column
        }
    }

    mutating func drawBooks() {
        guard !plan.bookRows.isEmpty else { return }
        let shown = booksOnScreen()
        var rows: [Table.Row] = []
        let hasBus = model.hasBus
        for book in shown { rows.append(Table.Row(values: values(of: model.books[book], hasBus: hasBus))) }
        let table = Table(Self.bookColumns(hasBus: hasBus), rows, fits[.books], theme)
        fits[.books] = table.fits
        table.draw(
            on: &grid, top: plan.bookHeadRow, body: plan.bookRows.lowerBound, width: grid.width, gap: gap)
        drawFacts()
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

    func values(of book: BookState, hasBus: Bool) -> [Table.Value] {
        let health = book.health
        let isKnown = !health.path.isEmpty
        func fact(_ text: @autoclosure () -> String, _ role: Style.Role = .plain) -> Table.Value {
            isKnown ? Table.Value(text: text(), role: role) : Table.Value(text: "-", role: .quiet)
        }
        let counters = health.counters
        let rejects = counters?.rejects ?? 0
        let lag = health.rings.map { grouped($0.lag) } ?? "-"
        let rate = health.isCurrent ? book.fillsPerSecond.map { grouped(UInt64(max(0, $0))) } ?? "-" : "-"
        let values = [
            Table.Value(text: safe(visible(book.name))),
            Table.Value(text: stateText(health), role: stateRole(health)),
            fact(rate),
            fact(ageText(model.nowNs - health.heartbeatNs), beatRole(health)),
            fact("\(health.appliedSeq)"),
            fact(health.durableSeq == 0 ? "-" : "\(health.durableSeq)"),
            fact(lag), fact(grouped(rejects), rejects > 0 ? .warning : .plain),
            fact("\(health.writerPid)"), fact(ageText(model.nowNs - health.createdNs)),
            fact(grouped(counters?.fills ?? 0)), fact(ringText(health)),
        ]
        return hasBus ? values + [busValue(health)] : values
    }

    /// The bus in a word. What a writer that is gone said of it is old.
    private func busValue(_ health: BookHealth) -> Table.Value {
        guard let bus = health.bus else { return Table.Value(text: "-", role: .quiet) }
        let role: Style.Role =
            switch bus.state {
            case .live: .good
            case .starting, .waiting, .connecting: .warning
            case .stopped: .quiet
            case .failed, .unknown: .bad
            }
        return Table.Value(text: bus.state.word, role: health.isCurrent ? role : .quiet)
    }

    private func ringText(_ health: BookHealth) -> String {
        guard let counters = health.counters else { return "-" }
        return counters.ringsQuarantined == 0
            ? "\(counters.rings)" : "\(counters.rings) (\(counters.ringsQuarantined) shut out)"
    }

    private func beatRole(_ health: BookHealth) -> Style.Role {
        if case .writer(.stopped) = health.condition { return .quiet }
        return health.isCurrent ? .plain : .warning
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

    /// More about the current book: what is wrong comes first where there is one line only, and last, next to the
    /// table, where there are two.
    private mutating func drawFacts() {
        guard let number = model.currentBook, model.books.indices.contains(number) else { return }
        let book = model.books[number]
        var troubles = joined(troubles(of: book))
        for other in model.shownBooks where other != number && model.shownBooks.count > 1 {
            let more = joined(self.troubles(of: model.books[other]))
            if more.isEmpty { continue }
            if !troubles.isEmpty { troubles.append((theme.separator, .quiet)) }
            troubles += [(safe(visible(model.books[other].name)) + ": ", .plain)] + more
        }
        var facts = joined(facts(of: book))
        if model.shownBooks.count > 1 { facts.insert((safe(visible(book.name)) + ": ", .plain), at: 0) }
        let rows = plan.factRows
        if rows.count > 1 {
            put(facts, 0, rows.lowerBound)
            put(troubles, 0, rows.lowerBound + 1)
        } else if rows.count == 1 {
            let separator = troubles.isEmpty ? [] : [(theme.separator, Style.Role.quiet)]
            put(troubles + separator + facts, 0, rows.lowerBound)
        }
    }

    private typealias Part = (String, Style.Role)

    private func joined(_ parts: [Part]) -> [Part] {
        Array(parts.map { [$0] }.joined(separator: [(theme.separator, Style.Role.quiet)]))
    }

    private func facts(of book: BookState) -> [Part] {
        let health = book.health
        guard let counters = health.counters else { return [] }
        // The name as shm_open knows it.
        let name = "/" + (health.path.split(separator: "/").last ?? "")
        return [
            ("\(safe(visible(name))), ABI \(health.abi)", .quiet)
        ] + busFacts(of: health) + [
            ("duplicates \(grouped(counters.duplicates))", .quiet),
            ("conflicts \(grouped(counters.conflicts))", counters.conflicts > 0 ? .warning : .quiet),
            ("late \(grouped(counters.late))", .quiet),
            ("open lots \(grouped(counters.openLots))", .quiet),
            ("matches \(grouped(counters.matches))", .quiet),
        ]
    }

    /// How far the bus is behind: messages that are still to come, and records whose effects are still to go.
    private func busFacts(of health: BookHealth) -> [Part] {
        guard let bus = health.bus else { return [] }
        let lag = bus.lagRecords(durableSeq: health.durableSeq)
        return [("bus: \(grouped(bus.ingestPending)) to come, \(grouped(lag)) to go", .quiet)]
    }

    private func troubles(of book: BookState) -> [Part] {
        let health = book.health
        var parts: [Part] = []
        if let trouble = health.trouble(nowNs: model.nowNs) {
            var isQuiet = false
            if case .writer(.stopped) = health.condition { isQuiet = true }
            parts.append((trouble, isQuiet ? .plain : .warning))
        }
        if let restartedNs = book.restartedNs, model.nowNs - restartedNs < 60_000_000_000 {
            parts.append(("the writer restarted \(ageText(model.nowNs - restartedNs)) ago", .warning))
        }
        if health.isCurrent, let bus = health.bus {
            if let trouble = bus.trouble(durableSeq: health.durableSeq) { parts.append((trouble, .warning)) }
            if bus.alarms > 0 { parts.append(("bus alarms: \(grouped(bus.alarms)) (pks stats)", .bad)) }
        }
        let reasons = health.rejects.map { "\($0.reason) \(grouped($0.count))" }
        if !reasons.isEmpty { parts.append(("rejects: " + reasons.joined(separator: ", "), .warning)) }
        if let rings = health.rings, rings.quarantined > 0 {
            parts.append(("rings shut out: \(rings.quarantined)", .bad))
        }
        return parts
    }
}
