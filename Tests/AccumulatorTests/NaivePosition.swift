import LotMatching
import TestSupport

/// One open lot of the oracle.
struct NaiveLot {
    var openSeq: UInt64
    var qtyOpen: Int64
    var remaining: Int64
    var fill: NaiveFill
}

/// The pooled lot of the `average` method.
struct NaivePool {
    var openSeq: UInt64
    var qtyOpen: Int64
    var fill: NaiveFill
}

/// A position of the oracle: lists and whole numbers of any size.
struct NaivePosition {
    let terms: Terms
    var bought: BigInteger = 0
    var sold: BigInteger = 0
    var fees: BigInteger = 0
    var realized: BigInteger = 0
    /// Signed, with the multiplier.
    var openCost: BigInteger = 0
    /// Open lots, the one that closes next first.
    var lots: [NaiveLot] = []
    var pool: NaivePool?
    var last: NaiveFill?
    var isLate = false
    var appliedSeq: UInt64 = 0
    var fillCount: UInt64 = 0

    /// What does not change over a position's life.
    struct Terms {
        var method: LotMethod
        var priceDecimals = 8
        var qtyDecimals = 8
        var feeDecimals = 8
        var multiplier: Int64 = 1
        var multiplierDecimals = 0
        var currency = ""
    }

    init(_ terms: Terms) { self.terms = terms }

    var net: BigInteger { bought - sold }
    var isAverage: Bool { terms.method == .average }
    var openLotCount: Int { isAverage ? (net == 0 ? 0 : 1) : lots.count }

    var lotsInOpeningOrder: [NaiveLot] { lots.sorted { $0.openSeq < $1.openSeq } }

    func value(_ price: Int64, _ qty: Int64) -> BigInteger {
        BigInteger(price) * BigInteger(qty) * BigInteger(terms.multiplier)
    }

    /// What the open lots say the open cost is; it must be what the sums say.
    var costOfLots: BigInteger {
        lots.reduce(0) { sum, lot in
            let cost = value(lot.fill.price, lot.remaining)
            return sum + (net < 0 ? -cost : cost)
        }
    }

    /// Opens a lot at the place where its method will find it in time.
    mutating func insert(_ lot: NaiveLot) {
        let place: Int?
        switch terms.method {
        case .fifo: place = nil
        case .lifo: place = 0
        case .hifo: place = lots.firstIndex { $0.fill.price < lot.fill.price }
        case .lofo: place = lots.firstIndex { $0.fill.price > lot.fill.price }
        case .average: preconditionFailure("average has a pool")
        }
        lots.insert(lot, at: place ?? lots.count)
    }

    /// Takes from the lot with this opening number.
    mutating func take(_ qty: Int64, from openSeq: UInt64) {
        guard let index = lots.firstIndex(where: { $0.openSeq == openSeq }) else {
            preconditionFailure("the oracle takes from a lot that is not open")
        }
        lots[index].remaining -= qty
        if lots[index].remaining == 0 { lots.remove(at: index) }
    }
}
