import Accumulator
import CSeqlock
import LotMatching
import TestSupport

/// The instruments and keys of one random stream.
struct StreamKeys {
    private var terms: [NaivePosition.Terms] = []

    init(_ stream: inout FillStream) {
        let isExtreme = stream.profile.amounts == .extreme
        for _ in 0..<Int.random(in: 1...stream.profile.keysMax, using: &stream.random) {
            var terms = NaivePosition.Terms(method: stream.method())
            terms.priceDecimals = Int.random(in: 0...18, using: &stream.random)
            terms.qtyDecimals = Int.random(in: 0...18, using: &stream.random)
            terms.feeDecimals = Int.random(in: 0...18, using: &stream.random)
            terms.multiplierDecimals = Int.random(in: 0...18, using: &stream.random)
            terms.currency = stream.random.pick(["USD", "EUR", ""])
            let large = max(1, stream.random.edgeInt64() & Int64.max)
            terms.multiplier =
                isExtreme ? stream.random.pick([1, large]) : stream.random.pick([1, 1, 25, 12_345])
            self.terms.append(terms)
        }
    }

    func config(_ profile: StreamProfile, hashSeed: UInt64) -> BookConfig {
        var instruments = InstrumentTable()
        for (index, terms) in terms.enumerated() {
            instruments.add(
                Instrument(
                    symbol: symbol(index), priceDecimals: terms.priceDecimals, qtyDecimals: terms.qtyDecimals,
                    feeDecimals: terms.feeDecimals, multiplier: terms.multiplier,
                    multiplierDecimals: terms.multiplierDecimals, currency: terms.currency,
                    method: terms.method))
        }
        return BookConfig(
            name: "oracle", instruments: instruments, positionsMax: terms.count, lotsMax: profile.lotsMax,
            identitiesMax: profile.identitiesMax, identityWindowNs: profile.identityWindowNs,
            otherFeesMax: profile.otherFeesMax, hashSeed: hashSeed)
    }

    /// Defines all keys in both books, in one order. With `isMalformed`, keys that must be refused as well.
    func define(_ duel: inout Duel, _ replay: inout Book, isMalformed: Bool) throws(Disagreement) {
        for (index, terms) in terms.enumerated() {
            if isMalformed {
                for (key, reason) in badKeys(index) {
                    try duel.refuse(key, reason)
                    replay.refuse(key)
                }
            }
            let handle = try duel.define(key(index), terms)
            if handle != replay.handle(key(index)) {
                throw Disagreement(seq: duel.oracle.seq, "the replay gave the key another handle")
            }
        }
        if isMalformed {
            let another = Records.key(symbol: "ONE TOO MANY")
            try duel.refuse(another, .slotCapacity)
            replay.refuse(another)
        }
    }

    private func symbol(_ index: Int) -> String { "SYM\(index)" }

    /// The oracle with all keys defined, for a stream that needs only what to aim at.
    func planner(_ profile: StreamProfile) -> NaiveBook {
        var oracle = NaiveBook(NaiveBook.Bounds())
        oracle.keepsEffects = false
        oracle.positions = terms.map { NaivePosition($0) }
        return oracle
    }

    func key(_ index: Int) -> pks_key_record {
        let terms = terms[index]
        return Records.key(
            symbol: symbol(index), priceDecimals: UInt8(terms.priceDecimals),
            qtyDecimals: UInt8(terms.qtyDecimals), feeDecimals: UInt8(terms.feeDecimals))
    }

    private func badKeys(_ index: Int) -> [(pks_key_record, RejectReason)] {
        var otherPrice = key(index)
        otherPrice.price_decimals += 1
        var otherQty = key(index)
        otherQty.qty_decimals += 1
        var otherFee = key(index)
        otherFee.fee_decimals += 1
        let unnamed = Records.key(account: "", symbol: symbol(index))
        var unpadded = key(index)
        Records.write("\0x", into: &unpadded, at: 100, bytesMax: 2)
        return [
            (otherPrice, .decimalsMismatch), (otherQty, .decimalsMismatch), (otherFee, .decimalsMismatch),
            (unnamed, .malformedText), (unpadded, .malformedText),
        ]
    }
}

extension Book {
    /// Offers a key that is refused.
    mutating func refuse(_ key: pks_key_record) {
        var key = key
        // SAFETY: the record outlives the call.
        guard case .refused = unsafe define(&key) else { preconditionFailure("the key was not refused") }
    }

    mutating func apply(_ drawn: FillStream.Drawn) -> ApplyResult {
        guard var extra = drawn.extra else { return apply(drawn.fill) }
        var fill = drawn.fill
        // SAFETY: the records outlive the call.
        return unsafe apply(&fill, extension: &extra)
    }
}
