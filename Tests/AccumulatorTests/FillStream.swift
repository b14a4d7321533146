import Accumulator
import CSeqlock
import LotMatching
import TestSupport

/// Draws the records of one random stream. It looks at the oracle to know which lots and limits there are
/// to aim at, never at the book.
struct FillStream {
    let profile: StreamProfile
    var random: SeededRandom
    let methods: [LotMethod]
    private var drawn = 0
    private var eventNs: Int64
    private var past: [Drawn] = []

    /// A fill, perhaps with an extension before it.
    struct Drawn {
        var fill: pks_fill_record
        var extra: pks_extension_record?
    }

    init(_ profile: StreamProfile, seed: UInt64) {
        self.profile = profile
        random = SeededRandom(seed: seed)
        let all = profile.methods
        methods = profile.mixesMethods ? all : [all[Int(seed % UInt64(all.count))]]
        eventNs = 1_723_161_255_342_000_000
        if profile.amounts == .extreme && random.chance(50) { eventNs = random.edgeInt64() }
    }

    mutating func method() -> LotMethod { random.pick(methods) }

    mutating func next(_ oracle: borrowing NaiveBook) -> Drawn {
        drawn += 1
        if !past.isEmpty && random.chance(profile.repeats) { return repeated(oracle) }
        var record = fresh(oracle)
        var extra: pks_extension_record?
        if random.chance(profile.extended) { extra = extending(&record, oracle) }
        if random.chance(profile.aimed) { aim(&record, oracle) }
        if random.chance(profile.malformed) { spoil(&record, &extra, oracle) }
        past.append(Drawn(fill: record, extra: extra))
        return Drawn(fill: record, extra: extra)
    }

    /// An earlier fill again: as it was, or with other economics, or with another part of its identity.
    private mutating func repeated(_ oracle: borrowing NaiveBook) -> Drawn {
        var drawn = random.pick(past)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: drawn.fill.price = drawn.fill.price &+ 1
        case 1: drawn.fill.qty = max(1, drawn.fill.qty &+ 1)
        case 2: drawn.fill.side = drawn.fill.side == 1 ? 2 : 1
        case 3: drawn.fill.fee = drawn.fill.fee &+ 1
        case 4: drawn.fill.event_ns = eventNs
        case 5: Records.write("another", into: &drawn.fill, at: 80, bytesMax: 40)
        case 6: drawn.fill.handle = UInt32.random(in: 0..<UInt32(oracle.positions.count), using: &random)
        default: break
        }
        return drawn
    }

    private mutating func fresh(_ oracle: borrowing NaiveBook) -> pks_fill_record {
        let handle = UInt32.random(in: 0..<UInt32(oracle.positions.count), using: &random)
        let step = profile.eventStepNs
        wander(Int64.random(in: 0...step, using: &random))
        let net = oracle.positions[Int(handle)].net
        var record = Records.fill(
            tradeID(), buy: random.chance(profile.opening) == (net >= 0), qty: quantity(), price: price(),
            handle: handle, order: random.chance(30) ? "order-\(drawn % 5)" : "", fee: fee(),
            eventNs: eventNs, sourceRef: random.next())
        if random.chance(5) { record.event_ns = eventNs.subtractingReportingOverflow(7 * step).partialValue }
        if random.chance(8), let all = Int64(exactly: net.magnitude), all > 0 {
            (record.qty, record.side) = (all, net > 0 ? 2 : 1)
        }
        return record
    }

    /// Time goes on: by `change`, and now and then by much more.
    private mutating func wander(_ change: Int64) {
        let (later, overflow) = eventNs.addingReportingOverflow(
            random.chance(3) ? 20 * profile.eventStepNs : change)
        if !overflow { eventNs = later }
    }

    /// Ids of every length up to the whole field; some are used again under another key or order.
    private mutating func tradeID() -> String {
        let id = "\(drawn)x"
        let length = random.pick([0, 7, 8, 9, 15, 16, 17, 24, 33, 39, 40])
        return id + String(repeating: "y", count: max(0, length - id.utf8.count))
    }

    private mutating func quantity() -> Int64 {
        switch profile.amounts {
        case .small: Int64.random(in: 1...12, using: &random)
        case .venue: Int64.random(in: 1...5_000_000, using: &random)
        case .extreme: max(1, (random.edgeInt64() & Int64.max) >> (random.chance(70) ? 24 : 0))
        }
    }

    private mutating func price() -> Int64 {
        switch profile.amounts {
        case .small: Int64.random(in: -3...9, using: &random)
        case .venue: Int64.random(in: 6_000_000_000...6_200_000_000, using: &random)
        case .extreme: random.edgeInt64()
        }
    }

    private mutating func fee() -> Int64 {
        switch profile.amounts {
        case .small: Int64.random(in: -2...5, using: &random)
        case .venue: Int64.random(in: -10...1000, using: &random)
        case .extreme: random.chance(20) ? random.edgeInt64() : 0
        }
    }

    /// Names a lot, or a currency, or both.
    private mutating func extending(
        _ record: inout pks_fill_record, _ oracle: borrowing NaiveBook
    ) -> pks_extension_record {
        let currency = random.chance(60) ? random.pick(["USD", "BNB", "EUR", "CURRENCY"]) : nil
        if currency != nil && profile.amounts == .extreme { record.fee = random.edgeInt64() }
        guard random.chance(60) else { return Records.extra(feeCurrency: currency) }
        var extra = Records.extra(openTradeID: "nobody", feeCurrency: currency)
        let position = oracle.positions[Int(record.handle)]
        if let lot = position.lots.randomElement(using: &random), random.chance(85) {
            write(lot.fill.tradeID, at: 40, into: &extra)
            record.side = position.net > 0 ? 2 : 1
            record.qty = random.pick([lot.remaining, max(1, lot.remaining / 2), record.qty])
        }
        return extra
    }
}

// Aiming at the edges of sums.
extension FillStream {
    private mutating func aim(_ record: inout pks_fill_record, _ oracle: borrowing NaiveBook) {
        let position = oracle.positions[Int(record.handle)]
        let edge64 = BigInteger(random.chance(50) ? Int64.max : Int64.min)
        let edge128 = BigInteger(random.chance(50) ? Int128.max : Int128.min)
        let nudge = BigInteger(Int.random(in: -1...1, using: &random))
        let weight = BigInteger(record.qty) * BigInteger(position.terms.multiplier)
        let isBuy = record.side == 1
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            let sum = isBuy ? position.bought : position.sold
            record.qty = clamped(BigInteger(Int64.max) - sum + nudge, atLeast: 1)
        case 1:
            record.fee = clamped(edge64 - position.fees + nudge)
        case 2:
            // realised + (price - open) x weight = edge, for a sale; the sign turns for a purchase.
            let open = position.lots.first?.fill.price ?? 0
            let distance = (edge128 - position.realized).quotientAndRemainder(dividingBy: weight).quotient
            record.price = clamped(BigInteger(open) + (isBuy ? -distance : distance) + nudge)
        case 3:
            let distance = (edge128 - position.openCost).quotientAndRemainder(dividingBy: weight).quotient
            record.price = clamped((isBuy ? distance : -distance) + nudge)
        default:
            record.price = clamped(edge128.quotientAndRemainder(dividingBy: weight).quotient + nudge)
        }
    }

    private func clamped(_ value: BigInteger, atLeast least: Int64 = Int64.min) -> Int64 {
        let inside = max(BigInteger(least), min(value, BigInteger(Int64.max)))
        return Int64(exactly: inside) ?? least
    }
}

// Records that no producer should send.
extension FillStream {
    private mutating func spoil(
        _ record: inout pks_fill_record, _ extra: inout pks_extension_record?, _ oracle: borrowing NaiveBook
    ) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: record.kind = random.pick([0, 1, 3, 4, 5, 77, 255])
        case 1: record.side = random.pick([0, 3, 128, 255])
        case 2: record.handle = random.pick([UInt32(oracle.positions.count), UInt32.max])
        case 3: record.qty = 0
        case 4: record.qty = random.pick([-1, Int64.min, -Int64.max])
        case 5: write([0], at: 40, into: &record)
        case 6: write([0, 65], at: 40 + Int.random(in: 1..<39, using: &random), into: &record)
        case 7: write([0, 65], at: 80 + Int.random(in: 0..<39, using: &random), into: &record)
        case 8: write([0xff, 0xfe, 0x80], at: 40, into: &record)  // Not UTF-8, and still an id.
        case 9:
            extra = Records.extra(feeCurrency: "USD")
            if var spoilt = extra {
                write(random.pick([[0], [65, 0, 66]]), at: 8, into: &spoilt)
                extra = spoilt
            }
        case 10:
            extra = Records.extra(openTradeID: "x")
            if var spoilt = extra {
                write(random.pick([[0], [65, 0, 66]]), at: 40, into: &spoilt)
                extra = spoilt
            }
        default: record.flags = random.pick([1, 0xffff])
        }
    }

    private func write<T>(_ bytes: [UInt8], at offset: Int, into record: inout T) {
        // SAFETY: every caller's bytes end inside the 128 of the record.
        unsafe withUnsafeMutableBytes(of: &record) { raw in
            for (index, byte) in bytes.enumerated() { unsafe raw[offset + index] = byte }
        }
    }
}
