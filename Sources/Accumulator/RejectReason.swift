/// Why a record was not applied. The raw values go into effects and journals: never renumber one.
///
/// The name (`text`) is what rejects.csv, JSON and metrics say.
public enum RejectReason: UInt8, Sendable, CaseIterable {
    /// No KEY defined this handle, or its KEY was refused.
    case unknownKey = 1
    /// The side is neither buy nor sell.
    case unknownSide = 2
    /// The quantity is zero.
    case zeroQuantity = 3
    /// The quantity is negative; the side says the direction.
    case negativeQuantity = 4
    /// There is no trade id, so the fill has no identity.
    case missingTradeID = 5
    /// A text field has bytes after its first NUL, or a key's text is empty.
    case malformedText = 6
    /// A quantity, a fee or an amount of money would leave its range.
    case overflow = 7
    /// The lot that the fill names is not open on the other side.
    case lotNotOpen = 8
    /// The lot that the fill names has less left than the fill closes.
    case lotTooSmall = 9
    /// The same identity came before with another side, quantity or price.
    case conflict = 10
    /// The store of lots is full.
    case lotCapacity = 11
    /// The segment has no free position slot.
    case slotCapacity = 12
    /// The duplicate window is full of identities that are too young to forget.
    case identityCapacity = 13
    /// Older than the duplicate window reaches: a duplicate could not be told from a new fill.
    case beyondWindow = 14
    /// The record kind is reserved (BUST, AMEND) or unknown.
    case unsupportedKind = 15
    /// The KEY states other decimals than the instrument has.
    case decimalsMismatch = 16
    /// An EXTENSION without the FILL that it belongs to, or a FILL without its EXTENSION.
    case danglingExtension = 17
    /// The book keeps no more (key, currency) pairs of fees in other currencies.
    case feeCurrencyCapacity = 18

    /// The stable name in files and metrics.
    public var text: String {
        switch self {
        case .unknownKey: "unknown_key"
        case .unknownSide: "unknown_side"
        case .zeroQuantity: "zero_quantity"
        case .negativeQuantity: "negative_quantity"
        case .missingTradeID: "missing_trade_id"
        case .malformedText: "malformed_text"
        case .overflow: "overflow"
        case .lotNotOpen: "lot_not_open"
        case .lotTooSmall: "lot_too_small"
        case .conflict: "conflict"
        case .lotCapacity: "lot_capacity"
        case .slotCapacity: "slot_capacity"
        case .identityCapacity: "identity_capacity"
        case .beyondWindow: "beyond_window"
        case .unsupportedKind: "unsupported_kind"
        case .decimalsMismatch: "decimals_mismatch"
        case .danglingExtension: "dangling_extension"
        case .feeCurrencyCapacity: "fee_currency_capacity"
        }
    }
}
