import PositionText
import ShmReader

/// The curve of the selected row, the monitor's own figures, and the bottom line.
extension Screen {
    mutating func drawCurve() {
        guard !plan.curveRows.isEmpty, case .positions = model.view, let id = model.selected,
            let state = model.row(id)
        else { return }
        let key = state.row.view.key
        let isPnl = model.curve == .netPnl
        let name = [key.account, key.strategy, key.symbol].map { visible($0) }.joined(separator: "/")
        let now = state.row.text(isPnl ? .netPnl : .net, nowNs: model.nowNs)
        let labelWidth = min(30, max(0, grid.width / 3))
        let width = min(RowHistory.bucketsMax, max(0, grid.width - labelWidth - 2))
        let levels = theme.sparkLevels
        let values =
            state.history?.curve({ isPnl ? $0.pnl : $0.net }, upTo: model.bucket, count: width) ?? []
        let lines = Sparkline.lines(values, height: plan.curveRows.count, levels: levels)
        for (index, line) in lines.enumerated() {
            grid.put(line, labelWidth + 1, plan.curveRows.lowerBound + index, Style(.spark))
        }
        var label = [name, "\(isPnl ? "net P&L" : "net") \(now)"]
        if plan.curveRows.count == 1 { label = ["\(isPnl ? "net P&L" : "net"), \(name)"] }
        if plan.curveRows.count > 2 { label.append("over \(width / 2) s (v: \(isPnl ? "net" : "net P&L"))") }
        for (index, text) in label.prefix(plan.curveRows.count).enumerated() {
            grid.put(
                CellText.cut(safe(text), width: labelWidth, mark: theme.cutMark), 0,
                plan.curveRows.lowerBound + index, Style(index == 0 ? .plain : .quiet))
        }
    }

    mutating func drawFooter() {
        if let row = plan.figuresRow { drawFigures(row) }
        if let row = plan.keysRow { drawBottom(row) }
    }

    private mutating func drawFigures(_ row: Int) {
        let own = model.ownFigures
        var facts: [String] = []
        if let p50 = own.readP50Ns {
            facts.append("read p50 \(short(p50)) p99 \(short(own.readP99Ns)) max \(short(own.readMaxNs))")
        } else {
            facts.append("read -")
        }
        facts.append("retries \(grouped(own.retries))")
        facts.append("change ring lag \(grouped(own.changeLag)) laps \(grouped(own.laps))")
        facts.append("every \(short(model.options.intervalNs))")
        facts.append("draw \(short(own.drawNs))")
        put([(facts.joined(separator: theme.separator), .quiet)], 0, row)
    }

    /// A short time: 45ns, 3.1us, 12ms.
    private func short(_ ns: Int64) -> String {
        switch ns {
        case ..<1000: "\(max(0, ns))ns"
        case ..<10_000: "\(ns / 1000).\(ns % 1000 / 100)us"
        case ..<1_000_000: "\(ns / 1000)us"
        case ..<10_000_000: "\(ns / 1_000_000).\(ns % 1_000_000 / 100_000)ms"
        default: ageText(ns)
        }
    }

    private mutating func drawBottom(_ row: Int) {
        switch model.prompt {
        case .filter(let text): return drawPrompt("/", text, "Enter keeps, Esc clears; !text leaves out", row)
        case .sort(let text): return drawPrompt("sort by: ", text, "a column, -column: largest first", row)
        case nil: break
        }
        if let notice = model.notice {
            put([(visible(notice.text), .warning)], 0, row)
            return
        }
        var parts: [(String, Style.Role)] = []
        var width = 0
        for binding in KeyBindings.all {
            guard let short = binding.short else { continue }
            let cells = binding.label.count + 1 + short.count + 2
            if width + cells > grid.width + 2 { break }
            width += cells
            parts += [(binding.label, .key), (" " + short + "  ", .quiet)]
        }
        put(parts, 0, row)
    }

    private mutating func drawPrompt(_ label: String, _ text: String, _ hint: String, _ row: Int) {
        put([(label, .key), (visible(text), .plain)], 0, row)
        let end = min(grid.width - 1, CellWidth.of(label) + CellWidth.of(safe(visible(text))))
        if end >= 0 {
            grid.put(" ", end, row, Style(.plain, isSelected: true))
            put([(hint, .quiet)], end + 3, row)
        }
    }

    /// Text that somebody typed, safe to show.
    func visibleText(_ text: String) -> String { visible(text) }
}
