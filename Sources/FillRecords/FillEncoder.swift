package import Accumulator
package import CSeqlock
import FixedPoint

/// Turns rows into records: defines a handle at the first good row of each key, reads numbers at the
/// instrument's decimals, and checks everything that a record cannot hold. One row gives at most a KEY, an
/// EXTENSION and a FILL. Allocates only for keys, books and rejects.
package struct FillEncoder: ~Copyable {
    /// What became of a row.
    package enum Answer {
        /// The row's records are ready.
        case records
        /// The row's book must be opened first; then the row is encoded again.
        case opensBook(String, index: Int)
    }

    /// The records of the row; key and extension only when the flags say so.
    package private(set) var keyRecord = pks_key_record()
    /// As `keyRecord`.
    package private(set) var extensionRecord = pks_extension_record()
    /// The fill.
    package private(set) var fillRecord = pks_fill_record()
    /// The row has a key that was not seen before.
    package private(set) var hasKey = false
    /// The fill has an extension.
    package private(set) var hasExtension = false
    /// The book that they are for.
    package private(set) var book = 0

    private let instruments: InstrumentTable
    private let defaultBook: DefaultName
    private let defaultAccount: DefaultName
    private let defaultStrategy: DefaultName
    private let booksMax: Int
    private let keysMax: Int

    private var books = ByteTable()
    private var bookStates: [BookState] = []
    private var keys = ByteTable()
    private var keyData: [KeyData] = []
    private var keyBytes = KeyBytes()

    private struct BookState {
        var refusal: String?
        var keyCount: UInt32 = 0
    }

    private struct KeyData {
        var book: Int32
        var handle: UInt32
        var priceDecimals: UInt8
        var qtyDecimals: UInt8
        var feeDecimals: UInt8
        var currency: UInt64
    }

    /// An encoder that knows no key yet. `book`, `account` and `strategy` are of rows that name none; numbers have
    /// the decimals of `instruments`. At most so many books and keys; more are rejects.
    package init(
        book: String, account: String, strategy: String, instruments: InstrumentTable, booksMax: Int,
        keysMax: Int
    ) {
        self.instruments = instruments
        defaultBook = DefaultName(book, field: .book, bytesMax: Int(PKS_BOOK_BYTES))
        defaultAccount = DefaultName(account, field: .account, bytesMax: Int(PKS_ACCOUNT_BYTES))
        defaultStrategy = DefaultName(strategy, field: .strategy, bytesMax: Int(PKS_STRATEGY_BYTES))
        self.booksMax = booksMax
        self.keysMax = keysMax
    }

    /// Makes the records of `row`, whose bytes are `text`. `reference` is what the records refer to it by.
    package mutating func encode(
        _ row: borrowing FillRow, _ text: Span<UInt8>, line: Int, reference: UInt64
    ) throws(FillProblem) -> Answer {
        hasKey = false
        hasExtension = false
        try checkRequired(row)
        fillRecord.kind = UInt8(PKS_KIND_FILL)
        fillRecord.flags = 0
        fillRecord.source_ref = reference
        fillRecord.side = try row.side(in: text).rawValue
        try row.put(.tradeID, in: text, into: &fillRecord.trade_id, tooLong: .idTooLong)
        try row.put(.orderID, in: text, into: &fillRecord.order_id, tooLong: .idTooLong)

        try collectKeyBytes(row, text)
        let known = keyBytes.withBytes { keys.find($0) }
        let data: KeyData
        if let known {
            data = keyData[known]
        } else {
            switch try newKey(row, text) {
            case .opensBook(let name, let index): return .opensBook(name, index: index)
            case .data(let new): data = new
            }
        }
        if let refusal = bookStates[Int(data.book)].refusal {
            throw FillProblem(reason: .bookRefused, offset: row[.book].start, detail: refusal)
        }
        try putNumbers(row, text, data, line: line)
        if row[.feeCurrency].count > 0 || row[.openTradeID].count > 0 { try putExtension(row, text, data) }
        if known == nil { define(data) }
        fillRecord.handle = data.handle
        book = Int(data.book)
        return .records
    }

    /// Takes the answer of whoever opens books: nil, or why this one cannot be used.
    package mutating func bookOpened(_ name: String, refusal: String?) {
        books.add(Array(name.utf8).span)
        bookStates.append(BookState(refusal: refusal))
    }

    // MARK: - Keys

    private enum NewKey {
        case data(KeyData)
        case opensBook(String, index: Int)
    }

    private mutating func collectKeyBytes(
        _ row: borrowing FillRow, _ text: Span<UInt8>
    ) throws(FillProblem) {
        try row.checkLength(.book, bytesMax: Int(PKS_BOOK_BYTES), reason: .nameTooLong)
        try row.checkLength(.account, bytesMax: Int(PKS_ACCOUNT_BYTES), reason: .nameTooLong)
        try row.checkLength(.strategy, bytesMax: Int(PKS_STRATEGY_BYTES), reason: .nameTooLong)
        try row.checkLength(.symbol, bytesMax: Int(PKS_SYMBOL_BYTES), reason: .nameTooLong)
        keyBytes.clear()
        try append(row[.book], text, else: defaultBook)
        try append(row[.account], text, else: defaultAccount)
        try append(row[.strategy], text, else: defaultStrategy)
        keyBytes.append(text.extracting(row[.symbol].range))
    }

    private mutating func append(
        _ slice: FieldSlice, _ text: Span<UInt8>, else name: DefaultName
    ) throws(FillProblem) {
        if slice.isPresent { return keyBytes.append(text.extracting(slice.range)) }
        if let problem = name.problem { throw problem }
        keyBytes.append(name.bytes.span)
    }

    /// The data of a key that was not seen before, and its KEY record. Nothing is remembered yet: the row may
    /// still turn out bad.
    private mutating func newKey(
        _ row: borrowing FillRow, _ text: Span<UInt8>
    ) throws(FillProblem) -> NewKey {
        let bookName = try bookName(row, text)
        guard let book = books.find(Array(bookName.utf8).span) else {
            if books.count < booksMax { return .opensBook(bookName, index: books.count) }
            throw FillProblem(
                reason: .capacity, offset: row[.book].start, detail: "more than \(booksMax) books in one run")
        }
        if keys.count >= keysMax {
            throw FillProblem(
                reason: .capacity, offset: row[.symbol].start,
                detail: "more than \(keysMax) keys (account, strategy, symbol) in one run")
        }
        try putKey(row, text, handle: bookStates[book].keyCount)
        let instrument = instruments.instrument(for: string(text.extracting(row[.symbol].range)))
        keyRecord.price_decimals = UInt8(instrument.priceDecimals)
        keyRecord.qty_decimals = UInt8(instrument.qtyDecimals)
        keyRecord.fee_decimals = UInt8(instrument.feeDecimals)
        return .data(
            KeyData(
                book: Int32(book), handle: keyRecord.handle, priceDecimals: keyRecord.price_decimals,
                qtyDecimals: keyRecord.qty_decimals, feeDecimals: keyRecord.fee_decimals,
                currency: packed(Array(instrument.currency.utf8).span)))
    }

    private mutating func putKey(
        _ row: borrowing FillRow, _ text: Span<UInt8>, handle: UInt32
    ) throws(FillProblem) {
        keyRecord = pks_key_record()
        keyRecord.kind = UInt8(PKS_KIND_KEY)
        keyRecord.handle = handle
        keyRecord.source_ref = fillRecord.source_ref
        try row.put(.symbol, in: text, into: &keyRecord.symbol, tooLong: .nameTooLong)
        if row[.account].isPresent {
            try row.put(.account, in: text, into: &keyRecord.account, tooLong: .nameTooLong)
        } else {
            let account = defaultAccount.bytes
            _ = putPadded(account.span, into: &keyRecord.account)
        }
        if row[.strategy].isPresent {
            try row.put(.strategy, in: text, into: &keyRecord.strategy, tooLong: .nameTooLong)
        } else {
            let strategy = defaultStrategy.bytes
            _ = putPadded(strategy.span, into: &keyRecord.strategy)
        }
    }

    private mutating func define(_ data: KeyData) {
        keyBytes.withBytes { keys.add($0) }
        keyData.append(data)
        bookStates[Int(data.book)].keyCount += 1
        hasKey = true
    }

    /// Letters, digits, `.`, `_` and `-`, because the name becomes a file's name.
    private func bookName(_ row: borrowing FillRow, _ text: Span<UInt8>) throws(FillProblem) -> String {
        let slice = row[.book]
        if !slice.isPresent { return string(defaultBook.bytes.span) }
        let name = text.extracting(slice.range)
        for index in name.indices {
            let byte = name[index]
            let isLetter = byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
            let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            let isInner = byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            if isLetter || isDigit || byte == UInt8(ascii: "_") || (isInner && index > 0) { continue }
            throw FillProblem(
                reason: .badBook, offset: slice.start + index,
                detail:
                    "the book \(quoted(name)) has \(spelled(byte)) here (letters, digits, '_' and, not at the"
                    + " start, '.' and '-' are allowed)")
        }
        return string(name)
    }

    // MARK: - Fields

    private func checkRequired(_ row: borrowing FillRow) throws(FillProblem) {
        for number in 0...FillField.price.rawValue {
            guard let field = FillField(rawValue: number), !row[field].isPresent else { continue }
            if field == .side && row.side != nil { continue }
            throw FillProblem(
                reason: .missingField, offset: row[field].start,
                detail: "\(row.name(of: field)) is missing or empty")
        }
    }

    private mutating func putNumbers(
        _ row: borrowing FillRow, _ text: Span<UInt8>, _ data: KeyData, line: Int
    ) throws(FillProblem) {
        let qty = try row.number(.qty, in: text, decimals: Int(data.qtyDecimals))
        if qty <= 0 {
            let words = qty == 0 ? "zero" : "negative (the side says the direction)"
            throw FillProblem(
                reason: qty == 0 ? .zeroQuantity : .negativeQuantity, offset: row[.qty].start,
                detail: "\(row.name(of: .qty)) is \(words)")
        }
        fillRecord.qty = qty
        fillRecord.price = try row.number(.price, in: text, decimals: Int(data.priceDecimals))
        fillRecord.fee = 0
        if row[.fee].isPresent {
            fillRecord.fee = try row.number(.fee, in: text, decimals: Int(data.feeDecimals))
        }
        if let eventNs = row.eventNs {
            fillRecord.event_ns = eventNs
        } else if row[.eventNs].isPresent {
            fillRecord.event_ns = try row.number(.eventNs, in: text, decimals: 0)
        } else {
            fillRecord.event_ns = Int64(line)
        }
    }

    /// What is rare about a fill: the lot that it closes, and a fee in a currency that is not the instrument's.
    private mutating func putExtension(
        _ row: borrowing FillRow, _ text: Span<UInt8>, _ data: KeyData
    ) throws(FillProblem) {
        extensionRecord = pks_extension_record()
        extensionRecord.kind = UInt8(PKS_KIND_EXTENSION)
        extensionRecord.handle = data.handle
        extensionRecord.source_ref = fillRecord.source_ref
        if row[.openTradeID].isPresent {
            try row.put(.openTradeID, in: text, into: &extensionRecord.open_trade_id, tooLong: .idTooLong)
            extensionRecord.flags |= UInt16(PKS_EXTENSION_OPEN_TRADE)
        }
        if row[.feeCurrency].isPresent && fillRecord.fee != 0 {
            try row.put(.feeCurrency, in: text, into: &extensionRecord.fee_currency, tooLong: .nameTooLong)
            if packed(text.extracting(row[.feeCurrency].range)) == data.currency {
                extensionRecord.fee_currency = (0, 0, 0, 0, 0, 0, 0, 0)
            } else {
                extensionRecord.flags |= UInt16(PKS_EXTENSION_FEE_CURRENCY)
            }
        }
        hasExtension = extensionRecord.flags != 0
        fillRecord.flags = hasExtension ? UInt16(PKS_FILL_EXTENDED) : 0
    }
}

/// Up to eight bytes in one word, for comparing currencies.
private func packed(_ text: Span<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    for index in text.indices { word = word << 8 | UInt64(text[index]) }
    return word
}
