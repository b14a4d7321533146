public import CSeqlock

/// Whether an execution bought or sold.
public enum FillSide: UInt8, Sendable {
    /// Adds to the net quantity.
    case buy = 1
    /// Takes from it.
    case sell = 2
}

extension pks_fill_record {
    /// A fill without ids: a trade id is to follow. Numbers are in units of 10^-decimals of the handle's key;
    /// `qty` is above zero, `price` may have any sign, a negative `fee` is a rebate. `eventNs` is the time of the
    /// execution, `sourceRef` the producer's own reference. Allocates nothing.
    public init(
        _ side: FillSide, handle: UInt32, qty: Int64, price: Int64, fee: Int64 = 0, eventNs: Int64 = 0,
        sourceRef: UInt64 = 0
    ) {
        self.init()
        kind = UInt8(PKS_KIND_FILL)
        self.side = side.rawValue
        self.handle = handle
        self.qty = qty
        self.price = price
        self.fee = fee
        event_ns = eventNs
        source_ref = sourceRef
    }

    /// States the trade id. False, and nothing changed, when it is empty, longer than 40 bytes, or has a NUL.
    /// Allocates nothing for native strings.
    public mutating func setTradeID(_ text: String) -> Bool {
        !text.isEmpty && storeText(text, in: &trade_id)
    }

    /// States the order id; an empty one is fine. False, and nothing changed, when it does not fit.
    public mutating func setOrderID(_ text: String) -> Bool { storeText(text, in: &order_id) }
}

extension pks_extension_record {
    /// What is rare about a fill: the lot that it closes, and a fee in another currency than the instrument's.
    /// Nil when a text is longer than its field.
    public init?(handle: UInt32, openTradeID: String? = nil, feeCurrency: String? = nil) {
        self.init()
        kind = UInt8(PKS_KIND_EXTENSION)
        self.handle = handle
        if let openTradeID {
            guard storeText(openTradeID, in: &open_trade_id) else { return nil }
            flags |= UInt16(PKS_EXTENSION_OPEN_TRADE)
        }
        if let feeCurrency {
            guard storeText(feeCurrency, in: &fee_currency) else { return nil }
            flags |= UInt16(PKS_EXTENSION_FEE_CURRENCY)
        }
    }
}

extension pks_key_record {
    /// A key of these names and decimals. Nil when a name is empty, longer than its field or has a NUL, or when
    /// decimals are not in 0...18.
    public init?(
        account: String, strategy: String, symbol: String, priceDecimals: Int = 8, qtyDecimals: Int = 8,
        feeDecimals: Int = 8
    ) {
        self.init()
        kind = UInt8(PKS_KIND_KEY)
        guard !account.isEmpty, !strategy.isEmpty, !symbol.isEmpty, (0...18).contains(priceDecimals),
            (0...18).contains(qtyDecimals), (0...18).contains(feeDecimals),
            storeText(account, in: &self.account), storeText(strategy, in: &self.strategy),
            storeText(symbol, in: &self.symbol)
        else { return nil }
        price_decimals = UInt8(priceDecimals)
        qty_decimals = UInt8(qtyDecimals)
        fee_decimals = UInt8(feeDecimals)
    }
}

/// Copies text into a fixed field and clears its rest; false, and nothing changed, when it does not fit.
private func storeText<Field: BitwiseCopyable>(_ text: String, in field: inout Field) -> Bool {
    // SAFETY: the bytes of `field` are exclusively ours for the closure, and indices stay below their count.
    unsafe withUnsafeMutableBytes(of: &field) { bytes in
        let utf8 = text.utf8
        if utf8.count > bytes.count || utf8.contains(0) { return false }
        var place = 0
        for byte in utf8 {
            unsafe bytes[place] = byte
            place += 1
        }
        while place < bytes.count {
            unsafe bytes[place] = 0
            place += 1
        }
        return true
    }
}
