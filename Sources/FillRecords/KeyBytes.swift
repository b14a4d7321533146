import CSeqlock

/// What identifies a key over all books: the lengths and the bytes of book, account, strategy and symbol, in a
/// buffer of their largest size. With the lengths no two keys share them, whatever bytes they consist of.
struct KeyBytes {
    private static let capacity =
        4 + Int(PKS_BOOK_BYTES) + Int(PKS_ACCOUNT_BYTES) + Int(PKS_STRATEGY_BYTES) + Int(PKS_SYMBOL_BYTES)

    private var storage = InlineArray<180, UInt8>(repeating: 0)
    private var count = 0

    init() { precondition(KeyBytes.capacity == storage.count, "the ABI's field lengths") }

    mutating func clear() { count = 0 }

    /// Adds one part, whose length was checked.
    mutating func append(_ part: Span<UInt8>) {
        storage[count] = UInt8(truncatingIfNeeded: part.count)
        count += 1
        for index in part.indices {
            storage[count] = part[index]
            count += 1
        }
    }

    /// Lends the bytes.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(storage.span.extracting(0..<count))
    }
}
