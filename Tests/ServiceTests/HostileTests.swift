import Accumulator
import CSeqlock
import FillProducer
import Service
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// A producer that breaks the rules loses its ring. The book, its writer and all other producers go on.
@Suite struct HostileTests {
    /// A daemon with an honest producer and one that will not be.
    private struct Pair {
        let desk: Desk
        let honest: Feeder
        let rogue: Feeder

        init() throws {
            desk = try Desk()
            honest = try desk.feeder("honest", seed: 1)
            rogue = try desk.feeder("rogue", seed: 2)
            honest.put(100)
            rogue.put(100)
            #expect(honest.awaitApplied() && rogue.awaitApplied())
        }

        /// What must hold once the rogue is found out.
        func expectQuarantined(_ reason: Int32) throws {
            #expect(eventually { desk.ring("rogue")?.status.quarantineReason == UInt64(reason) })
            #expect(eventually { desk.degradedReasons == UInt64(PKS_DEGRADED_PRODUCER) })
            #expect(desk.stats.counters.rings == 2 && desk.stats.counters.ringsQuarantined == 1)
            #expect(eventually { desk.lines.with("ring of rogue is quarantined").count == 1 })
            #expect(desk.ring("honest")?.status.quarantineReason == nil)
            honest.put(500)
            #expect(honest.awaitApplied())
            let shown = PositionOracle.shown(try desk.reader())
            let oracle = PositionOracle([honest, rogue])
            #expect(shown == oracle.positions && desk.stats.counters.fills == oracle.fills)
        }

        /// Whoever removes the broken ring is rid of it.
        func expectRecovery() throws {
            #expect(FilePatch.remove(rogue.producer.path))
            #expect(eventually { desk.degradedReasons == 0 && desk.ring("rogue") == nil })
            #expect(desk.stats.counters.rings == 1 && desk.stats.counters.ringsQuarantined == 0)
        }

        /// Puts 128 bytes that the rogue's producer would never make.
        mutating func put(_ record: pks_fill_record) {
            while rogue.producer.put(record) == .full { rogue.producer.publish() }
            rogue.producer.publish()
        }
    }

    @Test(arguments: [UInt64(0), 1, 1 << 40, .max])
    func `A cursor that cannot be quarantines the ring at once`(tail: UInt64) throws {
        let pair = try Pair()
        #expect(FilePatch.write(tail, at: 4096, of: pair.rogue.producer.path))
        try pair.expectQuarantined(PKS_QUARANTINE_CURSORS)
        #expect(pair.rogue.producer.isQuarantined == true)
        try pair.expectRecovery()
    }

    @Test func `Records that no producer writes are refused, and too many of them quarantine the ring`()
        throws
    {
        var pair = try Pair()
        let seed = TestSeed.base
        var random = SeededRandom(seed: seed)
        print("garbage records, seed \(seed)")
        for number in 0..<63 {
            pair.put(Self.garbage(number, &random))
        }
        #expect(pair.rogue.awaitApplied())
        #expect(pair.desk.stats.counters.rejects == 63 && pair.desk.degradedReasons == 0)
        pair.put(Self.garbage(63, &random))
        try pair.expectQuarantined(PKS_QUARANTINE_RECORDS)
        #expect(pair.desk.ring("rogue")?.status.rejects == 64)
        // Every one of them is told apart, with its producer.
        let told = pair.desk.stats.distinctRejects
        #expect(told.allSatisfy { $0.producer == "rogue" } && told.reduce(0) { $0 + $1.count } == 64)
        try pair.expectRecovery()
    }

    /// Garbage of each kind in turn: unknown kinds, wild handles, texts that are not padded, lone halves of pairs.
    private static func garbage(_ number: Int, _ random: inout SeededRandom) -> pks_fill_record {
        var record = pks_fill_record(.buy, handle: 0, qty: 1, price: 1, eventNs: 1)
        _ = record.setTradeID("g\(number)")
        switch number % 4 {
        case 0: record.kind = [0, 6, 77, 255][number / 4 % 4]
        case 1: record.handle = random.pick([63, 64, 1 << 20, .max, .max - 1])
        case 2: record.trade_id.39 = 1
        default: record.flags = UInt16(PKS_FILL_EXTENDED)
        }
        return record
    }

    @Test func `What an honest producer may get wrong never quarantines its ring`() throws {
        let desk = try Desk()
        let feeder = try desk.feeder("p")
        // Another instrument's decimals: the key is refused, and so are its fills.
        guard
            case .handle(let refused) = feeder.producer.define(
                account: "acc", strategy: "strat", symbol: "odd", priceDecimals: 3)
        else {
            Issue.record("no handle")
            return
        }
        for number in 0..<200 {
            var fill = pks_fill_record(.buy, handle: refused, qty: 1, price: 1)
            #expect(fill.setTradeID("r\(number)") && feeder.producer.put(fill) == .ok)
            var amendment = pks_fill_record(.buy, handle: 0, qty: 1, price: 1)
            amendment.kind = UInt8(number % 2 == 0 ? PKS_KIND_BUST : PKS_KIND_AMEND)
            #expect(amendment.setTradeID("a\(number)") && feeder.producer.put(amendment) == .ok)
            var empty = pks_fill_record(.buy, handle: 0, qty: 0, price: 1)
            #expect(empty.setTradeID("z\(number)") && feeder.producer.put(empty) == .ok)
        }
        feeder.producer.publish()
        #expect(feeder.awaitApplied() && feeder.producer.answer(Int(refused)) == .decimals)
        feeder.put(50)
        #expect(feeder.awaitApplied())
        #expect(!feeder.producer.isQuarantined && desk.degradedReasons == 0)
        #expect(desk.stats.counters.rejects == 601)
        let told = desk.stats.rejects.map { "\($0.reason.text) \($0.count)" }
        #expect(
            told == ["unknown_key 200", "zero_quantity 200", "unsupported_kind 200", "decimals_mismatch 1"])
    }

    @Test(arguments: [0, 4096, 8192, 20000])
    func `A ring that is cut short under the daemon is quarantined, and the daemon lives`(length: Int) throws
    {
        let pair = try Pair()
        #expect(FilePatch.truncate(pair.rogue.producer.path, to: length))
        if length >= 8192 {
            // The cursors are whole, and name records that are gone.
            #expect(FilePatch.write(150, at: 4096, of: pair.rogue.producer.path))
        }
        try pair.expectQuarantined(PKS_QUARANTINE_FILE)
        #expect(FilePatch.remove(pair.desk.place.path + "/pks-fills-v1-desk-rogue"))
        #expect(eventually { pair.desk.degradedReasons == 0 })
    }
}
