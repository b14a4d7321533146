public import Accumulator
import CBusMessages
public import CSeqlock
import FillRecords

/// TradeBooked messages to records, one message at a time.
///
/// ```swift
/// let count = try decoder.decode(bytes)           // Poison: the message goes to the dead letters
/// for index in 0..<count {
///     try decoder.encode(index, reference: seq)   // FillReject: this fill is rejected, the others go on
///     if decoder.hasKey { ... decoder.keyRecord ... }
///     ... decoder.extensionRecord when hasExtension, decoder.fillRecord ...
/// }
/// ```
///
/// One thread. All memory for messages is reserved in `init`, and a message beyond it is poison; what is taken later
/// is for keys that come for the first time, for poison and for rejects. Handles count from 0 in the order in which
/// keys come, over all messages; the sender gives them the handles of its ring.
@safe
public struct TradeBookedDecoder: ~Copyable {
    /// The records of the fill that was encoded last. A KEY is there when the fill's key came for the first time.
    public var keyRecord: pks_key_record { encoder.keyRecord }
    /// As `keyRecord`, when `hasExtension`.
    public var extensionRecord: pks_extension_record { encoder.extensionRecord }
    /// The fill; its flags say that it has an extension.
    public var fillRecord: pks_fill_record { encoder.fillRecord }
    /// The fill that was encoded last has a key that was not seen before.
    public var hasKey: Bool { encoder.hasKey }
    /// The fill that was encoded last has an extension.
    public var hasExtension: Bool { encoder.hasExtension }
    /// Fills of the message that was decoded last; 0 after poison.
    public private(set) var fillCount = 0

    private let book: [UInt8]
    private let limits: MessageLimits
    private var arena: MessageArena
    private var encoder: FillEncoder
    private var row = FillRow()
    // SAFETY: nil, or what `arena` unpacked last, which lives as long as `self` and until the next message.
    private var message: UnsafeMutablePointer<Pks__Bus__V1__TradeBooked>?

    /// A decoder for the fills of one book, whose numbers have the decimals of `instruments`. Reserves its memory:
    /// about one and a half times the longest message, with the limits of the product.
    public init(book: String, instruments: InstrumentTable, limits: MessageLimits = MessageLimits()) {
        self.book = Array(book.utf8)
        self.limits = limits
        arena = MessageArena(capacityBytes: limits.arenaBytes)
        encoder = FillEncoder(
            book: book, account: "default", strategy: "default", instruments: instruments, booksMax: 1,
            keysMax: limits.keysMax)
        encoder.bookOpened(book, refusal: nil)
    }

    /// Unpacks and checks a message: of what it returns, each fill can be encoded. The bytes are needed during the
    /// call only. Throws what is wrong with the message as a whole, and then no fill of it can be encoded.
    public mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(Poison) -> Int {
        fillCount = 0
        unsafe message = nil
        // SAFETY: what unpacking gives is of the kind that was asked for, and lives until the next message.
        let booked = unsafe try arena.unpack(.tradeBooked, bytes, limits)
            .assumingMemoryBound(to: Pks__Bus__V1__TradeBooked.self)
        let count = unsafe booked.pointee.n_fills
        if count > limits.fillsMax {
            throw Poison(.tooManyFills, "\(count) fills; \(limits.fillsMax) is the most")
        }
        unsafe try arena.checkBook(booked.pointee.book, is: book)
        if count == 0 { throw Poison(.noFills, "no fill") }
        for index in 0..<count {
            // SAFETY: index < n_fills, and each place has a fill.
            if let fill = unsafe booked.pointee.fills[index] {
                unsafe try check(fill, MessagePlace(fill: index))
            }
        }
        unsafe message = booked
        fillCount = count
        return count
    }

    /// Makes the records of a fill of the message that was decoded last, below `fillCount`. `reference` is what they
    /// refer to it by, such as the message's place in its stream. Throws why it cannot be a record.
    public mutating func encode(_ index: Int, reference: UInt64) throws(FillReject) {
        precondition(index >= 0 && index < fillCount, "a fill of the message")
        // SAFETY: index < n_fills; the message lives until the next one.
        guard let fill = unsafe message?.pointee.fills[index] else { preconditionFailure("a fill is there") }
        unsafe place(fill)
        do throws(FillProblem) {
            let answer = try arena.withBytes { text throws(FillProblem) in
                try encoder.encode(row, text, line: 0, reference: reference)
            }
            guard case .records = answer else { preconditionFailure("the book was opened") }
        } catch {
            throw FillReject(reason: error.reason.rawValue, detail: error.detail)
        }
    }

    /// Lends a fill of the message that was decoded last, as it was unpacked.
    func withFill(_ index: Int, _ body: (UnsafePointer<Pks__Bus__V1__Fill>) -> Void) {
        precondition(index >= 0 && index < fillCount, "a fill of the message")
        // SAFETY: index < n_fills; the message lives until the next one.
        if let fill = unsafe message?.pointee.fills[index] { unsafe body(fill) }
    }

    // MARK: - Checks

    private mutating func check(
        _ fill: UnsafePointer<Pks__Bus__V1__Fill>, _ place: MessagePlace
    ) throws(Poison) {
        // SAFETY: a fill of the message at hand.
        unsafe self.place(fill)
        try arena.withBytes { bytes throws(Poison) in
            for number in 0..<FillField.count {
                guard let field = FillField(rawValue: number), field != .side, field != .eventNs else {
                    continue
                }
                let slice = row[field]
                guard slice.isPresent else {
                    if !field.isRequired { continue }
                    throw Poison(.missingField, "\(place)\(field.name) is missing or empty")
                }
                let text = bytes.extracting(slice.range)
                try checkText(text, field.name, of: place)
                if field.isNumber { try checkNumber(text, field.name, of: place) }
            }
        }
        if row.side == nil {
            let side = unsafe fill.pointee.side.rawValue
            throw Poison(.unknownSide, "\(place)side is \(side); SIDE_BUY or SIDE_SELL is expected")
        }
    }

    /// Says where the fill's fields stand in the arena's bytes.
    private mutating func place(_ fill: UnsafePointer<Pks__Bus__V1__Fill>) {
        // SAFETY (all of this function): a fill of the message at hand.
        row[.tradeID] = unsafe arena.slice(fill.pointee.trade_id)
        row[.orderID] = unsafe arena.slice(fill.pointee.order_id)
        row[.account] = unsafe arena.slice(fill.pointee.account)
        row[.strategy] = unsafe arena.slice(fill.pointee.strategy)
        row[.symbol] = unsafe arena.slice(fill.pointee.symbol)
        row[.qty] = unsafe arena.slice(fill.pointee.qty)
        row[.price] = unsafe arena.slice(fill.pointee.price)
        row[.fee] = unsafe arena.slice(fill.pointee.fee)
        row[.feeCurrency] = unsafe arena.slice(fill.pointee.fee_currency)
        row[.openTradeID] = unsafe arena.slice(fill.pointee.open_trade_id)
        row.eventNs = unsafe fill.pointee.event_ns
        row.side =
            switch unsafe fill.pointee.side {
            case PKS__BUS__V1__SIDE__SIDE_BUY: .buy
            case PKS__BUS__V1__SIDE__SIDE_SELL: .sell
            default: nil
            }
    }
}
