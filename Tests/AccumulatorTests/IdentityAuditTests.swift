import CSeqlock
import LotMatching
import Testing

@testable import Accumulator

/// The audit itself: it must notice what it is there to notice.
@Suite struct IdentityAuditTests {
    @Test(arguments: LotMethod.allCases) func everyMethodHoldsTheIdentities(method: LotMethod) throws {
        let config = BookConfig(method: method, positionsMax: 1, lotsMax: 4096, identitiesMax: 2048)
        var book = Book(config)
        var audit = IdentityAudit()
        let key = book.handle(Records.key())
        for n in 0..<2000 {
            var record = Records.fill(
                "t\(n)", buy: (n * 7919) % 13 < 6, qty: Int64(1 + n % 17),
                price: Int64(100 + (n * 31) % 23 - 111), handle: key, eventNs: Int64(n))
            // SAFETY: the record outlives the calls.
            let result = unsafe book.apply(&record)
            #expect(result == .applied)
            unsafe try audit.check(book, after: &record)
        }
    }

    /// The book applied one fill and the audit is told of another: each field that money depends on.
    @Test(arguments: LotMethod.allCases) func aWrongRecordIsNoticed(method: LotMethod) throws {
        for change in 0..<4 {
            var book = Book(BookConfig(method: method, positionsMax: 1, lotsMax: 64, identitiesMax: 64))
            var audit = IdentityAudit()
            let key = book.handle(Records.key())
            var first = Records.fill("1", buy: true, qty: 10, price: 100, handle: key)
            // SAFETY (all of this function): records outlive the calls.
            _ = unsafe book.apply(&first)
            unsafe try audit.check(book, after: &first)
            var second = Records.fill("2", buy: false, qty: 4, price: 130, handle: key)
            _ = unsafe book.apply(&second)
            switch change {
            case 0: second.price += 1
            case 1: second.qty += 1
            case 2: second.side = 1
            default: second.price = 0
            }
            #expect(throws: IdentityAudit.Violation.self) { unsafe try audit.check(book, after: &second) }
        }
    }

    /// The book applied a fill that the audit never heard of.
    @Test(arguments: LotMethod.allCases) func aMissingRecordIsNoticed(method: LotMethod) throws {
        var book = Book(BookConfig(method: method, positionsMax: 1, lotsMax: 64, identitiesMax: 64))
        var audit = IdentityAudit()
        let key = book.handle(Records.key())
        _ = book.apply(Records.fill("1", buy: true, qty: 10, price: 100, handle: key))
        var second = Records.fill("2", buy: true, qty: 4, price: 130, handle: key)
        // SAFETY: the record outlives the calls.
        _ = unsafe book.apply(&second)
        var violation: IdentityAudit.Violation?
        do {
            unsafe try audit.check(book, after: &second)
        } catch {
            violation = error
        }
        #expect(violation?.seq == 3 && violation?.handle == key)
        #expect(violation?.description == "realized_pnl 0 is not sells - buys + open cost")
    }

    /// A bit that flipped in the book itself, in every field that an identity is about.
    @Test(arguments: LotMethod.allCases) func aDamagedPositionIsNoticed(method: LotMethod) throws {
        for field in 0..<7 {
            var book = Book(BookConfig(method: method, positionsMax: 1, lotsMax: 64, identitiesMax: 64))
            var audit = IdentityAudit()
            let key = book.handle(Records.key())
            var record = Records.fill("1", buy: true, qty: 10, price: 100, handle: key)
            // SAFETY (all of this function): the record outlives the calls; the position is the book's own.
            _ = unsafe book.apply(&record)
            let position = unsafe book.positions
            switch field {
            case 0: unsafe position.pointee.slot.net_qty ^= 1
            case 1: unsafe position.pointee.slot.bought_qty ^= 1
            case 2: unsafe position.pointee.slot.sold_qty ^= 1
            case 3: unsafe position.pointee.slot.open_lots ^= 1
            case 4: unsafe position.pointee.realizedPnl ^= 1
            case 5: unsafe position.pointee.openCost ^= 1
            default: unsafe position.pointee.multiplier += 1
            }
            #expect(throws: IdentityAudit.Violation.self, "field \(field)") {
                unsafe try audit.check(book, after: &record)
            }
        }
    }
}
