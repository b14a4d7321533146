import Accumulator
import CSeqlock
import LotMatching
import Testing

/// A digest names a state: equal states have equal ones, and nothing can change without it.
@Suite struct DigestTests {
    /// The state that every variation starts from: an open long with two lots, a fee in another currency,
    /// and a second key.
    private struct Story {
        var method = LotMethod.fifo
        var account = "acc"
        var identitiesMax = 64
        var multiplier: Int64 = 1
        var hashSeed: UInt64 = 1
        var isLogged = false
        var fills = [
            Records.fill("1", buy: true, qty: 10, price: 100, order: "o", fee: 3, eventNs: 5, sourceRef: 7),
            Records.fill("2", buy: true, qty: 20, price: 101, order: "p", fee: 4, eventNs: 6, sourceRef: 8),
            Records.fill("3", buy: false, qty: 4, price: 102, order: "q", fee: 5, eventNs: 7, sourceRef: 9),
            Records.fill("4", buy: false, qty: 4, price: 102, handle: 1, fee: 5, eventNs: 8, sourceRef: 9),
        ]
        var currency = "BNB"

        func digest() -> String {
            var instruments = InstrumentTable()
            instruments.add(Instrument(symbol: "SYM", multiplier: multiplier))
            let config = BookConfig(
                method: method, instruments: instruments, positionsMax: 2, lotsMax: 64,
                identitiesMax: identitiesMax, identityWindowNs: 1, hashSeed: hashSeed)
            let tray = EffectTray()
            // SAFETY: the consumer copies what it is shown.
            var book = Book(
                config, effects: isLogged ? unsafe EffectLog(consumer: tray.consumer) : EffectLog())
            _ = book.handle(Records.key(account: account))
            _ = book.handle(Records.key(symbol: "OTHER"))
            for fill in fills { _ = book.apply(fill) }
            let last = FillStream.Drawn(
                fill: Records.fill("5", buy: true, qty: 1, price: 1, fee: 9, eventNs: 9),
                extra: Records.extra(feeCurrency: currency))
            _ = book.apply(last)
            return book.digest()
        }
    }

    @Test func equalRecordsGiveEqualDigests() {
        let digest = Story().digest()
        #expect(digest.count == 64)
        #expect(Story().digest() == digest)
        // What the hash of identities is seeded with, and whether effects are wanted, is not state.
        var other = Story()
        other.hashSeed = 99
        other.isLogged = true
        #expect(other.digest() == digest)
    }

    @Test func everyChangeOfStateChangesTheDigest() {
        let changes: [(name: String, change: (inout Story) -> Void)] = [
            ("nothing", { _ in }),
            ("quantity", { $0.fills[1].qty += 1 }),
            ("price", { $0.fills[1].price += 1 }),
            ("closing price", { $0.fills[2].price += 1 }),
            ("fee", { $0.fills[1].fee += 1 }),
            ("event time", { $0.fills[1].event_ns += 1 }),
            ("side", { $0.fills[2].side = 1 }),
            ("source", { $0.fills[1].source_ref += 1 }),
            ("trade id", { Records.write("x", into: &$0.fills[1], at: 40, bytesMax: 1) }),
            ("order id", { Records.write("x", into: &$0.fills[1], at: 80, bytesMax: 1) }),
            ("key of a fill", { $0.fills[3].handle = 0 }),
            ("order of fills", { $0.fills.swapAt(0, 1) }),
            ("one fill less", { $0.fills.removeLast() }),
            (
                "one fill more",
                { $0.fills.append(Records.fill("6", buy: true, qty: 1, price: 1, eventNs: 8)) }
            ),
            ("a duplicate", { $0.fills.append($0.fills[0]) }),
            (
                "a conflict",
                { story in
                    var fill = story.fills[0]
                    fill.price += 1
                    story.fills.append(fill)
                }
            ),
            ("a refused fill", { $0.fills.append(Records.fill("6", buy: true, qty: 0, price: 1)) }),
            ("method", { $0.method = .lifo }),
            ("another method with the same lots", { $0.method = .lofo }),
            ("a pool", { $0.method = .average }),
            ("multiplier", { $0.multiplier = 2 }),
            ("key", { $0.account = "other" }),
            ("currency of a fee", { $0.currency = "EUR" }),
            ("what is remembered", { $0.identitiesMax = 4 }),
        ]
        var names: [String: String] = [:]
        for (name, change) in changes {
            var story = Story()
            change(&story)
            let digest = story.digest()
            #expect(names[digest] == nil, "\(name) has the digest of \(names[digest] ?? "")")
            names[digest] = name
            #expect(story.digest() == digest, "\(name) does not repeat")
        }
    }

    /// What shows in no position yet, and would in the next: the terms of a key without fills.
    @Test func theTermsOfAKeyAreState() {
        func digest(_ instrument: Instrument, method: LotMethod = .fifo) -> String {
            var instruments = InstrumentTable()
            instruments.add(instrument)
            var book = Book(
                BookConfig(
                    method: method, instruments: instruments, positionsMax: 1, lotsMax: 4, identitiesMax: 4))
            _ = book.handle(
                Records.key(
                    priceDecimals: UInt8(instrument.priceDecimals),
                    qtyDecimals: UInt8(instrument.qtyDecimals),
                    feeDecimals: UInt8(instrument.feeDecimals)))
            return book.digest()
        }
        let digests = [
            digest(Instrument(symbol: "SYM")), digest(Instrument(symbol: "SYM"), method: .lifo),
            digest(Instrument(symbol: "SYM", priceDecimals: 7)),
            digest(Instrument(symbol: "SYM", qtyDecimals: 7)),
            digest(Instrument(symbol: "SYM", feeDecimals: 7)),
            digest(Instrument(symbol: "SYM", multiplier: 2)),
            digest(Instrument(symbol: "SYM", multiplierDecimals: 1)),
        ]
        #expect(Set(digests).count == digests.count)
    }

    private func digest(_ fills: [pks_fill_record]) -> String {
        let config = BookConfig(positionsMax: 1, lotsMax: 64, identitiesMax: 4, identityWindowNs: 10)
        var book = Book(config)
        _ = book.handle(Records.key())
        for fill in fills { _ = book.apply(fill) }
        return book.digest()
    }

    private func fill(_ id: String, buy: Bool, eventNs: Int64) -> pks_fill_record {
        Records.fill(id, buy: buy, qty: 1, price: 5, eventNs: eventNs)
    }

    /// How far back a fill is too old to be told from a duplicate, when all that was forgotten is closed.
    @Test func howFarBackWasForgottenIsState() {
        func digest(forgotten: Int64) -> String {
            let old = [fill("1", buy: true, eventNs: forgotten), fill("2", buy: false, eventNs: forgotten)]
            return self.digest(old + (3...6).map { fill("\($0)", buy: $0 % 2 == 1, eventNs: 1000) })
        }
        #expect(digest(forgotten: 1) != digest(forgotten: 2))
        #expect(digest(forgotten: 1) == digest(forgotten: 1))
    }

    /// The sequence number that a conflict will name, of a fill that has left no other mark.
    @Test func whenAFillCameIsState() {
        let fills = [
            fill("1", buy: true, eventNs: 1), fill("2", buy: false, eventNs: 1),
            fill("3", buy: true, eventNs: 1),
            fill("4", buy: false, eventNs: 1),
        ]
        let early = digest([fills[0], fills[0], fills[1], fills[2], fills[3]])
        let late = digest([fills[0], fills[1], fills[0], fills[2], fills[3]])
        #expect(early != late)
    }
}
