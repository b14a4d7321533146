import LotMatching
import TestSupport

/// What must fit where. A fill that breaks any of these is refused whole.
enum Limit: String, CaseIterable {
    case bought, sold, fees, otherFees
    /// Closing price x quantity x multiplier of one match.
    case closingValue
    /// Price x quantity x multiplier of what a fill opens.
    case openingValue
    /// The P&L of one match.
    case matchPnl
    case realizedPnl, openCost
}

/// What a fill would do to a position, worked out on paper before anything is touched.
struct NaiveMove {
    /// A lot, as it was, and what is taken from it.
    struct Taking {
        var lot: NaiveLot
        var taken: Int64
        var pnl: BigInteger
    }

    /// The fill; its fee is what of it is in the instrument's currency.
    let fill: NaiveFill
    /// The position that the fill meets, without its lots once the move is worked out.
    private(set) var before: NaivePosition
    /// Closes lots of the other side.
    let closing: Int64
    /// Opens a lot on its own side.
    let opening: Int64
    private(set) var takings: [Taking] = []
    /// `average`: what the close takes out of the pool, and its P&L.
    private(set) var poolTaken: BigInteger = 0
    private(set) var poolPnl: BigInteger = 0
    private(set) var broken: Set<Limit> = []
    private(set) var bought: BigInteger
    private(set) var sold: BigInteger
    private(set) var fees: BigInteger
    private(set) var realized: BigInteger
    private(set) var openCost: BigInteger

    /// The move of `fill`. With `named` it closes that lot and no other.
    init(_ fill: NaiveFill, before: NaivePosition, named: NaiveLot? = nil) {
        self.fill = fill
        self.before = before
        let net = before.net
        let opposes = net != 0 && (net > 0) != fill.isBuy
        closing = opposes ? Int64(exactly: min(BigInteger(fill.qty), net.magnitude)) ?? 0 : 0
        opening = fill.qty - closing
        bought = before.bought + (fill.isBuy ? BigInteger(fill.qty) : 0)
        sold = before.sold + (fill.isBuy ? 0 : BigInteger(fill.qty))
        fees = before.fees + BigInteger(fill.fee)
        realized = before.realized
        openCost = before.openCost
        if closing > 0 {
            if before.isAverage { closePool() } else { closeLots(named) }
        }
        if opening > 0 {
            let value = before.value(fill.price, opening)
            note(.openingValue, value, bits: 128)
            openCost += fill.isBuy ? value : -value
        }
        note(.bought, bought, bits: 64)
        note(.sold, sold, bits: 64)
        note(.fees, fees, bits: 64)
        note(.realizedPnl, realized, bits: 128)
        note(.openCost, openCost, bits: 128)
        // A second owner of the list would make every change of it a copy.
        self.before.lots = []
    }

    var closesLong: Bool { !fill.isBuy }
    var netAfter: BigInteger { bought - sold }

    private mutating func note(_ limit: Limit, _ value: BigInteger, bits: Int) {
        if !value.fits(bits: bits) { broken.insert(limit) }
    }

    private mutating func closeLots(_ named: NaiveLot?) {
        var left = closing
        for lot in named.map({ [$0] }) ?? before.lots {
            if left == 0 { break }
            let taken = min(left, lot.remaining)
            left -= taken
            let received = before.value(fill.price, taken)
            let paid = before.value(lot.fill.price, taken)
            let pnl = closesLong ? received - paid : paid - received
            takings.append(Taking(lot: lot, taken: taken, pnl: pnl))
            note(.closingValue, received, bits: 128)
            note(.matchPnl, pnl, bits: 128)
            realized += pnl
            openCost -= closesLong ? paid : -paid
        }
    }

    /// The contract's words: a reduction of q out of Q takes cost x q/Q, rounded half-even.
    private mutating func closePool() {
        poolTaken = (before.openCost * BigInteger(closing)).dividedHalfEven(by: before.net.magnitude)
        let received = before.value(fill.price, closing)
        poolPnl = (closesLong ? received : -received) - poolTaken
        note(.closingValue, received, bits: 128)
        note(.matchPnl, poolPnl, bits: 128)
        realized += poolPnl
        openCost -= poolTaken
    }

    /// Makes `position`, which the move was worked out for, what it is after the fill.
    func carryOut(on position: inout NaivePosition, seq: UInt64, isLate: Bool) {
        for taking in takings { position.take(taking.taken, from: taking.lot.openSeq) }
        if before.isAverage {
            position.pool = poolAfter(seq: seq)
        } else if opening > 0 {
            position.insert(NaiveLot(openSeq: seq, qtyOpen: opening, remaining: opening, fill: fill))
        }
        (position.bought, position.sold, position.fees) = (bought, sold, fees)
        (position.realized, position.openCost) = (realized, openCost)
        (position.last, position.isLate, position.appliedSeq) = (fill, isLate, seq)
        position.fillCount += 1
    }

    func poolAfter(seq: UInt64) -> NaivePool? {
        if netAfter == 0 { return nil }
        guard opening > 0 else { return before.pool }
        if closing == 0, var grown = before.pool {
            grown.qtyOpen += opening
            return grown
        }
        return NaivePool(openSeq: seq, qtyOpen: opening, fill: fill)
    }
}
