public import LotMatching

/// Static data of one instrument. Symbols without any get the book's defaults.
public struct Instrument: Sendable, Equatable {
    /// The symbol as feeds and keys spell it, at most 48 bytes of UTF-8.
    public var symbol: String
    /// Decimals of prices, 0...18.
    public var priceDecimals: Int
    /// Decimals of quantities, 0...18.
    public var qtyDecimals: Int
    /// Decimals of fees, 0...18.
    public var feeDecimals: Int
    /// Contract multiplier, > 0, in units of 10^-multiplierDecimals.
    public var multiplier: Int64
    /// Decimals of the multiplier, 0...18.
    public var multiplierDecimals: Int
    /// Currency of prices, fees and P&L, at most 8 bytes; empty when not stated.
    public var currency: String
    /// The class that a book may override the method for ("future", "spot"); empty when not stated.
    public var instrumentClass: String
    /// This instrument's own method, before the class's and the book's.
    public var method: LotMethod?

    /// An instrument with the product's defaults: 8 decimals for all, multiplier 1.
    public init(
        symbol: String, priceDecimals: Int = 8, qtyDecimals: Int = 8, feeDecimals: Int = 8,
        multiplier: Int64 = 1, multiplierDecimals: Int = 0, currency: String = "",
        instrumentClass: String = "", method: LotMethod? = nil
    ) {
        self.symbol = symbol
        self.priceDecimals = priceDecimals
        self.qtyDecimals = qtyDecimals
        self.feeDecimals = feeDecimals
        self.multiplier = multiplier
        self.multiplierDecimals = multiplierDecimals
        self.currency = currency
        self.instrumentClass = instrumentClass
        self.method = method
    }
}

/// Instruments by symbol, with the defaults for the rest. Read-only once a book uses it; not for the hot
/// path (a dictionary of strings).
public struct InstrumentTable: Sendable {
    /// What a symbol without data of its own gets (its `symbol` is replaced).
    public var defaults: Instrument
    /// Methods by instrument class, between the instrument's own and the book's.
    public var methodByClass: [String: LotMethod]
    private var bySymbol: [String: Instrument]

    /// A table that knows no symbol yet.
    public init(defaults: Instrument = Instrument(symbol: ""), methodByClass: [String: LotMethod] = [:]) {
        self.defaults = defaults
        self.methodByClass = methodByClass
        self.bySymbol = [:]
    }

    /// Adds or replaces the data of one symbol. Returns false when the symbol was there already.
    @discardableResult
    public mutating func add(_ instrument: Instrument) -> Bool {
        bySymbol.updateValue(instrument, forKey: instrument.symbol) == nil
    }

    /// The symbols that have data of their own, sorted. Allocates.
    public var all: [Instrument] { bySymbol.values.sorted { $0.symbol < $1.symbol } }

    /// The data of a symbol, or the defaults under its name.
    public func instrument(for symbol: String) -> Instrument {
        if let known = bySymbol[symbol] { return known }
        var instrument = defaults
        instrument.symbol = symbol
        return instrument
    }

    /// The method of a symbol: its own, else its class's, else `bookMethod`.
    public func method(for symbol: String, bookMethod: LotMethod) -> LotMethod {
        let instrument = instrument(for: symbol)
        return instrument.method ?? methodByClass[instrument.instrumentClass] ?? bookMethod
    }
}
