import CSeqlock
import FixedPoint
package import ShmReader

/// One position as a row: of a book, as shared memory holds it.
package struct PositionRow: Sendable {
    /// The book's name.
    package let book: String
    /// The position and what its numbers mean.
    package let view: PositionView

    /// Puts a book's name and a position together.
    package init(book: String, view: PositionView) {
        self.book = book
        self.view = view
    }

    /// The text of a text column; nil for a column of numbers.
    package func text(_ column: PositionColumn) -> String? {
        switch column {
        case .book: book
        case .account: view.key.account
        case .strategy: view.key.strategy
        case .symbol: view.key.symbol
        default: nil
        }
    }

    /// Appends the number of a column that is no text; nothing for the average price of a flat position.
    package func append(_ column: PositionColumn, to row: inout [UInt8]) {
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
}
