import Accumulator
import CSeqlock
import FixedPoint
import LotMatching
import TestSupport

/// A case carried out: book and oracle side by side, then the figures as exact fractions.
struct TruthRun: ~Copyable {
    struct BadNumber: Error { let text: String }

    private struct Decimals {
        var price: Int
        var qty: Int
        var fee: Int
        var multiplier: Int
    }

    let truth: TruthCase
    private(set) var rejects: [RejectReason] = []
    private var duel: Duel
    private let decimals: Decimals
    private var matches: [Effect] = []

    private init(_ truth: TruthCase, _ decimals: Decimals, _ duel: consuming Duel) {
        self.truth = truth
        self.decimals = decimals
        self.duel = duel
    }

    /// Book and oracle with the one key of the case, nothing applied yet.
    static func begin(_ truth: TruthCase) throws -> TruthRun {
        guard let method = truth.lotMethod else { throw BadNumber(text: truth.method) }
        // At least the defaults; more where the case has more.
        let decimals = Decimals(
            price: max(8, truth.fills.map { Self.decimals($0.price) }.max() ?? 0),
            qty: max(8, truth.fills.map { Self.decimals($0.qty) }.max() ?? 0),
            fee: max(8, truth.fills.map { Self.decimals($0.fee) }.max() ?? 0),
            multiplier: Self.decimals(truth.multiplier))
        var terms = NaivePosition.Terms(
            method: method, priceDecimals: decimals.price, qtyDecimals: decimals.qty,
            feeDecimals: decimals.fee)
        terms.multiplier = try Self.units(truth.multiplier, decimals.multiplier)
        terms.multiplierDecimals = decimals.multiplier
        var instruments = InstrumentTable()
        instruments.add(
            Instrument(
                symbol: "SYM", priceDecimals: decimals.price, qtyDecimals: decimals.qty,
                feeDecimals: decimals.fee, multiplier: terms.multiplier,
                multiplierDecimals: decimals.multiplier))
        let config = BookConfig(
            method: method, instruments: instruments, positionsMax: 1, lotsMax: 1024, identitiesMax: 1024)
        var duel = Duel(config)
        let key = Records.key(
            priceDecimals: UInt8(decimals.price), qtyDecimals: UInt8(decimals.qty),
            feeDecimals: UInt8(decimals.fee))
        _ = try duel.define(key, terms)
        return TruthRun(truth, decimals, duel)
    }

    /// Applies the fills in the order of the case.
    mutating func play() throws {
        for (index, fill) in truth.fills.enumerated() {
            let record = Records.fill(
                fill.tradeID, buy: fill.side == "BUY", qty: try Self.units(fill.qty, decimals.qty),
                price: try Self.units(fill.price, decimals.price),
                fee: try Self.units(fill.fee, decimals.fee),
                eventNs: Int64(index))
            try duel.apply(record)
            matches += duel.effects.filter { $0.kind == .match }
            rejects += duel.effects.filter { $0.kind == .reject }
                .compactMap { RejectReason(rawValue: $0.reason) }
        }
        try duel.compareAll()
    }

    private var slot: pks_position {
        // SAFETY: the one key is handle 0.
        unsafe duel.book.position(0).pointee.slot
    }

    private var moneyDecimals: Int { decimals.price + decimals.qty + decimals.multiplier }

    private func money(_ units: Int128) -> Rational { Rational(BigInteger(units), decimals: moneyDecimals) }

    var netQty: Rational { Rational(BigInteger(slot.net_qty), decimals: decimals.qty) }

    var realizedPnl: Rational {
        // SAFETY: as for `slot`.
        money(unsafe duel.book.position(0).pointee.realizedPnl)
    }

    /// open cost / (net x multiplier); nil when flat.
    func averagePrice() throws -> Rational? {
        if slot.net_qty == 0 { return nil }
        // SAFETY: as for `slot`.
        let cost = money(unsafe duel.book.position(0).pointee.openCost)
        return cost / (netQty * (try Self.number(truth.multiplier)))
    }

    /// By the convention of the case; nil when it is not one of ours.
    var realizedPnlNetOfFees: Rational? {
        switch truth.feeConvention {
        case "none": realizedPnl
        case "immediate": realizedPnl - Rational(BigInteger(slot.fees), decimals: decimals.fee)
        case "matched": realizedPnl - matchedFees
        default: nil
        }
    }

    /// Of each match, the parts of both fills' fees that belong to the matched quantity.
    private var matchedFees: Rational {
        matches.reduce(Rational(0)) { sum, match in
            let opened = Rational(
                BigInteger(match.fee) * BigInteger(match.qty), over: BigInteger(match.feeQty.open))
            let closed = Rational(
                BigInteger(match.closeFee) * BigInteger(match.qty), over: BigInteger(match.feeQty.close))
            return sum + (opened + closed) * Rational(1, decimals: decimals.fee)
        }
    }

    /// Open lots as (quantity, price), without their order: sources list them in orders of their own.
    var openLots: [(qty: Rational, price: Rational)] {
        duel.book.openLots(0).map { open in
            (
                Rational(BigInteger(open.lot.remaining.units), decimals: decimals.qty),
                Rational(BigInteger(open.lot.price.units), decimals: decimals.price)
            )
        }
    }

    /// What is wrong with a stated match in its place, or nil.
    func problem(_ stated: TruthCase.Match, at index: Int) throws -> String? {
        guard index < matches.count else { return "there is no match \(index)" }
        let match = matches[index]
        let qty = Rational(BigInteger(match.qty), decimals: decimals.qty)
        var problems: [String] = []
        if let opened = stated.openTradeID, opened != match.tradeID.text {
            problems.append("opened by \(match.tradeID.text)")
        }
        if stated.closeTradeID != match.closeTradeID.text {
            problems.append("closed by \(match.closeTradeID.text)")
        }
        if try qty != Self.number(stated.qty) { problems.append("quantity \(qty)") }
        if let pnl = stated.pnl, try money(match.money) != Self.number(pnl) {
            problems.append("P&L \(money(match.money))")
        }
        return problems.isEmpty ? nil : "match \(index) should be \(stated), is \(problems)"
    }

    var matchCount: Int { matches.count }

    static func number(_ text: String) throws -> Rational {
        guard let number = Rational(decimal: text) else { throw BadNumber(text: text) }
        return number
    }

    private static func decimals(_ text: String) -> Int {
        text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
    }

    private static func units(_ text: String, _ decimals: Int) throws -> Int64 {
        let scaled = try number(text) * Rational(.powerOfTen(decimals))
        let (units, rest) = scaled.numerator.quotientAndRemainder(dividingBy: scaled.denominator)
        guard rest == 0, let exact = Int64(exactly: units) else { throw BadNumber(text: text) }
        return exact
    }
}
