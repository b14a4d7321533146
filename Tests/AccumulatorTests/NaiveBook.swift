import Accumulator
import LotMatching
import TestSupport

/// The accounting contract written for clarity: lists, dictionaries and whole numbers of any size. What a
/// book must agree with, record by record.
struct NaiveBook {
    /// The bounds that can be seen in the results.
    struct Bounds {
        var lotsMax = 4096
        var identitiesMax = 4096
        var identityWindowNs: Int64 = 7 * 86_400_000_000_000
        var lateAfterNs: Int64 = 5_000_000_000
        var otherFeesMax = 64
    }

    struct OtherFee: Hashable {
        var handle: UInt32
        var currency: [UInt8]
    }

    struct Counters: Equatable {
        var fills = 0
        var duplicates = 0
        var conflicts = 0
        var rejects = 0
        var late = 0
        var matches = 0
        var openLots = 0
    }

    let bounds: Bounds
    var seq: UInt64 = 0
    var counters = Counters()
    var rejects: [RejectReason: Int] = [:]
    var positions: [NaivePosition] = []
    var otherFees: [OtherFee: BigInteger] = [:]
    /// The highest event time of an applied fill.
    var watermarkNs: Int64?
    /// Open lots of all positions.
    private(set) var openLotCount = 0
    /// What the last record did.
    var effects: [Effect] = []
    /// Whether to work out the effects of applied fills.
    var keepsEffects = true
    /// How often each limit refused a fill, and how often it was the only one that did.
    var refusals: [Limit: Int] = [:]
    var soleRefusals: [Limit: Int] = [:]

    private struct Remembered {
        var fill: NaiveFill
        var seq: UInt64
    }
    private var remembered: [NaiveFill.Identity: Remembered] = [:]
    /// Identities in the order of arrival.
    private var arrivals: [NaiveFill.Identity] = []
    /// The newest event time among the forgotten fills.
    private var forgottenNs: Int64?

    init(_ bounds: Bounds) { self.bounds = bounds }

    /// Applies a fill.
    mutating func apply(_ fill: NaiveFill, extension extra: NaiveExtension? = nil) -> ApplyResult {
        seq += extra == nil ? 1 : 2
        effects = []
        if let reason = malformation(fill) { return reject(fill, reason) }
        if let first = remembered[fill.identity] { return applyRepeated(fill, first) }
        if let reason = windowRefusal(fill) { return reject(fill, reason) }
        switch move(fill, extra) {
        case .failure(let refusal):
            return reject(fill, refusal.reason)
        case .success(let (move, otherFee)):
            if let reason = capacityRefusal(move) { return reject(fill, reason) }
            commit(move, otherFee)
            return .applied
        }
    }

    private func malformation(_ fill: NaiveFill) -> RejectReason? {
        if fill.kind != 2 { return .unsupportedKind }
        if fill.handle >= positions.count { return .unknownKey }
        if fill.side != 1 && fill.side != 2 { return .unknownSide }
        if fill.qty == 0 { return .zeroQuantity }
        if fill.qty < 0 { return .negativeQuantity }
        if fill.tradeID[0] == 0 { return .missingTradeID }
        let isText = NaiveFill.text(fill.tradeID) != nil && NaiveFill.text(fill.orderID) != nil
        return isText ? nil : .malformedText
    }

    private mutating func applyRepeated(_ fill: NaiveFill, _ first: Remembered) -> ApplyResult {
        if first.fill.side == fill.side && first.fill.qty == fill.qty && first.fill.price == fill.price {
            counters.duplicates += 1
            return .duplicate
        }
        counters.conflicts += 1
        let result = reject(fill, .conflict)
        effects[0].openSeq = first.seq
        effects[0].qtyOpen = first.fill.qty
        effects[0].closePrice = first.fill.price
        effects[0].firstIsBuy = first.fill.isBuy
        effects[0].firstSourceRef = first.fill.sourceRef
        return result
    }

    mutating func reject(_ fill: NaiveFill, _ reason: RejectReason) -> ApplyResult {
        count(reason)
        effects = [rejection(fill, reason)]
        return .rejected
    }

    mutating func count(_ reason: RejectReason) {
        counters.rejects += 1
        rejects[reason, default: 0] += 1
    }

    private mutating func commit(_ move: NaiveMove, _ otherFee: (key: OtherFee, sum: BigInteger)?) {
        let fill = move.fill
        let isLate = watermarkNs.map { BigInteger(fill.eventNs) < BigInteger($0) - lateAfter } ?? false
        openLotCount -= positions[Int(fill.handle)].openLotCount
        move.carryOut(on: &positions[Int(fill.handle)], seq: seq, isLate: isLate)
        if keepsEffects { effects = expectedEffects(of: move, after: positions[Int(fill.handle)]) }
        openLotCount += positions[Int(fill.handle)].openLotCount
        if let otherFee { otherFees[otherFee.key] = otherFee.sum }
        forgetWhatMustMakeRoom()
        remembered[fill.identity] = Remembered(fill: fill, seq: seq)
        arrivals.append(fill.identity)
        watermarkNs = max(watermarkNs ?? fill.eventNs, fill.eventNs)
        counters.fills += 1
        counters.late += isLate ? 1 : 0
        counters.matches += move.before.isAverage ? (move.closing > 0 ? 1 : 0) : move.takings.count
        counters.openLots = openLotCount
    }

    private var lateAfter: BigInteger { BigInteger(bounds.lateAfterNs) }
}

// What is remembered of fills, and for how long.
extension NaiveBook {
    /// Identities are kept until their place is needed; only what is older than the window may then go.
    private var isWindowFull: Bool { arrivals.count >= bounds.identitiesMax }

    private func windowRefusal(_ fill: NaiveFill) -> RejectReason? {
        if let forgottenNs, fill.eventNs <= forgottenNs { return .beyondWindow }
        guard isWindowFull, let oldest = arrivals.first, let oldestNs = remembered[oldest]?.fill.eventNs
        else {
            return nil
        }
        // The newest event time is that of this fill, when it is the newest.
        let newest = max(watermarkNs ?? fill.eventNs, fill.eventNs)
        let isOld = BigInteger(oldestNs) < BigInteger(newest) - BigInteger(bounds.identityWindowNs)
        if !isOld { return .identityCapacity }
        return fill.eventNs <= oldestNs ? .beyondWindow : nil
    }

    private mutating func forgetWhatMustMakeRoom() {
        guard isWindowFull else { return }
        let identity = arrivals.removeFirst()
        guard let gone = remembered.removeValue(forKey: identity) else {
            preconditionFailure("an identity that arrived is remembered")
        }
        forgottenNs = max(forgottenNs ?? gone.fill.eventNs, gone.fill.eventNs)
    }
}

// Working out a move, or why there is none.
extension NaiveBook {
    struct Refusal: Error { let reason: RejectReason }
    typealias Planned = Result<(NaiveMove, (key: OtherFee, sum: BigInteger)?), Refusal>

    private mutating func move(_ fill: NaiveFill, _ extra: NaiveExtension?) -> Planned {
        func refused(_ reason: RejectReason) -> Planned { .failure(Refusal(reason: reason)) }
        let before = positions[Int(fill.handle)]
        var fill = fill
        var otherFee: (key: OtherFee, sum: BigInteger)?
        if let currency = extra?.feeCurrency {
            guard let text = NaiveFill.text(currency), !text.isEmpty else { return refused(.malformedText) }
            if text != Array(before.terms.currency.utf8) {
                let key = OtherFee(handle: fill.handle, currency: text)
                let sum = (otherFees[key] ?? 0) + BigInteger(fill.fee)
                if !sum.fits(bits: 64) {
                    note([.otherFees])
                    return refused(.overflow)
                }
                if otherFees[key] == nil && otherFees.count >= bounds.otherFeesMax {
                    return refused(.feeCurrencyCapacity)
                }
                otherFee = (key, sum)
                fill.fee = 0
            }
        }
        var named: NaiveLot?
        if let field = extra?.openTradeID {
            guard let name = NaiveFill.text(field), !name.isEmpty else { return refused(.malformedText) }
            let opposes = before.net != 0 && (before.net > 0) != fill.isBuy
            let found = before.lotsInOpeningOrder.first { $0.fill.tradeID == field }
            guard opposes, let found else { return refused(.lotNotOpen) }
            if found.remaining < fill.qty { return refused(.lotTooSmall) }
            named = found
        }
        let move = NaiveMove(fill, before: before, named: named)
        if !move.broken.isEmpty {
            note(move.broken)
            return refused(.overflow)
        }
        return .success((move, otherFee))
    }

    private mutating func note(_ broken: Set<Limit>) {
        for limit in broken { refusals[limit, default: 0] += 1 }
        if broken.count == 1, let only = broken.first { soleRefusals[only, default: 0] += 1 }
    }

    /// A lot more needs a place, unless something closes in the same move or the pool is there already.
    private func capacityRefusal(_ move: NaiveMove) -> RejectReason? {
        if move.closing > 0 || move.before.pool != nil { return nil }
        return openLotCount >= bounds.lotsMax ? .lotCapacity : nil
    }
}
