/// One symbol of the synthetic market: its grid of prices and quantities, and where its price is.
struct SyntheticSymbol {
    let name: String
    /// Decimals that its prices are printed with at most.
    let priceDecimals: Int
    let qtyDecimals: Int
    /// The smallest step of the price, in units of 10^-priceDecimals.
    let tick: Int64
    /// The smallest quantity, in units of 10^-qtyDecimals.
    let qtyStep: Int64
    /// Fee of a taker in millionths of the value; makers get a fifth of it back.
    let feeMillionths: Int64
    private(set) var price: Int64

    /// Moves the price by a few ticks either way and returns it. It never falls below one tick here: that a
    /// price may be negative is for tests to show, not for a demonstration.
    mutating func step(_ random: inout SplitMix) -> Int64 {
        let ticks = Int64(random.below(7)) - 3
        let moved = price + ticks * tick
        price = moved < tick ? tick : moved
        return price
    }

    /// A quantity: mostly small, now and then large.
    func quantity(_ random: inout SplitMix) -> Int64 {
        let exponent = random.below(8)
        return qtyStep * (1 + Int64(random.below(1 << exponent)))
    }

    /// A few kinds of instruments that differ in every scale: name, price decimals and price, tick, quantity
    /// decimals and step, fee.
    private static let kinds: [SyntheticSymbol] = [
        SyntheticSymbol("BTCUSDT", 2, 6_183_763, 1, 5, 10, 400),
        SyntheticSymbol("ETHUSDT", 2, 268_380, 1, 4, 10, 400),
        SyntheticSymbol("EURUSD", 5, 109_214, 1, 0, 1000, 20),
        SyntheticSymbol("AAPL", 2, 21_327, 1, 0, 1, 50),
        SyntheticSymbol("XRPUSDT", 4, 6_120, 1, 1, 1, 400),
        SyntheticSymbol("ESZ4", 2, 534_275, 25, 0, 1, 5),
        SyntheticSymbol("DOGEUSDT", 5, 10_254, 1, 0, 1, 400),
        SyntheticSymbol("PEPEUSDT", 8, 812, 1, 0, 1000, 400),
    ]

    private init(
        _ name: String, _ priceDecimals: Int, _ price: Int64, _ tick: Int64, _ qtyDecimals: Int,
        _ qtyStep: Int64, _ feeMillionths: Int64
    ) {
        self.name = name
        self.priceDecimals = priceDecimals
        self.price = price
        self.tick = tick
        self.qtyDecimals = qtyDecimals
        self.qtyStep = qtyStep
        self.feeMillionths = feeMillionths
    }

    /// The first `count` symbols: the kinds in turn, numbered from the second round on.
    static func symbols(_ count: Int) -> [SyntheticSymbol] {
        (0..<count).map { index in
            let kind = kinds[index % kinds.count]
            let round = index / kinds.count
            let name = round == 0 ? kind.name : "\(kind.name)-\(round + 1)"
            return SyntheticSymbol(
                name, kind.priceDecimals, kind.price, kind.tick, kind.qtyDecimals, kind.qtyStep,
                kind.feeMillionths)
        }
    }
}
