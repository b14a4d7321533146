import CSeqlock
import PositionText
import ShmReader

/// Rows of positions as CSV, as JSON and as cells of a table.
extension PositionRow {
    /// The header of CSV output, with its newline.
    static var csvHeader: [UInt8] {
        var row: [UInt8] = []
        for column in PositionColumn.allCases {
            if column != .book { row.append(UInt8(ascii: ",")) }
            row.append(static: column.name)
        }
        row.append(UInt8(ascii: "\n"))
        return row
    }

    /// Appends the row as CSV, with its newline.
    func appendCSV(to row: inout [UInt8]) {
        for column in PositionColumn.allCases {
            if column != .book { row.append(UInt8(ascii: ",")) }
            if let text = text(column) { row.append(csv: text) } else { append(column, to: &row) }
        }
        row.append(UInt8(ascii: "\n"))
    }

    /// Appends the row as one JSON object without a newline. Numbers are strings, because they are exact and
    /// most JSON readers are not; what CSV leaves empty is null.
    func appendJSON(to row: inout [UInt8]) {
        row.append(UInt8(ascii: "{"))
        for column in PositionColumn.allCases {
            if column != .book { row.append(UInt8(ascii: ",")) }
            row.append(jsonName: column.name)
            if let text = text(column) {
                row.append(json: text)
            } else if column == .averagePrice && view.position.net_qty == 0 {
                row.append(static: "null")
            } else {
                row.append(UInt8(ascii: "\""))
                append(column, to: &row)
                row.append(UInt8(ascii: "\""))
            }
        }
        row.append(UInt8(ascii: "}"))
    }

    /// The row as cells for a table.
    var cells: [String] {
        PositionColumn.allCases.map { column in
            if let text = text(column) { return text }
            var cell: [UInt8] = []
            append(column, to: &cell)
            return String(decoding: cell, as: UTF8.self)
        }
    }

    /// The columns of that table.
    static var tableColumns: [TextTable.Column] {
        PositionColumn.allCases.map { TextTable.Column(name: "\($0.name)", isNumber: !$0.isText) }
    }
}
