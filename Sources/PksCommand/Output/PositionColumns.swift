import CSeqlock
import FixedPoint
import ShmReader

/// The columns of positions.csv and of `pks read`, in their order. A contract: add at the end, never change.
enum PositionColumn: Int, CaseIterable {
    case book
    case account
    case strategy
    case symbol
    case netQty
    case averagePrice
    case openCost
    case realizedPnl
    case fees
    case netPnl
    case openLots
    case boughtQty
    case soldQty
    case lastPrice
    case lastEventNs
    case fills

    var name: StaticString {
        switch self {
        case .book: "book"
        case .account: "account"
        case .strategy: "strategy"
        case .symbol: "symbol"
        case .netQty: "net_qty"
        case .averagePrice: "avg_price"
        case .openCost: "open_cost"
        case .realizedPnl: "realized_pnl"
        case .fees: "fees"
        case .netPnl: "net_pnl"
        case .openLots: "open_lots"
        case .boughtQty: "bought_qty"
        case .soldQty: "sold_qty"
        case .lastPrice: "last_price"
        case .lastEventNs: "last_event_ns"
        case .fills: "fills"
        }
    }

    var isText: Bool { rawValue <= PositionColumn.symbol.rawValue }
}

/// One position as a row: of a book, as shared memory holds it.
struct PositionRow {
    let book: String
    let view: PositionView

    /// The text of a text column.
    private func text(_ column: PositionColumn) -> String? {
        switch column {
        case .book: book
        case .account: view.key.account
        case .strategy: view.key.strategy
        case .symbol: view.key.symbol
        default: nil
        }
    }

    /// Appends a number; nothing for the average price of a flat position.
    private func append(_ column: PositionColumn, to row: inout [UInt8]) {
        let (key, position) = (view.key, view.position)
        switch column {
        case .book, .account, .strategy, .symbol: preconditionFailure("a text column")
        case .netQty: appendDecimal(position.net_qty, decimals: key.qtyDecimals, to: &row)
        case .averagePrice:
            appendAveragePrice(
                openCost: Money(units: view.openCost), netQty: Quantity(units: position.net_qty),
                multiplier: key.multiplier, priceDecimals: key.priceDecimals, to: &row)
        case .openCost: appendDecimal(view.openCost, decimals: key.moneyDecimals, to: &row)
        case .realizedPnl: appendDecimal(view.realizedPnl, decimals: key.moneyDecimals, to: &row)
        case .fees: appendDecimal(position.fees, decimals: key.feeDecimals, to: &row)
        case .netPnl:
            appendNetPnl(
                realized: Money(units: view.realizedPnl), moneyDecimals: key.moneyDecimals,
                fees: position.fees, feeDecimals: key.feeDecimals, to: &row)
        case .openLots: appendDecimal(Int64(position.open_lots), decimals: 0, to: &row)
        case .boughtQty: appendDecimal(position.bought_qty, decimals: key.qtyDecimals, to: &row)
        case .soldQty: appendDecimal(position.sold_qty, decimals: key.qtyDecimals, to: &row)
        case .lastPrice: appendDecimal(position.last_price, decimals: key.priceDecimals, to: &row)
        case .lastEventNs: appendDecimal(position.event_ns, decimals: 0, to: &row)
        case .fills: appendDecimal(Int128(position.fill_count), decimals: 0, to: &row)
        }
    }

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
