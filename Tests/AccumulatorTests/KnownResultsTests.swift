import Accumulator
import CSeqlock
import FixedPoint
import LotMatching
import Testing

@Suite struct KnownResults {
    static let small = BookConfig(name: "known", positionsMax: 8, lotsMax: 4096, identitiesMax: 64)

    @Test func aSaleClosesTheOldestLotsFirst() {
        var book = Book(Self.small)
        let key = book.handle(Records.key())
        _ = book.apply(Records.fill("1", buy: true, qty: 100, price: 150, handle: key))
        _ = book.apply(Records.fill("2", buy: true, qty: 50, price: 160, handle: key))
        _ = book.apply(Records.fill("3", buy: false, qty: 80, price: 170, handle: key))
        let lots = book.openLots(key)
        #expect(lots.map(\.lot.remaining.units) == [20, 50])
        #expect(lots.map(\.lot.price.units) == [150, 160])
        #expect(unsafe book.position(key).pointee.realizedPnl == 1600)
    }

    @Test(arguments: LotMethod.allCases) func everyMethodHoldsTheIdentities(method: LotMethod) throws {
        var config = Self.small
        config.method = method
        var book = Book(config)
        var audit = IdentityAudit()
        let key = book.handle(Records.key())
        for n in 0..<2000 {
            let record = Records.fill(
                "t\(n)", buy: (n * 7919) % 13 < 6, qty: Int64(1 + n % 17), price: Int64(100 + (n * 31) % 23 - 11),
                handle: key, eventNs: Int64(n) * 86_400_000_000_000)
            var copy = record
            #expect(unsafe book.apply(&copy) == .applied)
            unsafe try audit.check(book, after: &copy)
        }
    }
}
