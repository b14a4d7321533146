import Accumulator
import CSeqlock
import FillProducer
import Journal
import LotMatching
import Service
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// A daemon with a journal: what it has told to be safe is there in every life after, and nothing is applied twice.
@Suite struct JournaledServiceTests {
    @Test(arguments: [false, true])
    func `Every life goes on where the last one ended, and rings are emptied`(isDurableFirst: Bool) throws {
        let folder = try TestDirectory()
        func tell(_ book: inout BookOptions) {
            book.journal = folder.journalOptions { $0.isDurableFirst = isDurableFirst }
        }
        let desk = try Desk(tell)
        let feeders = [
            try desk.feeder("a", records: 256, seed: 1), try desk.feeder("b", records: 256, seed: 2),
        ]
        for _ in 0..<4 {
            for feeder in feeders { try feeder.putAll(3000) }
            for feeder in feeders { feeder.put(100) }
            try desk.restart(tell)
        }
        for feeder in feeders { #expect(feeder.awaitApplied()) }
        let oracle = PositionOracle(feeders)
        #expect(PositionOracle.shown(try desk.reader()) == oracle.positions)
        let stats = desk.stats
        #expect(stats.counters.fills == oracle.fills && stats.counters.duplicates == oracle.duplicates)
        #expect(stats.hasJournal && desk.degradedReasons == 0)
        for feeder in feeders {
            #expect(eventually { feeder.producer.freedCount == feeder.producer.putCount })
        }
        let reader = try desk.reader()
        #expect(eventually { reader.durableSeq == reader.appliedSeq })
    }

    @Test func `Old files go while the book runs, and what is left makes the same book`() throws {
        let folder = try TestDirectory()
        func tell(_ book: inout BookOptions) {
            book.journal = folder.journalOptions {
                $0.keepBytes = 3 << 20
                $0.checkpointRecords = 6000
            }
        }
        let desk = try Desk(tell)
        let feeder = try desk.feeder("p", seed: 3)
        for _ in 0..<2 {
            // Each round has the records of a checkpoint, and sees it made: on a busy machine it would otherwise be one
            // for all, and nothing goes before there are two.
            for round in 1...8 {
                try feeder.putAll(7000)
                #expect(feeder.awaitApplied())
                #expect(eventually { (desk.stats.journal?.checkpoints?.count ?? 0) >= round })
            }
            #expect(eventually { (desk.stats.journal?.files.removed ?? 0) > 0 })
            let journal = try #require(desk.stats.journal)
            #expect(journal.files.error == nil && journal.files.oldestSegment > 0)
            #expect((journal.freeBytes ?? 0) > 0)
            try desk.restart(tell)
            #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
        }
        let names = Files.names(in: folder.path + "/desk")
        #expect(!names.contains("journal-00000000.pksj") && names.contains("spare.pksj"), "\(names)")
    }

    @Test func `A journal needs no instruments file, and its bounds can be changed`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p")
        feeder.put(1000)
        #expect(feeder.awaitApplied())
        let before = PositionOracle.shown(try desk.reader())
        try desk.restart {
            $0.journal = folder.journalOptions()
            $0.config.positionsMax = 128
            $0.config.lotsMax = 1 << 16
            $0.config.method = .lifo
        }
        #expect(PositionOracle.shown(try desk.reader()) == before)
        feeder.put(1000)
        #expect(feeder.awaitApplied())
        // Keys that the journal knows keep their method.
        #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
        desk.service.stop()
        let tooSmall = Desk.options(desk.place, "desk") {
            $0.journal = folder.journalOptions()
            $0.config.positionsMax = 2
        }
        var message = ""
        do throws(ServiceError) { _ = try PositionService(tooSmall) { _ in } } catch {
            message = error.description
        }
        #expect(message.contains("does not fit into the bounds"), "\(message)")
    }

    @Test func `A journal whose end is gone is told from what the producers know`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p", records: 256)
        try feeder.putAll(500)
        #expect(feeder.awaitApplied())
        desk.service.stop()
        try folder.copyJournal("desk", to: "copy")
        try desk.restart { $0.journal = folder.journalOptions() }
        try feeder.putAll(500)
        #expect(eventually { feeder.producer.freedCount == feeder.producer.putCount })
        desk.service.stop()
        try folder.copyJournal("copy", to: "desk")
        var message = ""
        do throws(ServiceError) {
            _ = try PositionService(Desk.options(desk.place, "desk") { $0.journal = folder.journalOptions() })
            { _ in
            }
        } catch {
            message = error.description
        }
        #expect(message.contains("the end of the journal is missing"), "\(message)")
        #expect(message.contains("producer p was told that"), "\(message)")
    }

    @Test func `One journal has one daemon, whatever the run directory`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let other = try TestDirectory.inSharedMemory()
        var message = ""
        do throws(ServiceError) {
            let options = Desk.options(other, "desk") { $0.journal = folder.journalOptions() }
            _ = try PositionService(options) { _ in }
        } catch {
            message = error.description
        }
        #expect(message.contains("another process has this journal"), "\(message)")
        #expect(desk.service.failure == nil)
    }

    @Test(arguments: ["segment", "lock", "journal"])
    func `A file that a book stands on and that is taken away ends the daemon`(file: String) throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p")
        feeder.put(1000)
        #expect(feeder.awaitApplied() && desk.service.failure == nil)
        let path =
            switch file {
            case "segment": desk.place.path + "/pks-positions-v1-desk"
            case "lock": desk.place.path + "/desk.lock"
            default: folder.path + "/desk/lock"
            }
        #expect(FilePatch.remove(path))
        #expect(eventually { desk.service.hasStopped })
        let failure = desk.service.failure ?? ""
        #expect(failure.contains(path) && failure.contains("has gone"), "\(failure)")
        try desk.restart { $0.journal = folder.journalOptions() }
        #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
    }

    @Test func `A segment that is cut short ends the daemon, and the next one has everything`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p")
        feeder.put(1000)
        #expect(feeder.awaitApplied())
        #expect(FilePatch.truncate(desk.place.path + "/pks-positions-v1-desk", to: 4096))
        feeder.put(1000)
        #expect(eventually { desk.service.hasStopped })
        #expect(desk.service.failure?.contains("was cut short") == true)
        try desk.restart { $0.journal = folder.journalOptions() }
        #expect(feeder.awaitApplied())
        #expect(PositionOracle.shown(try desk.reader()) == PositionOracle([feeder]).positions)
    }

    @Test func `A file that is written to and that is taken away ends the daemon`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p")
        feeder.put(1000)
        #expect(feeder.awaitApplied())
        #expect(eventually { feeder.producer.freedCount == feeder.producer.putCount })
        #expect(FilePatch.remove(folder.path + "/desk/journal-00000000.pksj"))
        #expect(eventually { desk.service.hasStopped })
        #expect(desk.service.failure?.contains("journal-00000000.pksj has gone") == true)
    }

    @Test func `A life without the journal between two with it is named when the rings tell of it`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p", records: 64)
        try feeder.putAll(100)
        #expect(eventually { feeder.producer.freedCount == feeder.producer.putCount })
        try desk.restart()
        try feeder.putAll(100)
        #expect(eventually { feeder.producer.freedCount > 100 })
        desk.service.stop()
        var message = ""
        do throws(ServiceError) {
            let options = Desk.options(desk.place, "desk") { $0.journal = folder.journalOptions() }
            _ = try PositionService(options) { _ in }
        } catch { message = error.description }
        #expect(
            message.contains("if the book ran without its journal in between, none has them"), "\(message)")
        #expect(message.contains("move that producer's ring p away"), "\(message)")
    }

    @Test func `A method that is not that of the keys that are there is told at the start`() throws {
        let folder = try TestDirectory()
        let desk = try Desk { $0.journal = folder.journalOptions() }
        let feeder = try desk.feeder("p")
        try feeder.putAll(100)
        #expect(feeder.awaitApplied())
        try desk.restart { $0.journal = folder.journalOptions() }
        #expect(desk.lines.with("lot method").isEmpty)
        try desk.restart {
            $0.journal = folder.journalOptions()
            $0.config.method = .lifo
        }
        let told = desk.lines.with("keep the lot method that they began with (fifo, not lifo")
        #expect(told.count == 1, "\(told)")
    }

    @Test func `What was missing when the journal began is missing in every later life`() throws {
        let folder = try TestDirectory()
        let desk = try Desk()
        let feeder = try desk.feeder("p", records: 64)
        try feeder.putAll(300)
        #expect(feeder.awaitApplied())
        for _ in 0..<3 {
            try desk.restart { $0.journal = folder.journalOptions() }
            #expect(feeder.awaitApplied())
            #expect(desk.degradedReasons == UInt64(PKS_DEGRADED_HISTORY))
        }
        // What the book had from before is not what a ring of this life did.
        #expect(desk.ring("p")?.status.fills == 0 && desk.stats.counters.fills > 0)
    }
}
