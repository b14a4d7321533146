import FixedPoint

/// What `pks generate` was asked for.
struct GeneratorOptions {
    var seed: UInt64 = 1
    var symbols = 8
    var accounts = 2
    var strategies = 2
    /// Books that rows name; 0 leaves the column out.
    var books = 0
    /// Of all rows: repeats of an earlier fill, without and with other economics.
    var duplicates = 0.0
    var conflicts = 0.0
    /// Of the new fills: those that come late, and those that take a position through zero.
    var late = 0.0
    var flips = 0.02
}

/// One synthetic fill.
struct SyntheticFill {
    var number = 0
    var order = 0
    var key = 0
    var isBuy = false
    var qty: Int64 = 0
    var price: Int64 = 0
    /// 8 decimals.
    var fee: Int64 = 0
    var eventNs: Int64 = 0
}

/// Makes fills one after the other. Integers only: the same options give the same fills everywhere.
struct FillGenerator {
    /// Who trades what: the parts of a key, by key number.
    struct Key {
        let book: Int
        let account: Int
        let strategy: Int
        let symbol: Int
    }

    private(set) var symbols: [SyntheticSymbol]
    private(set) var keys: [Key] = []
    private var random: SplitMix
    private var net: [Int64]
    private var recent: [SyntheticFill] = []
    private var nextNumber = 1
    private var nextOrder = 1
    private var clockNs: Int64 = 1_735_689_600_000_000_000  // 2025-01-01

    private let duplicates: UInt64
    private let conflicts: UInt64
    private let late: UInt64
    private let flips: UInt64
    private static let recentMax = 4096
    private static let feeDecimals = 8

    init(_ options: GeneratorOptions) {
        symbols = SyntheticSymbol.symbols(options.symbols)
        random = SplitMix(seed: options.seed)
        duplicates = SplitMix.threshold(options.duplicates)
        conflicts = SplitMix.threshold(options.conflicts)
        late = SplitMix.threshold(options.late)
        flips = SplitMix.threshold(options.flips)
        for book in 0..<max(1, options.books) {
            for account in 0..<options.accounts {
                for strategy in 0..<options.strategies {
                    for symbol in 0..<options.symbols {
                        keys.append(Key(book: book, account: account, strategy: strategy, symbol: symbol))
                    }
                }
            }
        }
        net = Array(repeating: 0, count: keys.count)
    }

    /// The next row.
    mutating func next() -> SyntheticFill {
        if !recent.isEmpty {
            if random.isBelow(duplicates) { return recent[random.below(recent.count)] }
            if random.isBelow(conflicts) { return conflicting() }
        }
        let fill = newFill()
        if recent.count < Self.recentMax {
            recent.append(fill)
        } else {
            recent[fill.number % Self.recentMax] = fill
        }
        return fill
    }

    /// An earlier fill with another quantity: the same ids, other economics.
    private mutating func conflicting() -> SyntheticFill {
        var fill = recent[random.below(recent.count)]
        fill.qty += symbols[keys[fill.key].symbol].qtyStep
        return fill
    }

    private mutating func newFill() -> SyntheticFill {
        var fill = SyntheticFill()
        fill.number = nextNumber
        nextNumber += 1
        // An order is filled in one to four parts.
        if random.below(4) == 0 || nextOrder == 1 { nextOrder += 1 }
        fill.order = nextOrder - 1
        fill.key = random.below(keys.count)
        let symbol = keys[fill.key].symbol
        fill.price = symbols[symbol].step(&random)
        fill.qty = symbols[symbol].quantity(&random)
        fill.isBuy = random.below(2) == 0
        if net[fill.key] != 0 && random.isBelow(flips) {
            fill.isBuy = net[fill.key] < 0
            fill.qty += Int64(net[fill.key].magnitude)
        }
        net[fill.key] += fill.isBuy ? fill.qty : -fill.qty
        fill.fee = fee(fill.qty, fill.price, symbols[symbol])
        clockNs += 1 + Int64(random.below(2_000_000))
        fill.eventNs = clockNs
        if random.isBelow(late) { fill.eventNs -= Int64(6_000_000_000 + random.below(600_000_000) * 1000) }
        return fill
    }

    /// The fee of a taker, or, one time in five, the rebate of a maker; cut to its decimals.
    private mutating func fee(_ qty: Int64, _ price: Int64, _ symbol: SyntheticSymbol) -> Int64 {
        let isMaker = random.below(5) == 0
        let rate = isMaker ? -(symbol.feeMillionths / 5) : symbol.feeMillionths
        // value x rate / 10^6, from the scale of price and quantity to that of fees.
        let decimals = symbol.priceDecimals + symbol.qtyDecimals + 6
        var fee = Price(units: price).times(Quantity(units: qty)) * Int128(rate)
        for _ in 0..<max(0, decimals - Self.feeDecimals) { fee /= 10 }
        for _ in 0..<max(0, Self.feeDecimals - decimals) { fee *= 10 }
        return Int64(clamping: fee)
    }
}
