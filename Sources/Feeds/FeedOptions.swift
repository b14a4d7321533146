public import Accumulator

/// What a feed takes for granted, and its bounds.
public struct FeedOptions: Sendable {
    /// The format of every file; nil tells it by name and content.
    public var format: FeedFormat?
    /// The book of rows that name none.
    public var book: String
    /// The account of rows that name none.
    public var account: String
    /// The strategy of rows that name none.
    public var strategy: String
    /// Static data of instruments: it decides how many decimals a number may have.
    public var instruments: InstrumentTable
    /// Ignore the second report of the same order at the same CumQty (FIX).
    public var dedupesFIXByCumQty: Bool
    /// The most fills that such reports are told from; reaching it ends the file with a reject. About 100 bytes
    /// each, taken as they come.
    public var fixReportsMax: Int
    /// The longest line, or row over several lines, in bytes.
    public var rowBytesMax: Int
    /// The most books in one run.
    public var booksMax: Int
    /// The most keys (account, strategy, symbol) in all books of one run.
    public var keysMax: Int

    /// Options with the product's defaults.
    public init(
        format: FeedFormat? = nil, book: String = "main", account: String = "default",
        strategy: String = "default", instruments: InstrumentTable = InstrumentTable(),
        dedupesFIXByCumQty: Bool = false, fixReportsMax: Int = 1 << 21, rowBytesMax: Int = 64 * 1024,
        booksMax: Int = 64, keysMax: Int = 1 << 20
    ) {
        self.format = format
        self.book = book
        self.account = account
        self.strategy = strategy
        self.instruments = instruments
        self.dedupesFIXByCumQty = dedupesFIXByCumQty
        self.fixReportsMax = fixReportsMax
        self.rowBytesMax = rowBytesMax
        self.booksMax = booksMax
        self.keysMax = keysMax
    }
}
