import Accumulator
import CSeqlock
import LotMatching
import Testing

/// What fits into a book of a given size, and what happens when it is full.
@Suite struct CapacityTests {
    private static let lotsMax = 48

    private func duel(_ method: LotMethod, keys: Int) throws -> Duel {
        let config = BookConfig(
            method: method, positionsMax: keys, lotsMax: Self.lotsMax, identitiesMax: 4096)
        var duel = Duel(config)
        for key in 0..<keys {
            _ = try duel.define(Records.key(symbol: "S\(key)"), NaivePosition.Terms(method: method))
        }
        return duel
    }

    private func fill(_ id: Int, key: Int, buy: Bool = true, qty: Int64 = 1) -> pks_fill_record {
        Records.fill("\(id)", buy: buy, qty: qty, price: Int64(id * 7 % 11), handle: UInt32(key))
    }

    /// All lots in one position, and then each in a position of its own: the bound is the same, to the lot.
    @Test(arguments: LotMethod.allCases) func everyLotThatWasPromisedFits(method: LotMethod) throws {
        if method != .average {
            var one = try duel(method, keys: 1)
            for id in 0..<Self.lotsMax { #expect(try one.apply(fill(id, key: 0)) == .applied) }
            #expect(try one.apply(fill(1000, key: 0)) == .rejected)
            // A flip needs no more room than it makes.
            #expect(try one.apply(fill(1001, key: 0, buy: false, qty: 100)) == .applied)
        }
        var many = try duel(method, keys: Self.lotsMax + 1)
        for round in 0..<3 {
            for key in 0..<Self.lotsMax {
                #expect(try many.apply(fill(round * 1000 + key, key: key)) == .applied)
            }
            #expect(try many.apply(fill(round * 1000 + 900, key: Self.lotsMax)) == .rejected)
            for key in 0..<Self.lotsMax {
                #expect(try many.apply(fill(round * 1000 + 500 + key, key: key, buy: false)) == .applied)
            }
        }
        #expect(many.reasons == [.lotCapacity: 3])
    }

    /// Taking all pages at the start of a day changes nothing that can be seen.
    @Test func memoryTakenAheadChangesNothing() {
        var book = Book(BookConfig(positionsMax: 1, lotsMax: 64, identitiesMax: 64))
        var ahead = Book(BookConfig(positionsMax: 1, lotsMax: 64, identitiesMax: 64))
        ahead.prefault(lots: 32)
        for id in 0..<40 {
            let record = fill(id, key: 0, buy: id % 3 != 0, qty: Int64(id % 5 + 1))
            if id == 0 {
                _ = book.handle(Records.key())
                _ = ahead.handle(Records.key())
            }
            if id == 20 { ahead.prefault(lots: 64) }
            let results = (book.apply(record), ahead.apply(record))
            #expect(results.0 == results.1)
        }
        let digests = (book.digest(), ahead.digest())
        #expect(digests.0 == digests.1)
    }
}
