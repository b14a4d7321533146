import CSeqlock
import LotMatching
import TestSupport
import Testing

@testable import Accumulator

/// A restored book is the book: whatever comes next, it says and does the same as one that was never stopped.
@Suite struct BookImageTests {
    @Test(arguments: StreamProfile.all) func aRestoredBookGoesOnAsIfNeverStopped(profile: StreamProfile) {
        var restores = 0
        for stream in 0..<TestSeed.streams(max(2, profile.streams / 8)) {
            let seed = TestSeed.base &+ UInt64(stream)
            do {
                restores += try run(profile, seed: seed)
            } catch {
                Issue.record("\(profile.name), PKS_TEST_SEED=\(seed): \(error)")
                return
            }
        }
        print("\(profile.name): \(restores) restores from seed \(TestSeed.base)")
    }

    /// One stream through a book that is never stopped and through one that is stopped and restored at random
    /// places. Returns how often it was.
    private func run(_ profile: StreamProfile, seed: UInt64) throws -> Int {
        var stream = FillStream(profile, seed: seed)
        let keys = StreamKeys(&stream)
        let config = keys.config(profile, hashSeed: seed)
        var duel = Duel(config)
        var seeds = SeededRandom(seed: ~seed)
        var other = config
        let tray = EffectTray()
        // SAFETY: the consumer copies what it is shown.
        var book = Book(config, effects: unsafe EffectLog(consumer: tray.consumer))
        try keys.define(&duel, &book, isMalformed: profile.malformed > 0)
        book.effects.flush()
        _ = tray.take()
        var restores = 0
        for _ in 0..<profile.records {
            let seq = duel.oracle.seq
            if Int.random(in: 0..<20, using: &seeds) == 0 {
                restores += 1
                other.hashSeed = seeds.next()
                let image = book.image
                if image.count != book.imageByteCount {
                    throw Disagreement(seq: seq, "the image has another length than was foretold")
                }
                book = unsafe try Book(
                    other, effects: EffectLog(consumer: tray.consumer), bytes: image, pieceMax: 3000,
                    seed: seeds.next())
                if book.image != image { throw Disagreement(seq: seq, "the image has another image") }
                if book.digest() != duel.book.digest() { throw Disagreement(seq: seq, "another digest") }
            }
            let drawn = stream.next(duel.oracle)
            let result = try duel.apply(drawn.fill, extension: drawn.extra)
            if book.apply(drawn) != result {
                throw Disagreement(seq: seq, "the restored book did not say \(result)")
            }
            book.effects.flush()
            if tray.take().map(\.fields) != duel.effects.map(\.fields) {
                throw Disagreement(seq: seq, "the restored book has other effects")
            }
        }
        try require(book, duel.book, seq: duel.oracle.seq)
        return restores
    }

    private func require(
        _ book: borrowing Book, _ other: borrowing Book, seq: UInt64
    ) throws(Disagreement) {
        guard book.digest() == other.digest(), book.counters == other.counters, book.seq == other.seq,
            book.watermarkNs == other.watermarkNs, BookSnapshot(book) == BookSnapshot(other),
            (0..<64).allSatisfy({ book.rejectsByReason[$0] == other.rejectsByReason[$0] })
        else { throw Disagreement(seq: seq, "the restored book ends as another") }
    }

    /// What a writer shows before the table of identities has been asked must not be what is remembered.
    @Test func noRememberedFillIsCertainlyNew() throws {
        var book = Book(Self.config)
        _ = book.handle(Records.key())
        let fills = (0..<40).map { Records.fill("\($0)", buy: $0 % 2 == 0, qty: 1, price: 1) }
        for fill in fills { _ = book.apply(fill) }
        let restored = try Book(Self.config, bytes: book.image)
        for var fill in fills {
            // SAFETY: the record outlives the call.
            let staged = unsafe restored.stage(&fill)
            let isNew = restored.isCertainlyNew(staged)
            #expect(staged.isGood && !isNew)
        }
    }

    // MARK: - Bounds

    /// A book with two keys, three open lots, a fee in another currency and four remembered fills.
    private static let config = BookConfig(positionsMax: 8, lotsMax: 64, identitiesMax: 64, otherFeesMax: 4)

    private func story() -> Book {
        var book = Book(Self.config)
        _ = book.handle(Records.key())
        _ = book.handle(Records.key(symbol: "OTHER"))
        for id in 1...3 { _ = book.apply(Records.fill("\(id)", buy: true, qty: 5, price: 7, eventNs: 10)) }
        let extended = FillStream.Drawn(
            fill: Records.fill("4", buy: false, qty: 1, price: 9, fee: 2, eventNs: 10),
            extra: Records.extra(feeCurrency: "BNB"))
        _ = book.apply(extended)
        return book
    }

    @Test func otherBoundsServeWhenTheySuffice() throws {
        let book = story()
        var config = BookConfig(
            positionsMax: 2, lotsMax: 3, identitiesMax: 4, lateAfterNs: 3, otherFeesMax: 1, hashSeed: 99)
        var small = try Book(config, bytes: book.image)
        let digests = (book.digest(), small.digest())
        #expect(digests.0 == digests.1)
        // Now full in every respect, as a book of this size would be.
        _ = small.apply(Records.fill("5", buy: true, qty: 1, price: 1, eventNs: 8))
        _ = small.apply(Records.fill("6", buy: false, qty: 1, price: 1, handle: 1, eventNs: 8))
        let reasons = (
            small.rejectsByReason[Int(RejectReason.identityCapacity.rawValue)], small.counters.rejects
        )
        #expect(reasons == (2, 2))
        config.positionsMax = 100
        config.lotsMax = 1000
        config.identitiesMax = 5000
        try small.rebuild(config)
        _ = small.apply(Records.fill("5", buy: true, qty: 1, price: 1, eventNs: 6))
        let (fills, late) = (small.counters.fills, small.counters.late)
        #expect(fills == 5 && late == 1)
    }

    @Test func aBoundThatIsTooSmallIsNamed() {
        let book = story()
        let digest = book.digest()
        let changes: [(String, Int, (inout BookConfig) -> Void)] = [
            ("positionsMax", 2, { $0.positionsMax = 1 }), ("lotsMax", 3, { $0.lotsMax = 2 }),
            ("identitiesMax", 4, { $0.identitiesMax = 3 }), ("otherFeesMax", 1, { $0.otherFeesMax = 0 }),
        ]
        for (bound, needed, change) in changes {
            var config = Self.config
            change(&config)
            let expected = BookImageError.tooSmall(bound: bound, needed: needed, allowed: needed - 1)
            #expect(throws: expected) { _ = try Book(config, bytes: book.image) }
        }
        var same = story()
        var config = Self.config
        config.lotsMax = 1
        #expect(throws: BookImageError.tooSmall(bound: "lotsMax", needed: 3, allowed: 1)) {
            try same.rebuild(config)
        }
        let kept = same.digest()
        #expect(kept == digest)
    }

    /// How many lots fit does not depend on how the memory was used before: a book that was restored would
    /// take what the other refuses.
    @Test(arguments: [LotMethod.hifo, .lofo]) func noPastMakesTheRoomForLotsSmaller(method: LotMethod) throws
    {
        let lotsMax = 256
        let config = BookConfig(
            method: method, positionsMax: lotsMax, lotsMax: lotsMax, identitiesMax: 1 << 12)
        var book = Book(config)
        for symbol in 0..<lotsMax { _ = book.handle(Records.key(symbol: "S\(symbol)")) }
        let heap: UInt32 = 7
        var id = 0
        func next(_ handle: UInt32, buy: Bool, price: Int64 = 5) -> pks_fill_record {
            id += 1
            return Records.fill("\(id)", buy: buy, qty: 1, price: price, handle: handle)
        }
        // Every position with one lot, which takes the whole memory in single blocks; then none.
        for isBuy in [true, false] {
            for handle in 0..<UInt32(lotsMax) { _ = book.apply(next(handle, buy: isBuy)) }
        }
        let before = book.counters
        #expect(before.rejects == 0 && before.openLots == 0)
        for _ in 0..<lotsMax { _ = book.apply(next(heap, buy: true, price: Int64(id % 17))) }
        let full = book.counters
        #expect(full.rejects == 0 && full.openLots == UInt64(lotsMax))
        #expect(book.apply(next(heap, buy: true)) == .rejected)
    }
}
