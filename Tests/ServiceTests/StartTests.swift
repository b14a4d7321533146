import Accumulator
import CSeqlock
import FillProducer
import LotMatching
import Service
import ServiceSupport
import ShmBridge
import ShmReader
import TestSupport
import Testing

/// What keeps a daemon from starting, and what is left then: nothing.
@Suite struct StartTests {
    private func failure(_ options: ServiceOptions) -> ServiceError? {
        do throws(ServiceError) {
            _ = try PositionService(options) { _ in }
            return nil
        } catch {
            return error
        }
    }

    @Test func `Options that contradict themselves are refused`() throws {
        let place = try TestDirectory.inSharedMemory()
        var options = ServiceOptions(books: [], runDirectory: place.path)
        #expect(failure(options) == .badOptions(reason: "there is no book (name one with --book)"))
        options = Desk.options(place, "a")
        options.books.append(options.books[0])
        #expect(failure(options) == .badOptions(reason: "book a stands there twice (name each book once)"))
        for rings in [0, 65, -1] {
            #expect(
                failure(Desk.options(place, "a") { $0.ringsMax = rings })
                    == .badOptions(reason: "book a: \(rings) rings (from 1 to 64)"))
        }
        #expect(failure(Desk.options(place, "a") { $0.violationsMax = 0 }) != nil)
        for cpu in [-1, 1023, 100_000] {
            #expect(failure(Desk.options(place, "a") { $0.cpu = cpu }) == .badCPU(book: "a", cpu: cpu))
        }
        #expect(place.names.isEmpty)
    }

    @Test func `When one book cannot be had, none starts, and the others' segments stay as they were`() throws
    {
        let place = try TestDirectory.inSharedMemory()
        let kept = try PositionService(Desk.options(place, "a")) { _ in }
        try kept.start()
        #expect(eventually { kept.isLive })
        kept.stop()
        let epoch = try SegmentReader(book: "a", directory: place.path).epoch
        let lock = try WriterLock(book: "b", runDirectory: place.path)
        var options = Desk.options(place, "a")
        options.books.append(Desk.options(place, "b").books[0])
        guard case .book("b", .alreadyRunning(_, let pid)) = failure(options) else {
            Issue.record("started")
            return
        }
        #expect(pid != nil && lock.book == "b")
        let reader = try SegmentReader(book: "a", directory: place.path)
        #expect(reader.epoch == epoch && !place.names.contains("pks-positions-v1-b"))
        // A change ring of no power of two is found out when the first book's segment is there already.
        options = Desk.options(place, "c")
        options.books.append(Desk.options(place, "d") { $0.changeCapacity = 5 }.books[0])
        guard case .book("d", .badConfiguration) = failure(options) else {
            Issue.record("started")
            return
        }
        #expect(!place.names.contains { $0.hasSuffix("-c") || $0.hasSuffix("-d") })
    }

    @Test func `Two books of one daemon are apart`() throws {
        let place = try TestDirectory.inSharedMemory()
        var options = Desk.options(place, "a")
        options.books.append(Desk.options(place, "b") { $0.config.method = .lifo }.books[0])
        let service = try PositionService(options) { _ in }
        defer { service.stop() }
        #expect(service.books.map(\.method) == ["fifo", "lifo"] && !service.isLive)
        try service.start()
        let feeders = try ["a", "b"].map {
            try Feeder(
                book: $0, name: "p", shmDirectory: place.path, runDirectory: place.path, records: 1024,
                seed: 5)
        }
        feeders[0].put(100)
        feeders[1].put(200)
        #expect(feeders[0].awaitApplied() && feeders[1].awaitApplied() && service.isLive)
        let stats = service.stats()
        #expect(stats.books.map(\.counters.fills) == feeders.map { PositionOracle([$0]).fills })
        #expect(stats.pid > 0 && stats.uptimeNs > 0 && stats.residentBytes > 1 << 20 && stats.cpuNs > 0)
        #expect(service.isHealthy())
        service.stop()
        #expect(service.hasStopped && service.isHealthy(withinNs: 0))
        #expect(service.stats().books.allSatisfy { if case .stopped = $0.status { true } else { false } })
    }

    @Test func `The lag of a ring is what its writer has not taken, and for how long`() throws {
        let desk = try Desk { $0.ringsMax = 1 }
        let feeder = try desk.feeder("p")
        feeder.put(10)
        #expect(feeder.awaitApplied())
        let ring = try #require(desk.ring("p"))
        #expect(ring.status.lag == 0 && ring.lagNs == 0 && ring.isProducerAlive && ring.capacity == 4096)
        #expect(ring.status.applied == feeder.producer.putCount && ring.status.consumerHeartbeatNs > 0)
    }
}
