import JournalSupport
import NATSSupport
import TestSupport
import Testing

@testable import NATSBridge

/// The publisher and real servers, which are killed, stopped, cut off and made to forget.
@Suite struct PublisherServerTests {
    @Test(arguments: NATSServer.Version.here)
    func `Everything is published once, and a second life finds nothing to do`(_ version: NATSServer.Version)
        throws
    {
        let run = try BusRun(version, seed: TestSeed.base, count: 700)
        let status = try run.publishAll()
        #expect(status.storedCount == UInt64(run.expected.count) && status.alarmCount == 0)
        #expect(status.state == .stopped && status.trouble == nil && status.resentCount == 0)
        try run.check()
        let again = try run.publishAll()
        #expect(again.storedCount == 0 && again.resentCount == 0)
        try run.check()
    }

    /// Current servers drop what comes faster than they store (10,000 messages of a stream may wait, unless they are told
    /// otherwise), and say so to those who want to know.
    @Test(.enabled(if: NATSServer.Version.current.program != nil))
    func `A server that drops what comes too fast gets everything once`() throws {
        let run = try BusRun(
            .current, seed: TestSeed.base &+ 20, count: 200, jetStream: "max_buffered_msgs: 4")
        run.change { $0.underWayMax = 64 }
        let status = try run.publishAll()
        #expect(status.alarmCount == 0 && status.refusedCount > 0, "\(status)")
        // What was dropped comes after what was not: the one exception to the order, and none for positions.
        let faults = try run.faults()
        #expect(
            faults.allSatisfy { $0.contains("lies behind") && !$0.hasPrefix("position") },
            "\(faults.prefix(5))")
    }

    @Test(.enabled(if: NATSServer.Version.current.program != nil))
    func `A window that the server has room for is never refused`() throws {
        let run = try BusRun(
            .current, seed: TestSeed.base &+ 21, count: 2000, jetStream: "max_buffered_msgs: 128")
        run.change { $0.underWayMax = 128 }
        let status = try run.publishAll()
        #expect(status.alarmCount == 0 && status.refusedCount == 0, "\(status)")
        try run.check()
    }

    @Test(arguments: NATSServer.Version.here)
    func `A server that is killed and comes back has everything once`(_ version: NATSServer.Version) throws {
        let run = try BusRun(version, seed: TestSeed.base &+ 1, count: 900)
        run.change { $0.underWayMax = 64 }
        let status = try run.publishAll { publisher in
            for part in [0.2, 0.5, 0.7] {
                run.await(publisher, part)
                run.server.kill()
                try run.server.start()
            }
        }
        #expect(status.connectCount >= 2 && status.alarmCount == 0, "\(status)")
        try run.check()
    }

    @Test(arguments: NATSServer.Version.here)
    func `A server that is stopped for a while holds nobody up and gets everything`(
        _ version: NATSServer.Version
    )
        throws
    {
        let run = try BusRun(version, seed: TestSeed.base &+ 2, count: 700)
        run.change { $0.underWayMax = 32 }
        let status = try run.publishAll { publisher in
            run.await(publisher, 0.3)
            run.server.pause()
            #expect(eventually { publisher.status.trouble != nil })
            run.server.resume()
        }
        #expect(status.alarmCount == 0)
        try run.check()
    }

    @Test(arguments: NATSServer.Version.here)
    func `A stopped server does not keep the publisher from ending`(_ version: NATSServer.Version) throws {
        let run = try BusRun(version, seed: TestSeed.base &+ 3, count: 500)
        run.change { $0.underWayMax = 16 }
        let publisher = try BusPublisher(try run.records(), journal: run.folder, run.settings)
        try publisher.start()
        run.await(publisher, 0.2)
        run.server.pause()
        publisher.stop()
        #expect(publisher.status.state == .stopped)
        run.server.resume()
        _ = try run.publishAll()
        try run.check()
    }

    /// Killed at random points, with answers lost and ids that the server forgets almost at once.
    @Test(arguments: NATSServer.Version.here)
    func `A publisher that is killed again and again doubles and skips nothing`(_ version: NATSServer.Version)
        throws
    {
        let seed = TestSeed.base &+ 4
        let run = try BusRun(version, seed: seed, count: 600, rememberedNs: 100_000_000)
        var random = SeededRandom(seed: seed)
        let file = CursorFile(journal: run.folder)
        for life in 0..<8 as Range<UInt64> {
            let records = try run.records(seed: seed &+ life)
            let port = MortalPort(
                NATSPublishPort(
                    run.settings.options, run.names, book: "main", epoch: records.epoch, creates: false),
                seed: seed &+ life, diesAfter: Int.random(in: 50...3000, using: &random), lostPerMille: 3)
            var options = BookPublisher.Options()
            options.engine.conflates = false
            options.engine.window.underWayMax = 200
            options.engine.answerNs = 100_000_000
            options.cursorNs = 3_000_000
            let cursor = try file.read() ?? PublisherCursor(epoch: records.epoch)
            BookPublisher(
                records, cursor: cursor, port: port, encoder: BusEffectEncoder(book: "main"),
                options: options,
                save: { cursor throws(BusError) in
                    if port.isDead { throw .disconnected(reason: "killed") }
                    try file.write(cursor)
                }, isStopping: { port.isDead || (cursor.through.seq >= records.count) }, report: { _ in }
            ).run()
        }
        let status = try run.publishAll()
        #expect(status.alarmCount == 0, "\(status)")
        try run.check()
    }

    @Test(arguments: NATSServer.Version.here)
    func `A stream that has lost its end gets it again`(_ version: NATSServer.Version) throws {
        let run = try BusRun(version, seed: TestSeed.base &+ 5, count: 700)
        run.change { $0.underWayMax = 32 }
        let status = try run.publishAll { publisher in
            run.await(publisher, 0.3)
            run.server.stop()
            try run.server.saveStore(as: "early")
            try run.server.start()
            run.await(publisher, 0.7)
            run.server.stop()
            try run.server.restoreStore(from: "early")
            try run.server.start()
        }
        #expect(status.alarmCount >= 1 && status.lastAlarm?.contains("are published again") == true)
        try run.check()
    }

    @Test func `Streams that are missing are named, or made when that is asked for`() throws {
        let run = try BusRun(.debian, seed: TestSeed.base &+ 6, count: 200)
        let jetStream = try JetStream(NATSConnection(run.settings.options))
        try jetStream.deleteStream(run.names.positionStream)
        let publisher = try BusPublisher(try run.records(), journal: run.folder, run.settings)
        try publisher.start()
        #expect(
            eventually { publisher.status.trouble?.contains("there is no stream PKS-POSITIONS") == true })
        #expect(eventually { publisher.status.state == .waiting })
        publisher.stop()
        run.change { $0.createsStreams = true }
        _ = try run.publishAll()
        try run.check()
    }
}
