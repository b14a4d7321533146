/// Positions as text. This room knows the columns that a position has, the exact text of each, the order of
/// rows, and how states and lengths of time are said. It knows nothing of files, terminals or screens.

/// The columns of positions.csv and of `pks read`, in their order. A contract: add at the end, never change.
package enum PositionColumn: Int, CaseIterable {
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

    /// The name in files and output.
    package var name: StaticString {
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

    /// Whether the column holds text and not a number.
    package var isText: Bool { rawValue <= PositionColumn.symbol.rawValue }
}
