import CBusMessages
public import CSeqlock

/// Records to TradeBooked messages: what a producer for tests, demos and bulk import sends. One thread. All memory is
/// reserved in `init`.
///
/// ```swift
/// while encoder.add(fill, extension: nil, key: key) == false { send(encoder.finish()) }
/// if encoder.fillCount > 0 { send(encoder.finish()) }
/// ```
@safe
public struct TradeBookedEncoder: ~Copyable {
    /// Fills of the message that is being made.
    public private(set) var fillCount = 0

    private let book: [UInt8]
    private let fillsMax: Int
    private let bytesMax: Int
    private var builder: MessageBuilder
    // SAFETY (both): fillsMax places, allocated in init and freed in deinit; the first fillCount are initialised, and
    // each pointer is to its fill.
    private let fills: UnsafeMutablePointer<Pks__Bus__V1__Fill>
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Pks__Bus__V1__Fill>?>

    /// The most that the texts of one fill take, and what a fill takes beside them.
    private static let fillTextBytesMax = 1024
    private static let fillFrameBytesMax = 64

    /// An encoder for a book's fills, with at most so many in a message, and messages of at most so many bytes.
    public init(book: String, fillsMax: Int = 1, bytesMax: Int = 1 << 20) {
        precondition(fillsMax > 0 && bytesMax >= 1024)
        self.book = Array(book.utf8)
        self.fillsMax = fillsMax
        self.bytesMax = bytesMax
        builder = MessageBuilder(
            textBytesMax: min(bytesMax, fillsMax * Self.fillTextBytesMax + self.book.count))
        unsafe fills = .allocate(capacity: fillsMax)
        unsafe pointers = .allocate(capacity: fillsMax)
        begin()
    }

    deinit {
        unsafe fills.deallocate()
        unsafe pointers.deallocate()
    }

    // SAFETY: empty until the first message begins, then the builder's.
    private var bookText: ProtobufCBinaryData = unsafe ProtobufCBinaryData()

    private mutating func begin() {
        builder.clear()
        fillCount = 0
        // SAFETY: the text stays in the builder until the next message begins.
        unsafe bookText = builder.text(book)
    }

    /// Adds a fill of a key, with its extension when it has one. False, and nothing added, when the message is full.
    public mutating func add(
        _ record: pks_fill_record, extension extended: pks_extension_record?, key: pks_key_record
    ) -> Bool {
        let frames = (fillCount + 1) * Self.fillFrameBytesMax
        let isFull =
            fillCount == fillsMax || builder.textRoom < Self.fillTextBytesMax
            || builder.textBytes + Self.fillTextBytesMax + frames > bytesMax
        if isFull && fillCount > 0 { return false }
        // SAFETY (all of this function): fillCount < fillsMax; texts stay in the builder until the next message.
        let fill = unsafe fills + fillCount
        unsafe fill.initialize(to: Pks__Bus__V1__Fill())
        unsafe pks__bus__v1__fill__init(fill)
        unsafe fill.pointee.trade_id = builder.text(padded: record.trade_id)
        unsafe fill.pointee.order_id = builder.text(padded: record.order_id)
        unsafe fill.pointee.account = builder.text(padded: key.account)
        unsafe fill.pointee.strategy = builder.text(padded: key.strategy)
        unsafe fill.pointee.symbol = builder.text(padded: key.symbol)
        unsafe fill.pointee.side = Pks__Bus__V1__Side(UInt32(record.side))
        unsafe fill.pointee.qty = builder.number(record.qty, decimals: Int(key.qty_decimals))
        unsafe fill.pointee.price = builder.number(record.price, decimals: Int(key.price_decimals))
        unsafe fill.pointee.fee = builder.number(record.fee, decimals: Int(key.fee_decimals))
        unsafe fill.pointee.event_ns = record.event_ns
        if let extended {
            if Int32(extended.flags) & PKS_EXTENSION_FEE_CURRENCY != 0 {
                unsafe fill.pointee.fee_currency = builder.text(padded: extended.fee_currency)
            }
            if Int32(extended.flags) & PKS_EXTENSION_OPEN_TRADE != 0 {
                unsafe fill.pointee.open_trade_id = builder.text(padded: extended.open_trade_id)
            }
        }
        unsafe (pointers + fillCount).initialize(to: fill)
        fillCount += 1
        return true
    }

    /// The message of the fills that were added, valid until the next call. The next fill begins a new one.
    public mutating func finish() -> UnsafeRawBufferPointer {
        precondition(fillCount > 0, "a TradeBooked has a fill")
        // SAFETY (all of this function): the message is a local; it points at texts and fills of this encoder.
        var message = unsafe Pks__Bus__V1__TradeBooked()
        unsafe pks__bus__v1__trade_booked__init(&message)
        unsafe message.book = bookText
        unsafe message.n_fills = fillCount
        unsafe message.fills = pointers
        unsafe builder.pack(&message)
        begin()
        return unsafe builder.bytes
    }
}
