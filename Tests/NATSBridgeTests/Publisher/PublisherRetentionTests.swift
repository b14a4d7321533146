import Accumulator
import Glibc
import Journal
import JournalSupport
import NATSSupport
import Service
import ServiceSupport
import TestSupport
import Testing

@testable import NATSBridge

/// An outage with little room for the journal: what is not on the bus yet stays, and goes when it is.
@Suite struct PublisherRetentionTests {
    private func options(_ place: TestDirectory, _ folder: String) throws -> ServiceOptions {
        var book = BookOptions(
            config: BookConfig(
                name: "desk", positionsMax: 64, lotsMax: 1 << 16, identitiesMax: (1 << 16) - 32))
        book.wait = .park
        book.changeCapacity = 4096
        var journal = JournalOptions(directory: folder)
        (journal.segmentBytes, journal.keepBytes, journal.checkpointRecords) = (1 << 18, 1 << 18, 1500)
        // As whoever composes service and publisher must: before anything could be removed.
        journal.heldFromSeq = try BusPublisher.neededFromSeq(journal: folder + "/desk")
        book.journal = journal
        var options = ServiceOptions(books: [book], runDirectory: place.path)
        options.shmDirectory = place.path
        return options
    }

    @Test func `Nothing goes that is not on the bus, across restarts, and all of it goes afterwards`() throws
    {
        let journalPlace = try JournalPlace()
        let folder = journalPlace.path
        let place = try TestDirectory.inSharedMemory()
        let port = try FreePort.find()
        var settings = BusPublisher.Settings(options: try NATSOptions("nats://127.0.0.1:\(port)"))
        settings.createsStreams = true
        var seed: UInt64 = 1
        // Three lives without a server.
        for _ in 0..<3 {
            let service = try PositionService(try options(place, folder)) { _ in }
            try service.start()
            defer { service.stop() }
            let records = try #require(try service.durableRecords(book: "desk"))
            let publisher = try BusPublisher(records, journal: folder + "/desk", settings)
            try publisher.start()
            let feeder = try Feeder(
                book: "desk", name: "p\(seed)", shmDirectory: place.path, runDirectory: place.path,
                records: 4096,
                seed: seed)
            seed += 1
            for round in 1...2 {
                try feeder.putAll(2500)
                #expect(feeder.awaitApplied())
                #expect(eventually { (service.stats().books[0].journal?.checkpoints?.count ?? 0) >= round })
            }
            #expect(eventually { service.stats().books[0].journal?.files.isHeld == true })
            #expect(service.stats().books[0].journal?.files.removed == 0)
            #expect(publisher.status.publishedSeq == 0 && publisher.status.state == .connecting)
            publisher.stop()
        }
        #expect(Files.size(folder + "/desk/" + JournalLayout.name(ofSegment: 0)) != nil)
        // And one with it.
        let server = try NATSServer(.debian, port: port)
        let service = try PositionService(try options(place, folder)) { _ in }
        try service.start()
        defer { service.stop() }
        let records = try #require(try service.durableRecords(book: "desk"))
        let publisher = try BusPublisher(records, journal: folder + "/desk", settings)
        try publisher.start()
        defer { publisher.stop() }
        #expect(eventually { publisher.status.publishedSeq == records.durableSeq }, "\(publisher.status)")
        #expect(publisher.status.alarmCount == 0 && publisher.status.storedCount > 0, "\(publisher.status)")
        let feeder = try Feeder(
            book: "desk", name: "last", shmDirectory: place.path, runDirectory: place.path, records: 4096,
            seed: 9)
        for round in 1...3 {
            try feeder.putAll(2500)
            #expect(feeder.awaitApplied())
            #expect(eventually { (service.stats().books[0].journal?.checkpoints?.count ?? 0) >= round })
        }
        #expect(eventually { (service.stats().books[0].journal?.files.oldestSegment ?? 0) > 3 })
        #expect(eventually { publisher.status.publishedSeq == records.durableSeq }, "\(publisher.status)")
        #expect(server.pid > 0)
    }
}
