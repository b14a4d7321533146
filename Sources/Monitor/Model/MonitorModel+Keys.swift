import PositionText
import ShmReader

/// What keys do.
extension MonitorModel {
    /// What a key asks of whoever runs the monitor.
    package enum Request: Equatable, Sendable {
        case none, quit, redraw
    }

    /// Handles a key.
    package mutating func press(_ key: Key) -> Request {
        if let prompt {
            type(key, into: prompt)
            return .none
        }
        guard let command = KeyBindings.command(of: key) else { return .none }
        return perform(command)
    }

    private mutating func perform(_ command: Command) -> Request {
        switch command {
        case .quit: return .quit
        case .redraw: return .redraw
        case .help: view = view == .help ? table : .help; lineOffset = 0
        case .close: close()
        case .up: move(by: -1)
        case .down: move(by: 1)
        case .pageUp: move(by: -max(1, pageLines - 1))
        case .pageDown: move(by: max(1, pageLines - 1))
        case .first: move(by: -lineCount - lineOffset)
        case .last: move(by: lineCount + 1000)
        case .left: columnOffset = max(0, columnOffset - 1)
        case .right: columnOffset = min(MonitorColumn.allCases.count - 5, columnOffset + 1)
        case .open: open()
        case .filter: prompt = .filter(filter.pattern)
        case .clearFilter: setFilter("")
        case .sort: prompt = .sort("")
        case .sortLeft: moveSort(by: -1)
        case .sortRight: moveSort(by: 1)
        case .reverse:
            sort.isDescending.toggle()
            rebuild()
        case .pause:
            isPaused.toggle()
            if !isPaused { pendingChanges = 0 }
        case .freeze:
            isFrozen.toggle()
            if !isFrozen { rebuild() }
        case .totals: nextTotals()
        case .books: nextBook()
        case .curve: curve = curve == .netPnl ? .netQty : .netPnl
        }
        return .none
    }

    /// The view that help and detail were opened from.
    private var table: View { totals.map { .totals($0.grouping) } ?? .positions }

    private mutating func close() {
        lineOffset = 0
        switch view {
        case .help, .detail: view = table
        case .totals: setTotals(nil)
        case .positions: if !filter.pattern.isEmpty { setFilter("") }
        }
    }

    private mutating func move(by lines: Int) {
        switch view {
        case .help, .detail: lineOffset = max(0, lineOffset + lines)
        case .totals:
            line = max(0, min(groups.count - 1, line + lines))
            follow()
        case .positions:
            line = max(0, min(order.count - 1, line + lines))
            selected = order.indices.contains(line) ? order[line] : nil
            isSelectionHeld = true
            follow()
        }
    }

    private mutating func open() {
        lineOffset = 0
        switch view {
        case .positions: if let selected, row(selected) != nil { view = .detail(selected) }
        case .totals:
            guard groups.indices.contains(line) else { return }
            let name = groups[line].key.name
            setTotals(nil)
            setFilter(name)
        case .detail, .help: close()
        }
    }

    private mutating func nextTotals() {
        let groupings = Grouping.allCases
        guard case .totals(let now) = view, let place = groupings.firstIndex(of: now) else {
            return setTotals(groupings[0])
        }
        setTotals(place + 1 < groupings.count ? groupings[place + 1] : nil)
    }

    private mutating func setTotals(_ grouping: Grouping?) {
        totals = grouping.map { Totals(by: $0) }
        view = grouping.map { .totals($0) } ?? .positions
        line = 0
        topLine = 0
        columnOffset = 0
        if grouping == nil, isSelectionHeld, let selected { line = order.firstIndex(of: selected) ?? 0 }
        groups = []
        rebuild()
    }

    private mutating func nextBook() {
        let names = books.map(\.name)
        let place = onlyBook.flatMap { names.firstIndex(of: $0) }
        switch place {
        case nil: onlyBook = names.first
        case .some(let index): onlyBook = index + 1 < names.count ? names[index + 1] : nil
        }
        if case .detail = view { view = .positions }
        rebuild()
    }

    /// Shows the rows that a filter wants.
    mutating func setFilter(_ pattern: String) {
        filter = TextFilter(pattern)
        topLine = 0
        if !isSelectionHeld { line = 0 }
        rebuild()
    }

    private mutating func moveSort(by step: Int) {
        let columns = MonitorColumn.allCases
        let place = (sort.column.rawValue + step + columns.count) % columns.count
        sort.column = columns[place]
        rebuild()
    }

    private mutating func type(_ key: Key, into prompt: Prompt) {
        switch key {
        case .escape, .control("c"): cancel(prompt)
        case .enter: accept(prompt)
        case .backspace: edit(prompt) { if !$0.isEmpty { $0.removeLast() } }
        case .control("u"): edit(prompt) { $0 = "" }
        case .character(let character): edit(prompt) { if $0.count < 64 { $0.append(character) } }
        default: break
        }
    }

    private mutating func edit(_ prompt: Prompt, _ change: (inout String) -> Void) {
        switch prompt {
        case .filter(var text):
            change(&text)
            self.prompt = .filter(text)
            // What is typed shows at once.
            setFilter(text)
        case .sort(var text):
            change(&text)
            self.prompt = .sort(text)
        }
    }

    private mutating func accept(_ prompt: Prompt) {
        self.prompt = nil
        guard case .sort(let word) = prompt, !word.isEmpty else { return }
        guard let order = SortOrder(word: word) else {
            say("no column \(visible(word)): " + MonitorColumn.allCases.map(\.name).joined(separator: " "))
            return
        }
        sort = order
        rebuild()
    }

    private mutating func cancel(_ prompt: Prompt) {
        self.prompt = nil
        if case .filter = prompt { setFilter("") }
    }
}
