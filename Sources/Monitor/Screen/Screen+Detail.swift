import CSeqlock
import FixedPoint
import PositionText
import ShmReader

/// One position in full, and help.
extension Screen {
    mutating func drawDetail(_ id: RowID) {
        guard let state = model.row(id) else { return }
        var lines = fieldLines(fields(of: state, id))
        lines.append([])
        lines += changeLines(state)
        drawLines(lines)
    }

    mutating func drawHelp() {
        var lines: [[(String, Style.Role)]] = [[("Keys", .head)]]
        for binding in KeyBindings.all {
            lines.append([
                (CellText.padded(" " + binding.label, width: 9), .key), (binding.help, .plain),
            ])
        }
        lines.append([])
        lines.append([("Columns to sort by", .head)])
        lines.append([(" " + MonitorColumn.allCases.map(\.name).joined(separator: " "), .plain)])
        lines.append([])
        lines += Self.explanations.map { [($0, Style.Role.plain)] }
        drawLines(lines)
    }

    private static let explanations = [
        "Numbers are exact. Where a column is too narrow for one, a mark stands in place of what is missing.",
        "A number that has just risen or fallen is lit for a moment. Age: since the last change.",
        "LAG: records on rings that are not in the book yet. BEAT: since the writer's last sign of life.",
        "Dim rows are those of a writer that has ended, died or gone silent: its last positions.",
    ]

    /// Lines under one another from the table's head on, from the line that is scrolled to.
    private mutating func drawLines(_ lines: [[(String, Style.Role)]]) {
        let top = plan.tableHeadRow ?? plan.bodyRow
        let room = plan.curveRows.upperBound - top
        lineOffset = max(0, min(lineOffset, lines.count - room))
        for (index, line) in lines.dropFirst(lineOffset).prefix(max(0, room)).enumerated() {
            put(line, 0, top + index)
        }
        if lineOffset + room < lines.count, room > 0 {
            put([(" more below ", .key)], max(0, grid.width - 12), top + room - 1)
        }
    }

    private typealias Field = (label: String, value: String)

    private func fields(of state: RowState, _ id: RowID) -> [Field] {
        let (row, key) = (state.row, state.row.view.key)
        let position = row.view.position
        func text(_ column: MonitorColumn) -> String {
            let text = row.text(column, nowNs: model.nowNs)
            return text.isEmpty ? "-" : visible(text)
        }
        var flags: [String] = []
        if row.view.isFlat { flags.append("flat") }
        if row.view.isLate { flags.append("last fill came late") }
        let method = ["?", "fifo", "lifo", "hifo", "lofo", "average"]
        return [
            ("book", text(.book)), ("account", text(.account)), ("strategy", text(.strategy)),
            ("symbol", text(.symbol)), ("currency", text(.currency)),
            ("net", text(.net)), ("average price", text(.average)), ("open cost", text(.openCost)),
            ("realised", text(.realised)), ("fees", text(.fees)), ("net P&L", text(.netPnl)),
            ("open lots", text(.openLots)), ("fills", text(.fills)),
            ("bought", text(.bought)), ("sold", text(.sold)), ("last price", text(.lastPrice)),
            ("last quantity", decimalText(position.last_qty, decimals: key.qtyDecimals)),
            ("flags", flags.isEmpty ? "none" : flags.joined(separator: ", ")),
            ("seq", text(.seq)), ("event time", UTCText.full(position.event_ns)),
            ("published", UTCText.full(model.realtimeNs - (model.nowNs - position.publish_ns))),
            ("age", text(.age)),
            ("slot", "\(id.slot)"),
            ("lot method", Int(key.method) < method.count ? method[Int(key.method)] : "\(key.method)"),
            ("multiplier", decimalText(key.multiplier, decimals: key.multiplierDecimals)),
            ("price decimals", "\(key.priceDecimals)"), ("qty decimals", "\(key.qtyDecimals)"),
            ("mult decimals", "\(key.multiplierDecimals)"), ("fee decimals", "\(key.feeDecimals)"),
        ]
    }

    /// Fields in as many columns as have room without cutting a value, read downwards.
    private func fieldLines(_ fields: [Field]) -> [[(String, Style.Role)]] {
        let label = (fields.map { CellWidth.of($0.label) }.max() ?? 0) + 2
        func columns(_ count: Int) -> [ArraySlice<Field>] {
            let length = (fields.count + count - 1) / count
            return stride(from: 0, to: fields.count, by: length).map {
                fields[$0..<min(fields.count, $0 + length)]
            }
        }
        func width(_ column: ArraySlice<Field>) -> Int {
            label + (column.map { CellWidth.of(safe($0.value)) }.max() ?? 0) + 2
        }
        let chosen =
            [3, 2].map(columns).first { $0.reduce(0) { $0 + width($1) } <= grid.width + 2 } ?? columns(1)
        let widths = chosen.map(width)
        return (0..<(chosen.first?.count ?? 0)).map { line in
            var parts: [(String, Style.Role)] = []
            for (place, column) in chosen.enumerated() where line < column.count {
                let (name, text) = column[column.startIndex + line]
                parts.append((CellText.padded(" " + name, width: label), .quiet))
                let isNegative = text.hasPrefix("-") && text.count > 1
                parts.append(
                    (
                        CellText.padded(safe(text), width: widths[place] - label),
                        isNegative ? .negative : .plain
                    ))
            }
            return parts
        }
    }

    /// The changes that this monitor has seen, the newest first: one for each look at which there was one.
    private func changeLines(_ state: RowState) -> [[(String, Style.Role)]] {
        guard let changes = state.history?.changes, !changes.isEmpty else {
            return [
                [
                    (
                        " No changes seen (the monitor keeps them of \(MonitorModel.historyRowsMax) rows).",
                        .quiet
                    )
                ]
            ]
        }
        let key = state.row.view.key
        let heads = [
            "SEEN", "SEQ", "FILLS", theme.delta + " NET", "NET", "PRICE", theme.delta + " REALISED",
            theme.delta + " FEES",
        ]
        var rows: [[String]] = [heads]
        for change in changes.reversed() {
            let (now, before) = (change.position, change.before)
            func delta(_ units: Int128, _ decimals: Int) -> String {
                (units > 0 ? "+" : "") + decimalText(units, decimals: decimals)
            }
            let realised = PositionView(key: key, position: now).realizedPnl
            let realisedBefore = PositionView(key: key, position: before ?? pks_position()).realizedPnl
            rows.append([
                UTCText.milliseconds(change.seenRealtimeNs), "\(now.applied_seq)",
                "+\(now.fill_count &- (before?.fill_count ?? 0))",
                delta(Int128(now.net_qty) - Int128(before?.net_qty ?? 0), key.qtyDecimals),
                decimalText(now.net_qty, decimals: key.qtyDecimals),
                decimalText(now.last_price, decimals: key.priceDecimals),
                delta(realised &- realisedBefore, key.moneyDecimals),
                delta(Int128(now.fees) - Int128(before?.fees ?? 0), key.feeDecimals),
            ])
        }
        let widths = heads.indices.map { column in rows.map { CellWidth.of($0[column]) }.max() ?? 0 }
        return rows.enumerated().map { index, row in
            let text = row.enumerated().map { column, cell in
                String(repeating: " ", count: widths[column] - CellWidth.of(cell)) + cell
            }
            return [(" " + text.joined(separator: "  "), index == 0 ? .head : .plain)]
        }
    }
}
