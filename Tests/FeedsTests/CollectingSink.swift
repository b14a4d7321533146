import CSeqlock
import Feeds
import Testing

/// A fill as its records say it, with its key's names in place of the handle.
struct SentFill: Equatable {
    var book = "main"
    var account = "default"
    var strategy = "default"
    var symbol = ""
    var tradeID = ""
    var orderID = ""
    var isBuy = true
    var qty: Int64 = 0
    var price: Int64 = 0
    var fee: Int64 = 0
    var eventNs: Int64 = 0
    var openTradeID: String?
    var feeCurrency: String?
    var file: UInt64 = 0
    var line: UInt64 = 0
}

/// Takes everything a feed sends and checks its protocol: handles are defined once, before they are used, and
/// an EXTENSION comes directly before its FILL.
struct CollectingSink: FillSink {
    private(set) var fills: [SentFill] = []
    private(set) var rejects: [FeedReject] = []
    private(set) var keys: [pks_key_record] = []
    private(set) var books: [String] = []
    private(set) var progressCount = 0
    /// Why a book is refused, by name.
    var refusals: [String: String] = [:]
    /// Stops the feed after so many fills.
    var fillsMax = Int.max

    private var keysByBook: [[pks_key_record]] = []
    private var pending: (book: Int, record: pks_extension_record)?

    mutating func openBook(_ name: String, index: Int) -> String? {
        #expect(index == books.count)
        books.append(name)
        keysByBook.append([])
        return refusals[name]
    }

    mutating func send(_ record: UnsafeRawPointer, book: Int) -> Bool {
        // SAFETY: the feed lends 128 bytes, aligned to 8, for the call.
        switch Int32(unsafe record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            let key = unsafe record.load(as: pks_key_record.self)
            check(Int(key.handle) == keysByBook[book].count, "handles count up")
            check(pending == nil, "an EXTENSION before its FILL only")
            keysByBook[book].append(key)
            keys.append(key)
        case PKS_KIND_EXTENSION:
            check(pending == nil, "one EXTENSION a FILL")
            pending = (book, unsafe record.load(as: pks_extension_record.self))
        default:
            take(unsafe record.load(as: pks_fill_record.self), book: book)
        }
        return fills.count < fillsMax
    }

    mutating func reject(_ reject: FeedReject) -> Bool {
        rejects.append(reject)
        return true
    }

    mutating func progress(_ progress: FeedProgress) { progressCount += 1 }

    private mutating func take(_ fill: pks_fill_record, book: Int) {
        check(Int32(fill.kind) == PKS_KIND_FILL, "a kind of record that feeds send")
        guard Int(fill.handle) < keysByBook[book].count else {
            Issue.record("a FILL before its KEY")
            return
        }
        let key = keysByBook[book][Int(fill.handle)]
        var sent = SentFill(
            book: books[book], account: text(key.account), strategy: text(key.strategy),
            symbol: text(key.symbol), tradeID: text(fill.trade_id), orderID: text(fill.order_id),
            isBuy: Int32(fill.side) == PKS_SIDE_BUY, qty: fill.qty, price: fill.price, fee: fill.fee,
            eventNs: fill.event_ns, file: fill.source_ref >> 48, line: fill.source_ref & 0xffff_ffff_ffff)
        check(sent.isBuy || Int32(fill.side) == PKS_SIDE_SELL, "a side")
        check((fill.flags == PKS_FILL_EXTENDED) == (pending != nil), "an EXTENSION and its flag")
        if let (extensionBook, record) = pending {
            check(extensionBook == book && record.handle == fill.handle, "of the same key")
            check(record.source_ref == fill.source_ref && record.flags != 0, "of the same row")
            if Int32(record.flags) & PKS_EXTENSION_OPEN_TRADE != 0 {
                sent.openTradeID = text(record.open_trade_id)
            }
            if Int32(record.flags) & PKS_EXTENSION_FEE_CURRENCY != 0 {
                sent.feeCurrency = text(record.fee_currency)
            }
        }
        pending = nil
        fills.append(sent)
    }

    /// As `#expect`, which is too slow for every record.
    private func check(_ holds: Bool, _ what: Comment) {
        if !holds { Issue.record(what) }
    }

    /// A padded field as a string; what follows the first NUL must be NUL.
    private func text<Field: BitwiseCopyable>(_ field: Field) -> String {
        // SAFETY: the bytes are a copy that lives for the closure.
        unsafe withUnsafeBytes(of: field) { bytes in
            let end = unsafe bytes.firstIndex(of: 0) ?? bytes.count
            check(unsafe bytes[end...].allSatisfy { $0 == 0 }, "padded with NUL")
            return unsafe String(decoding: bytes[..<end], as: UTF8.self)
        }
    }
}
