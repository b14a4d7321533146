extension Position {
    /// The instrument's currency; empty when not stated. Allocates nothing.
    public var currencyText: String { OtherFeeKey(handle: 0, currency: currency).currencyText }
}
