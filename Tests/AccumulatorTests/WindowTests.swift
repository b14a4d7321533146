import Accumulator
import CSeqlock
import LotMatching
import Testing

/// For how long fills are remembered, and what happens at the end of it.
@Suite struct WindowTests {
    private static let day: Int64 = 86_400_000_000_000

    private func duel() throws -> Duel {
        let config = BookConfig(
            positionsMax: 1, lotsMax: 64, identitiesMax: 4, identityWindowNs: 7 * Self.day)
        var duel = Duel(config)
        _ = try duel.define(Records.key(), NaivePosition.Terms(method: .fifo))
        return duel
    }

    private func fill(_ id: String, day: Int64, qty: Int64 = 1, price: Int64 = 10) -> pks_fill_record {
        Records.fill(id, buy: true, qty: qty, price: price, eventNs: day * Self.day)
    }

    private func reason(_ duel: borrowing Duel) -> RejectReason? {
        duel.oracle.effects.first.flatMap { RejectReason(rawValue: $0.reason) }
    }

    @Test func aFullWindowOfYoungFillsRefusesNewOnes() throws {
        var duel = try duel()
        for id in 1...4 { try duel.apply(fill("\(id)", day: Int64(id))) }
        try duel.apply(fill("5", day: 8))
        #expect(reason(duel) == .identityCapacity)
        // Those that are remembered are still told apart from new ones.
        #expect(try duel.apply(fill("1", day: 1)) == .duplicate)
        try duel.apply(fill("2", day: 2, price: 11))
        #expect(reason(duel) == .conflict)
    }

    /// The refused fills of a full window do not move the watermark. Time must go on all the same.
    @Test func aFullWindowOpensAgainWhenTimeHasPassed() throws {
        var duel = try duel()
        for id in 1...4 { try duel.apply(fill("\(id)", day: 1)) }
        try duel.apply(fill("5", day: 8))
        #expect(reason(duel) == .identityCapacity)
        #expect(try duel.apply(fill("6", day: 9)) == .applied)
    }

    @Test func whatWasForgottenIsTooOldToComeAgain() throws {
        var duel = try duel()
        for id in 1...4 { try duel.apply(fill("\(id)", day: Int64(id))) }
        #expect(try duel.apply(fill("5", day: 20)) == .applied)
        // Fill 1 is forgotten: again, it cannot be told from a new one. Fill 2 is remembered.
        try duel.apply(fill("1", day: 1))
        #expect(reason(duel) == .beyondWindow)
        #expect(try duel.apply(fill("2", day: 2)) == .duplicate)
        // Newer than all that was forgotten, and yet older than the fill that would have to make room.
        try duel.apply(fill("6", day: 2))
        #expect(reason(duel) == .beyondWindow)
        #expect(try duel.apply(fill("7", day: 3)) == .applied)
    }

    /// Nothing is forgotten for a fill that is then refused for another reason.
    @Test func aRefusedFillForgetsNothing() throws {
        var duel = try duel()
        try duel.apply(fill("1", day: 1, qty: Int64.max - 10))
        for id in 2...4 { try duel.apply(fill("\(id)", day: 1)) }
        try duel.apply(fill("5", day: 20, qty: 100))
        #expect(reason(duel) == .overflow)
        #expect(try duel.apply(fill("1", day: 1, qty: Int64.max - 10)) == .duplicate)
    }

    /// The order and the key are part of an identity, and the whole of each id is.
    @Test func identitiesAreExact() throws {
        let config = BookConfig(positionsMax: 2, lotsMax: 64, identitiesMax: 64)
        var duel = Duel(config)
        for symbol in ["A", "B"] {
            _ = try duel.define(Records.key(symbol: symbol), NaivePosition.Terms(method: .fifo))
        }
        let long = String(repeating: "x", count: 39)
        for handle in [UInt32(0), 1] {
            for order in ["", "o", long + "1", long + "2"] {
                for trade in ["t", "tt", long + "1", long + "2", long] {
                    let record = Records.fill(
                        trade, buy: true, qty: 1, price: 1, handle: handle, order: order)
                    #expect(try duel.apply(record) == .applied)
                    #expect(try duel.apply(record) == .duplicate)
                }
            }
        }
    }

    /// Late is later than the newest applied event time less the allowance, and not a nanosecond sooner.
    @Test func aLateFillIsAppliedAndFlagged() throws {
        let config = BookConfig(positionsMax: 1, lotsMax: 64, identitiesMax: 64, lateAfterNs: 5)
        var duel = Duel(config)
        _ = try duel.define(Records.key(), NaivePosition.Terms(method: .fifo))
        for (id, eventNs, late) in [("1", 100, 0), ("2", 95, 0), ("3", 94, 1), ("4", 200, 1), ("5", 100, 2)] {
            try duel.apply(Records.fill(id, buy: true, qty: 1, price: 1, eventNs: Int64(eventNs)))
            #expect(duel.oracle.counters.late == late)
        }
        #expect(duel.oracle.watermarkNs == 200)
    }
}
