import CSeqlock
import FixedPoint
import PositionText
import ShmReader

/// By which column rows are sorted, and which way.
package struct SortOrder: Equatable, Sendable {
    /// The column.
    package var column: MonitorColumn
    /// Largest first.
    package var isDescending: Bool

    /// An order.
    package init(_ column: MonitorColumn, isDescending: Bool = false) {
        self.column = column
        self.isDescending = isDescending
    }

    /// From a word such as `net` or, largest first, `-net`; nil when it names no column.
    package init?(word: String) {
        let isDescending = word.hasPrefix("-")
        guard let column = MonitorColumn.named(String(word.drop { $0 == "-" || $0 == "+" })) else {
            return nil
        }
        self.init(column, isDescending: isDescending)
    }

    /// The word that means this order.
    package var word: String { (isDescending ? "-" : "") + column.name }
}

/// What a row is sorted by. Numbers are compared exactly, whatever their scales.
enum SortValue: Equatable, Sendable {
    case text(String)
    case number(Int256, decimals: Int)
    /// A number that there is none of, such as the average price of a flat position: always last.
    case none

    /// Below, at or above zero as `self` comes before, with or after `other` when the smallest is first. What has
    /// no value comes last even when the largest is first.
    func compared(to other: SortValue, isDescending: Bool) -> Int {
        switch (self, other) {
        case (.none, .none): return 0
        case (.none, _): return 1
        case (_, .none): return -1
        case (.text(let left), .text(let right)):
            let order = RowOrder.compare(left, right)
            return isDescending ? -order : order
        case (.number(let left, let leftDecimals), .number(let right, let rightDecimals)):
            let order = Self.compare(left, leftDecimals, right, rightDecimals)
            return isDescending ? -order : order
        case (.text, .number): return -1
        case (.number, .text): return 1
        }
    }

    /// Below, at or above zero as the first number is less, equal or more.
    static func compare(_ left: Int256, _ leftDecimals: Int, _ right: Int256, _ rightDecimals: Int) -> Int {
        if leftDecimals > rightDecimals { return -compare(right, rightDecimals, left, leftDecimals) }
        // What leaves 256 bits at the finer scale is further from zero than anything that has this scale.
        guard let scaled = left.multiplied(byPowerOfTen: rightDecimals - leftDecimals) else {
            return left.isNegative ? -1 : 1
        }
        return scaled == right ? 0 : scaled < right ? -1 : 1
    }
}

extension PositionRow {
    /// What the row is sorted by.
    func sortValue(_ column: MonitorColumn) -> SortValue {
        let (key, position) = (view.key, view.position)
        func number(_ units: Int128, _ decimals: Int) -> SortValue {
            .number(Int256(units), decimals: decimals)
        }
        switch column {
        case .book: return .text(book)
        case .account: return .text(key.account)
        case .strategy: return .text(key.strategy)
        case .symbol: return .text(key.symbol)
        case .currency: return .text(key.currency)
        case .net: return number(Int128(position.net_qty), key.qtyDecimals)
        case .average:
            return averageUnits.map { .number($0, decimals: averagePriceDecimals) } ?? .none
        case .openCost: return number(view.openCost, key.moneyDecimals)
        case .realised: return number(view.realizedPnl, key.moneyDecimals)
        case .fees: return number(Int128(position.fees), key.feeDecimals)
        case .netPnl:
            let net = netPnlUnits
            return .number(net.units, decimals: net.decimals)
        case .openLots: return number(Int128(position.open_lots), 0)
        case .lastPrice: return number(Int128(position.last_price), key.priceDecimals)
        case .age: return number(-Int128(position.publish_ns), 0)
        case .bought: return number(Int128(position.bought_qty), key.qtyDecimals)
        case .sold: return number(Int128(position.sold_qty), key.qtyDecimals)
        case .fills: return number(Int128(position.fill_count), 0)
        case .seq: return number(Int128(position.applied_seq), 0)
        }
    }

    /// The average price in units of 10^-averagePriceDecimals; nil when flat.
    var averageUnits: Int256? {
        averagePrice(
            openCost: Money(units: view.openCost), netQty: Quantity(units: view.position.net_qty),
            multiplier: view.key.multiplier, priceDecimals: view.key.priceDecimals)
    }

    /// Realized P&L less fees.
    var netPnlUnits: (units: Int256, decimals: Int) {
        netPnl(
            realized: Money(units: view.realizedPnl), moneyDecimals: view.key.moneyDecimals,
            fees: view.position.fees, feeDecimals: view.key.feeDecimals)
    }
}
