import Accumulator
import CSeqlock
import FillProducer
import Service
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// What a daemon that starts again finds on the rings.
@Suite struct RestartTests {
    @Test func `A daemon that starts again rebuilds from the rings, each fill once`() throws {
        let desk = try Desk()
        let feeders = [try desk.feeder("a", seed: 1), try desk.feeder("b", seed: 2)]
        for _ in 0..<4 {
            for feeder in feeders { feeder.put(400) }
            try desk.restart()
        }
        for feeder in feeders { #expect(feeder.awaitApplied()) }
        let oracle = PositionOracle(feeders)
        #expect(PositionOracle.shown(try desk.reader()) == oracle.positions)
        #expect(desk.stats.counters.fills == oracle.fills && desk.degradedReasons == 0)
        #expect(feeders[0].producer.freedCount == 0)
    }

    @Test
    func `A ring that has given records away keeps its newer half, and the next daemon says what is missing`()
        throws
    {
        let desk = try Desk()
        let feeder = try desk.feeder("p", records: 256)
        try feeder.putAll(1000)
        #expect(feeder.awaitApplied())
        #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
        #expect(feeder.producer.putCount - feeder.producer.freedCount == 128 && desk.degradedReasons == 0)
        try desk.restart()
        #expect(feeder.awaitApplied())
        #expect(desk.degradedReasons == UInt64(PKS_DEGRADED_HISTORY))
        #expect(desk.lines.with("no longer holds its first 876 records").count == 1)
        // The last 128 records are what is left; keys come from the ring's key table.
        let oracle = PositionOracle([(feeder, feeder.sent.suffix(128))])
        #expect(PositionOracle.shown(try desk.reader()) == oracle.positions)
        try feeder.putAll(500)
        #expect(feeder.awaitApplied() && desk.stats.counters.rejects == 0)
        #expect(
            PositionOracle.shown(try desk.reader())
                == PositionOracle([(feeder, feeder.sent.suffix(628))]).positions)
        #expect(desk.degradedReasons == UInt64(PKS_DEGRADED_HISTORY))
    }

    @Test func `Handles beyond what one look defines are known after a restart`() throws {
        let place = try TestDirectory.inSharedMemory()
        let desk = try Desk(in: place) { $0.config.positionsMax = 4096 }
        let feeder = try Feeder(
            book: "desk", name: "wide", shmDirectory: place.path, runDirectory: place.path, records: 64,
            keyCount: 1, seed: 3, handleCapacity: 3000)
        for number in 0..<2500 {
            let symbol = "more-\(number)"
            var definition = feeder.producer.define(account: "a", strategy: "s", symbol: symbol)
            while definition == .refused(.full) {
                feeder.producer.publish()
                #expect(eventually { feeder.producer.room > 0 })
                definition = feeder.producer.define(account: "a", strategy: "s", symbol: symbol)
            }
        }
        feeder.producer.publish()
        #expect(feeder.awaitApplied() && feeder.producer.freedCount > 2000)
        try desk.restart { $0.config.positionsMax = 4096 }
        #expect(desk.stats.positions == 2501)
        var fill = pks_fill_record(.buy, handle: 2500, qty: 7, price: 1)
        #expect(fill.setTradeID("last") && feeder.producer.put(fill) == .ok)
        feeder.producer.publish()
        #expect(feeder.awaitApplied())
        let reader = try desk.reader()
        let slot = reader.find(account: "a", strategy: "s", symbol: "more-2499") ?? -1
        let view = reader.view(of: slot)
        #expect(try #require(view).position.net_qty == 7)
    }

    @Test func `What is on the rings when the daemon is told to stop is in the final state`() throws {
        let desk = try Desk()
        let feeder = try desk.feeder("p", records: 65536)
        #expect(eventually { desk.ring("p") != nil })
        feeder.put(30000)
        desk.service.stop()
        // Published before the stop, so all of it is in.
        #expect(feeder.producer.appliedCount == feeder.producer.putCount && desk.service.leftCount == 0)
        let reader = try desk.reader()
        guard case .stopped = reader.writerStatus() else {
            Issue.record("not stopped: \(reader.writerStatus())")
            return
        }
        #expect(PositionOracle.shown(reader) == PositionOracle([feeder]).positions)
        #expect(feeder.producer.freedCount == 0)
    }

    @Test func `A stop that has no time left leaves the rest on the rings, and says how much`() throws {
        let desk = try Desk()
        let feeder = try desk.feeder("p", records: 65536)
        #expect(eventually { desk.ring("p") != nil })
        feeder.put(60000)
        desk.service.stop(withinNs: 0)
        let left = feeder.producer.putCount - feeder.producer.appliedCount
        #expect(desk.service.leftCount == left)
        try desk.restart()
        #expect(feeder.awaitApplied())
        #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
    }
}
