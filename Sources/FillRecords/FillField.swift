/// Fills as somebody else spells them, to the 128-byte records that a ring takes. Files and the bus both come
/// through this room: where a row's fields stand in its bytes (`FillRow`), what they must look like, and which
/// records they make (`FillEncoder`). What stays out: formats of files, messages, where anything comes from.

/// What an execution consists of. The names are those of CSV columns, JSON keys and the bus's messages.
package enum FillField: Int, CaseIterable {
    case tradeID
    case symbol
    case side
    case qty
    case price
    case orderID
    case book
    case account
    case strategy
    case fee
    case feeCurrency
    case eventNs
    case openTradeID

    /// How many there are.
    package static let count = 13

    /// The name that never changes.
    package var name: StaticString {
        switch self {
        case .tradeID: "trade_id"
        case .symbol: "symbol"
        case .side: "side"
        case .qty: "qty"
        case .price: "price"
        case .orderID: "order_id"
        case .book: "book"
        case .account: "account"
        case .strategy: "strategy"
        case .fee: "fee"
        case .feeCurrency: "fee_currency"
        case .eventNs: "event_ns"
        case .openTradeID: "open_trade_id"
        }
    }

    /// The name and tag of the FIX field that it comes from.
    package var fixName: StaticString {
        switch self {
        case .tradeID: "ExecID (17)"
        case .symbol: "Symbol (55)"
        case .side: "Side (54)"
        case .qty: "LastQty (32)"
        case .price: "LastPx (31)"
        case .orderID: "OrderID (37)"
        case .account: "Account (1)"
        case .fee: "Commission (12)"
        case .feeCurrency: "CommCurrency (479)"
        case .eventNs: "TransactTime (60)"
        case .book, .strategy, .openTradeID: name
        }
    }

    /// Whether a fill is nothing without it.
    package var isRequired: Bool { rawValue <= FillField.price.rawValue }

    /// Whether it is read as a number.
    package var isNumber: Bool {
        switch self {
        case .qty, .price, .fee, .eventNs: true
        default: false
        }
    }

    /// The field of a name.
    package init?(name: Span<UInt8>) {
        for field in FillField.allCases where name.equals(field.name) {
            self = field
            return
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// Whether these are the bytes of an ASCII literal.
    package func equals(_ literal: StaticString) -> Bool {
        if count != literal.utf8CodeUnitCount { return false }
        for index in indices {
            // SAFETY: the literal lives for ever and has `count` bytes, as just compared.
            if unsafe literal.utf8Start[index] != self[index] { return false }
        }
        return true
    }
}
