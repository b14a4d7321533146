import CSeqlock
import PositionText
import ShmReader

/// The columns of the table of positions, in their order from left to right.
package enum MonitorColumn: Int, CaseIterable, Sendable {
    case book
    case account
    case strategy
    case symbol
    case net
    case average
    case openCost
    case realised
    case fees
    case netPnl
    case openLots
    case lastPrice
    case age
    case currency
    case bought
    case sold
    case fills
    case seq

    /// The word for `--sort`.
    package var name: String {
        switch self {
        case .book: "book"
        case .account: "account"
        case .strategy: "strategy"
        case .symbol: "symbol"
        case .net: "net"
        case .average: "average"
        case .openCost: "cost"
        case .realised: "realised"
        case .fees: "fees"
        case .netPnl: "pnl"
        case .openLots: "lots"
        case .lastPrice: "last"
        case .age: "age"
        case .currency: "currency"
        case .bought: "bought"
        case .sold: "sold"
        case .fills: "fills"
        case .seq: "seq"
        }
    }

    /// What else `--sort` takes for it: the names of positions.csv, and other spellings.
    private var aliases: [String] {
        switch self {
        case .net: ["net_qty", "qty"]
        case .average: ["avg", "avg_price"]
        case .openCost: ["open_cost"]
        case .realised: ["realized", "realised_pnl", "realized_pnl"]
        case .netPnl: ["net_pnl", "p&l"]
        case .openLots: ["open_lots"]
        case .lastPrice: ["last_price", "price"]
        case .currency: ["ccy"]
        case .bought: ["bought_qty"]
        case .sold: ["sold_qty"]
        case .seq: ["applied_seq"]
        case .book, .account, .strategy, .symbol, .fees, .age, .fills: []
        }
    }

    /// The column of a word; nil for a word that names none.
    package static func named(_ word: String) -> MonitorColumn? {
        let word = word.lowercased()
        return allCases.first { $0.name == word || $0.aliases.contains(word) }
    }

    /// The head of the column.
    var title: String {
        switch self {
        case .openCost: "OPEN COST"
        case .netPnl: "NET P&L"
        case .currency: "CCY"
        default: name.uppercased()
        }
    }

    /// On a narrow screen the columns with the largest numbers stay longest.
    var priority: Int {
        switch self {
        case .symbol: 100
        case .net: 95
        case .netPnl: 90
        case .account: 85
        case .average: 80
        case .realised: 75
        case .lastPrice: 70
        case .strategy: 68
        case .age: 65
        case .book: 72
        case .openCost: 55
        case .fees: 50
        case .openLots: 45
        case .currency: 40
        case .fills: 35
        case .bought: 30
        case .sold: 25
        case .seq: 20
        }
    }

    /// The texts that say which position a row is; they stay when the screen is scrolled sideways.
    var isKey: Bool { rawValue <= MonitorColumn.symbol.rawValue }

    /// Text and not a number.
    var isText: Bool { isKey || self == .currency }

    /// The column of positions.csv that has the same text; nil where there is none.
    var positionColumn: PositionColumn? {
        switch self {
        case .book: .book
        case .account: .account
        case .strategy: .strategy
        case .symbol: .symbol
        case .net: .netQty
        case .average: .averagePrice
        case .openCost: .openCost
        case .realised: .realizedPnl
        case .fees: .fees
        case .netPnl: .netPnl
        case .openLots: .openLots
        case .lastPrice: .lastPrice
        case .bought: .boughtQty
        case .sold: .soldQty
        case .fills: .fills
        case .age, .currency, .seq: nil
        }
    }
}

extension PositionRow {
    /// The text of a column, exact; ages as of `nowNs`, CLOCK_MONOTONIC.
    func text(_ column: MonitorColumn, nowNs: Int64) -> String {
        switch column {
        case .age: return ageText(nowNs - view.position.publish_ns)
        case .currency: return view.key.currency
        case .seq: return "\(view.position.applied_seq)"
        default: break
        }
        guard let own = column.positionColumn else { preconditionFailure("the others are handled above") }
        if let text = text(own) { return text }
        var bytes: [UInt8] = []
        append(own, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
