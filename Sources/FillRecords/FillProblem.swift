/// Why a fill as it was spelled cannot become a record. The names go into rejects.csv and into TradeRejected, and
/// never change.
package enum FillRejectReason: String, Sendable, CaseIterable {
    /// Not a plain decimal (or, in JSON, not a number).
    case badNumber = "bad_number"
    /// More decimals than the instrument has; nothing is rounded.
    case tooManyDecimals = "too_many_decimals"
    /// A number outside 64 bits at the instrument's decimals.
    case overflow
    /// The quantity is zero.
    case zeroQuantity = "zero_quantity"
    /// The quantity is negative; the side says the direction.
    case negativeQuantity = "negative_quantity"
    /// The side is neither BUY nor SELL.
    case unknownSide = "unknown_side"
    /// A trade id or order id longer than its 40 bytes.
    case idTooLong = "id_too_long"
    /// An account, strategy, symbol, currency or book longer than its field.
    case nameTooLong = "name_too_long"
    /// A book name with characters that a segment's name cannot have.
    case badBook = "bad_book"
    /// The book could not be opened by whoever takes the fills.
    case bookRefused = "book_refused"
    /// More books or keys than the run is set up for.
    case capacity
    /// A required field is missing or empty.
    case missingField = "missing_field"
    /// Control characters where text is expected.
    case binaryData = "binary_data"
    /// Bytes that are not UTF-8.
    case invalidUTF8 = "invalid_utf8"
}

/// Trouble with the fill at hand: what, and where in its bytes.
package struct FillProblem: Error {
    /// Which kind of trouble.
    package var reason: FillRejectReason
    /// Bytes after the start of the row.
    package var offset: Int
    /// What was found and what was expected, in words that are safe to print.
    package var detail: String

    /// Trouble of these parts.
    package init(reason: FillRejectReason, offset: Int, detail: String) {
        self.reason = reason
        self.offset = offset
        self.detail = detail
    }
}
