import CSeqlock
import FixedPoint
import PositionText
import ShmReader

/// What positions are summed by.
package enum Grouping: String, CaseIterable, Sendable {
    /// All strategies and symbols of an account.
    case account
    /// All accounts and symbols of a strategy.
    case strategy
    /// All accounts and strategies of a symbol.
    case symbol

    func name(of row: PositionRow) -> String {
        switch self {
        case .account: row.view.key.account
        case .strategy: row.view.key.strategy
        case .symbol: row.view.key.symbol
        }
    }
}

/// Exact sums over the rows that are shown, one for each name and currency: amounts of different currencies are
/// never added. Follows its rows: a changed one is taken out and put in again.
struct Totals: Sendable {
    struct Key: Hashable, Sendable {
        let name: String
        let currency: String
    }

    struct Sums: Sendable {
        var positions = 0
        var openLots = 0
        var fills: UInt64 = 0
        var net = ExactSum()
        var openCost = ExactSum()
        var realised = ExactSum()
        var fees = ExactSum()

        /// Realized P&L less fees.
        var netPnl: ExactSum {
            var net = realised
            net.subtract(fees)
            return net
        }
    }

    let grouping: Grouping
    private(set) var groups: [Key: Sums] = [:]

    init(by grouping: Grouping) { self.grouping = grouping }

    mutating func add(_ row: PositionRow) { change(row, isAdded: true) }
    mutating func remove(_ row: PositionRow) { change(row, isAdded: false) }

    private mutating func change(_ row: PositionRow, isAdded: Bool) {
        let (key, position) = (row.view.key, row.view.position)
        let group = Key(name: grouping.name(of: row), currency: key.currency)
        var sums = groups.removeValue(forKey: group) ?? Sums()
        func put(_ sum: inout ExactSum, _ units: Int128, _ decimals: Int) {
            if isAdded { sum.add(units, decimals: decimals) } else { sum.subtract(units, decimals: decimals) }
        }
        put(&sums.net, Int128(position.net_qty), key.qtyDecimals)
        put(&sums.openCost, row.view.openCost, key.moneyDecimals)
        put(&sums.realised, row.view.realizedPnl, key.moneyDecimals)
        put(&sums.fees, Int128(position.fees), key.feeDecimals)
        sums.positions += isAdded ? 1 : -1
        sums.openLots += isAdded ? Int(position.open_lots) : -Int(position.open_lots)
        sums.fills = isAdded ? sums.fills &+ position.fill_count : sums.fills &- position.fill_count
        if sums.positions > 0 { groups[group] = sums }
    }

    /// The groups in an order that is always the same.
    func sorted(_ order: SortOrder) -> [(key: Key, sums: Sums)] {
        func byName(_ left: Key, _ right: Key) -> Int {
            let order = RowOrder.compare(left.name, right.name)
            return order != 0 ? order : RowOrder.compare(left.currency, right.currency)
        }
        func compared(_ left: (key: Key, sums: Sums), _ right: (key: Key, sums: Sums)) -> Int {
            switch order.column {
            case .net: left.sums.net.compared(to: right.sums.net)
            case .openCost: left.sums.openCost.compared(to: right.sums.openCost)
            case .realised: left.sums.realised.compared(to: right.sums.realised)
            case .fees: left.sums.fees.compared(to: right.sums.fees)
            case .netPnl: left.sums.netPnl.compared(to: right.sums.netPnl)
            case .openLots: left.sums.openLots - right.sums.openLots
            case .fills: left.sums.fills < right.sums.fills ? -1 : left.sums.fills == right.sums.fills ? 0 : 1
            case .currency: RowOrder.compare(left.key.currency, right.key.currency)
            default: byName(left.key, right.key)
            }
        }
        return groups.map { (key: $0.key, sums: $0.value) }.sorted { left, right in
            let primary = compared(left, right)
            if primary != 0 { return order.isDescending ? primary > 0 : primary < 0 }
            return byName(left.key, right.key) < 0
        }
    }
}
