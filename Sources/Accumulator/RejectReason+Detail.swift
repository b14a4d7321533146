extension RejectReason {
    /// The reason in words, with what to do where something can be done.
    public var detail: String {
        switch self {
        case .unknownKey: "the book does not know this account, strategy and symbol"
        case .unknownSide: "the side is neither BUY nor SELL"
        case .zeroQuantity: "the quantity is zero"
        case .negativeQuantity: "the quantity is negative; the side says the direction"
        case .missingTradeID: "there is no trade id"
        case .malformedText: "a name or an id is empty or not padded text"
        case .overflow: "a quantity, a fee or an amount of money of the position would leave its range"
        case .lotNotOpen: "open_trade_id names no lot that is open on the other side"
        case .lotTooSmall: "the lot that open_trade_id names has less left than this fill closes"
        case .conflict: "the same ids came first with another side, quantity or price"
        case .lotCapacity: "there is no room for another open lot (raise --lots-max)"
        case .slotCapacity: "there is no room for another position (raise --positions-max)"
        case .identityCapacity:
            "too many fills inside the duplicate window to remember (raise --identities-max, or shorten "
                + "--identity-window)"
        case .beyondWindow:
            "older than the fills that are remembered, so that a duplicate could not be told (raise "
                + "--identities-max)"
        case .unsupportedKind: "a record of a kind that is not supported"
        case .decimalsMismatch: "other decimals than the instrument has"
        case .danglingExtension: "an extension without its fill"
        case .feeCurrencyCapacity: "there is no room for fees in another currency"
        }
    }
}
