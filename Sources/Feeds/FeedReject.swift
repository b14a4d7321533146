import FillRecords

/// Why a row, a line or the rest of a file was not used. The names go into rejects.csv and never change.
public enum FeedRejectReason: String, Sendable, CaseIterable {
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
    /// More books, keys or remembered reports than the run is set up for.
    case capacity
    /// A required field is missing or empty.
    case missingField = "missing_field"
    /// A required column is missing; the file is not used.
    case missingColumn = "missing_column"
    /// A column name is there twice; the file is not used.
    case duplicateColumn = "duplicate_column"
    /// A row with fewer or more fields than the header.
    case fieldCount = "field_count"
    /// Quotes that RFC 4180 does not allow.
    case badQuoting = "bad_quoting"
    /// Control characters where text is expected.
    case binaryData = "binary_data"
    /// Bytes that are not UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// A line longer than the reader's bound.
    case lineTooLong = "line_too_long"
    /// Not one flat JSON object, or a value of the wrong type, or a key given twice.
    case badJSON = "bad_json"
    /// A FIX message that is cut, malformed or lacks what its type requires.
    case badFIX = "bad_fix"
    /// The CheckSum or BodyLength of a FIX message does not match its bytes.
    case badChecksum = "bad_checksum"
    /// A FIX time that is none, or outside the range of 64-bit nanoseconds.
    case badTime = "bad_time"
    /// A FIX report that changes or takes back a trade, or is a fill only in another version of FIX.
    case unsupportedExecType = "unsupported_exec_type"
    /// A commission that is not an absolute amount.
    case unsupportedCommission = "unsupported_commission"
    /// Two reports of one order at the same CumQty that state different fills.
    case conflictingReport = "conflicting_report"
    /// The gzip data ends in the middle; what came before is used.
    case truncatedGzip = "truncated_gzip"
    /// The gzip data is damaged; what came before is used.
    case corruptGzip = "corrupt_gzip"
    /// A value that static data of an instrument cannot have (instruments file only).
    case badInstrument = "bad_instrument"
}

/// Something in a file that was not used: where, what and why.
public struct FeedReject: Error, Equatable, Sendable {
    /// The path as given; `-` is standard input.
    public var file: String
    /// The line, from 1. Of a row over several lines, the one with the trouble.
    public var line: Int
    /// The byte of that line, from 1.
    public var column: Int
    /// The trade id when it could be read, else empty.
    public var tradeID: String
    /// Which kind of trouble.
    public var reason: FeedRejectReason
    /// What was found and what was expected, in words. No control characters, whatever the file had.
    public var detail: String
    /// True when nothing after it in the file was read.
    public var endsFile: Bool

    /// A reject of these parts; `detail` must be safe to print.
    public init(
        file: String, line: Int, column: Int, tradeID: String, reason: FeedRejectReason, detail: String,
        endsFile: Bool
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.tradeID = tradeID
        self.reason = reason
        self.detail = detail
        self.endsFile = endsFile
    }
}

extension FeedReject: CustomStringConvertible {
    /// `file:line:column: detail (reason)`, for a terminal.
    public var description: String {
        "\(file):\(line):\(column): \(detail) (\(reason.rawValue))"
    }

    /// The detail with its column, for files whose rows have a line number only.
    public var detailWithColumn: String { "column \(column): \(detail)" }
}

/// Trouble with the row at hand, before it has a file, a line and a column.
struct RowProblem: Error {
    var reason: FeedRejectReason
    /// Bytes after the start of the row.
    var offset: Int
    var detail: String
    /// The row may have swallowed others: reading goes on after the first of its lines.
    var resumesAtSecondLine = false
    var endsFile = false
}

extension RowProblem {
    /// Trouble with what the row says, which is the same whatever the fill comes from.
    init(_ problem: FillProblem) {
        guard let reason = FeedRejectReason(rawValue: problem.reason.rawValue) else {
            preconditionFailure("each reason of a fill is one of a feed's too")
        }
        self.init(reason: reason, offset: problem.offset, detail: problem.detail)
    }
}
