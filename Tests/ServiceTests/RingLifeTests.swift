import CSeqlock
import FillProducer
import Glibc
import Service
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// Producers come, stay, die, come back and go, while the daemon runs.
@Suite struct RingLifeTests {
    @Test func `What producers send is in the slots, whoever came first`() throws {
        let place = try TestDirectory.inSharedMemory()
        let early = try Feeder(
            book: "desk", name: "early", shmDirectory: place.path, runDirectory: place.path, records: 4096,
            seed: 1)
        early.put(1000)
        let desk = try Desk(in: place)
        // What stood on the ring when the daemon started is in the slots when it says that it is live.
        #expect(desk.stats.counters.fills > 0 && early.producer.appliedCount == early.producer.putCount)
        let late = try desk.feeder("late", seed: 2)
        late.put(1500)
        early.put(500)
        #expect(late.awaitApplied() && early.awaitApplied())
        let oracle = PositionOracle([early, late])
        #expect(PositionOracle.shown(try desk.reader()) == oracle.positions)
        #expect(desk.stats.counters.fills == oracle.fills && oracle.duplicates > 0)
        #expect(desk.stats.counters.duplicates == oracle.duplicates && desk.stats.counters.rejects == 0)
        let counts = late.producer.counts
        #expect(counts.fills + counts.duplicates == 1500 && counts.rejects == 0)
        #expect(desk.degradedReasons == 0 && desk.stats.rings.map(\.producer) == ["early", "late"])
    }

    @Test func `A closed ring stays, and its producer goes on with it`() throws {
        let desk = try Desk()
        let fills: [pks_fill_record]
        do {
            let feeder = try desk.feeder("p")
            feeder.put(10)
            #expect(feeder.awaitApplied())
            feeder.producer.close()
            fills = feeder.sent
        }
        #expect(eventually { desk.ring("p")?.status.isClosed == true })
        let again = try desk.feeder("p", seed: 9)
        #expect(again.producer.isResumed && eventually { desk.ring("p")?.status.isClosed == false })
        for fill in fills { #expect(again.producer.put(fill) == .ok) }
        again.producer.publish()
        #expect(again.awaitApplied())
        // The same fills once more change nothing.
        #expect(desk.stats.counters.fills == PositionOracle([(again, fills[...])]).fills)
        #expect(desk.lines.with("attached").count == 1)
    }

    @Test func `A ring whose name has gone is drained, let go, and its place free again`() throws {
        let desk = try Desk { $0.ringsMax = 1 }
        var fills: UInt64 = 0
        for round in 0..<3 {
            let feeder = try desk.feeder("p\(round)", seed: UInt64(round))
            feeder.put(100)
            #expect(feeder.awaitApplied())
            fills += PositionOracle([feeder]).fills
            let isRemoved = try feeder.producer.removeIfApplied()
            #expect(isRemoved)
            #expect(eventually { desk.stats.rings.isEmpty })
        }
        #expect(desk.stats.counters.fills == fills && desk.stats.counters.rings == 0)
        #expect(desk.lines.with("detached").count == 3)
    }

    @Test func `A ring beyond the most is refused, told once, and attached when there is room`() throws {
        let desk = try Desk { $0.ringsMax = 1 }
        let first = try desk.feeder("a")
        #expect(eventually { desk.ring("a") != nil })
        let second = try desk.feeder("b")
        second.put(5)
        #expect(eventually { desk.stats.refusedRings.map(\.producer) == ["b"] })
        #expect(desk.stats.refusedRings.first?.reason.contains("which is the most") == true)
        first.producer.publish()
        #expect(first.awaitApplied())
        let isRemoved = try first.producer.removeIfApplied()
        #expect(isRemoved)
        #expect(second.awaitApplied())
        #expect(desk.stats.refusedRings.isEmpty && desk.ring("b") != nil)
        #expect(desk.lines.with("ring of b is not read").count == 1)
    }

    @Test func `A file that is no ring is told once, and the ring that replaces it is read`() throws {
        let desk = try Desk()
        let path = desk.place.path + "/pks-fills-v1-desk-p"
        let noise = [UInt8](repeating: 0x5a, count: 5000)
        // SAFETY: the name and the bytes live for the calls.
        let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        #expect(unsafe write(file, noise, noise.count) == noise.count)
        close(file)
        #expect(eventually { !desk.lines.with("ring of p is not read").isEmpty })
        let feeder = try desk.feeder("p")
        feeder.put(3)
        #expect(feeder.awaitApplied())
        #expect(desk.lines.with("ring of p is not read").count == 1 && desk.stats.refusedRings.isEmpty)
    }

    @Test func `Books whose names share a beginning do not take each other's rings`() throws {
        let desk = try Desk()
        // desk-x is another book; its producer p has the file name that producer x-p of desk would have.
        let other = try Feeder(
            book: "desk-x", name: "p", shmDirectory: desk.place.path, runDirectory: desk.place.path,
            records: 64, seed: 1)
        other.put(5)
        let own = try desk.feeder("q")
        own.put(5)
        #expect(own.awaitApplied())
        #expect(desk.stats.rings.map(\.producer) == ["q"] && desk.stats.refusedRings.isEmpty)
        #expect(other.producer.appliedCount == 0)
    }

    @Test func `A producer that floods its ring does not starve another`() throws {
        let place = try TestDirectory.inSharedMemory()
        func feeder(_ name: String, _ count: Int) throws -> Feeder {
            let feeder = try Feeder(
                book: "desk", name: name, shmDirectory: place.path, runDirectory: place.path, records: 65536,
                keyCount: 1, seed: 1)
            #expect(feeder.put(count) == count)
            return feeder
        }
        let flood = try feeder("a", 60000)
        let trickle = try feeder("b", 1)
        let desk = try Desk(in: place)
        #expect(flood.awaitApplied() && trickle.awaitApplied())
        let reader = try desk.reader()
        let slot = reader.find(account: "acc", strategy: "strat", symbol: "b-0") ?? -1
        let view = reader.view(of: slot)
        // It came behind a few turns' worth of the other, not behind all of it.
        #expect(try #require(view).position.applied_seq < 3000)
    }
}
