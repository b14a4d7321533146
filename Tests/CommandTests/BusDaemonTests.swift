import BusMessages
import CSeqlock
import FillProducer
import Glibc
import NATSBridge
import NATSSupport
import ServiceSupport
import ShmReader
import Telemetry
import TestSupport
import Testing

/// `pks run --nats` as a process, with real servers.
@Suite struct BusDaemonTests {
    /// A server, and a book that is told where it is.
    final class Desk {
        let server: NATSServer
        let book: String
        let configuration: String
        private let scratch: String
        private let runDirectory: String

        init(_ version: NATSServer.Version, _ scratch: borrowing Scratch, create: Bool = true) throws {
            server = try NATSServer(version)
            book = scratch.book
            self.scratch = scratch.path
            runDirectory = scratch.runDirectory
            configuration = try scratch.write(
                "pks.toml",
                """
                [nats]
                servers = "nats://user:hunter2@127.0.0.1:\(server.port)"
                create = \(create)
                connect_timeout = "500ms"
                ping_interval = "200ms"
                request_timeout = "1s"
                retry_interval = "50ms"
                [[book]]
                name = "\(scratch.book)"
                journal = "journal"
                """)
        }

        func start(_ scratch: borrowing Scratch) throws -> PksProcess {
            try RunTests.start(scratch, ["--config", configuration])
        }

        /// Publishes one fill a message, and waits until the stream has them.
        func publish(_ numbers: Range<Int>) throws {
            let connection = try NATSConnection(NATSOptions(server.url))
            let inbox = try connection.makeInbox()
            let answers = try NATSSubscription(connection, subject: inbox)
            var encoder = TradeBookedEncoder(book: book)
            let key = try #require(pks_key_record(account: "a", strategy: "s", symbol: "X"))
            for number in numbers {
                var fill = pks_fill_record(
                    number % 3 == 2 ? .sell : .buy, handle: 0, qty: 100_000_000,
                    price: Int64(number) * 1_000_000,
                    eventNs: Int64(number))
                precondition(fill.setTradeID("T\(number)"))
                precondition(encoder.add(fill, extension: nil, key: key))
                // SAFETY: the encoder's bytes are sent before the next message begins.
                unsafe try connection.publish(
                    BusNames.subject(BusNames().booked, book: book), encoder.finish(), reply: inbox)
            }
            for _ in numbers {
                let answer = try answers.next(waitMs: 10_000)?.payload ?? []
                #expect(String(decoding: answer, as: UTF8.self).contains("\"seq\""))
            }
        }

        func makeBookingStream() throws {
            let names = BusNames()
            try jetStream().makeStream(
                StreamPlan(
                    name: names.bookingStream,
                    subjects: [names.booked, names.lifecycle].map { BusNames.subject($0, book: "*") }))
        }

        func jetStream() throws -> JetStream { try JetStream(NATSConnection(NATSOptions(server.url))) }

        /// Messages of the stream of positions.
        func publishedCount() throws -> UInt64 {
            try jetStream().stream(BusNames().positionStream)?.messageCount ?? 0
        }
    }

    /// The book's bus is well: so many messages have come, and all that was done is on it. Words of the bus are as old as
    /// a heartbeat, and what is applied is durable a moment later.
    private static func isLive(_ reader: borrowing SegmentReader, messages: UInt64 = 0) -> Bool {
        guard let bus = reader.bus else { return false }
        let seq = reader.appliedSeq
        return bus.state == .live && bus.ingestSeq == messages && bus.ingestPending == 0 && seq >= messages
            && reader.durableSeq == seq && bus.publishedSeq == seq
    }

    @Test(arguments: NATSServer.Version.here)
    func `Fills from the bus are in the slots, what they do is on the bus, and a restart repeats nothing`(
        version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let desk = try Desk(version, scratch)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { Self.isLive(reader) }, "\(daemon.errorsSoFar())")
        try desk.publish(1..<301)
        #expect(daemon.awaitCondition { reader.counters.fills == 300 && Self.isLive(reader, messages: 300) })
        let state = reader.bus
        #expect(state?.ingestSeq == 300 && state?.alarms == 0)
        let read = try Pks.run(["read", "--book", scratch.book, "--csv"], in: scratch)
        #expect(read.outputLines.last?.contains(",X,100,") == true, "\(read.output)")
        // Each fill gives at least a lot, a position, P&L and an event.
        let count = try desk.publishedCount()
        #expect(count >= 900, "\(count)")
        let list = try Pks.run(["ls", "--json"], in: scratch)
        #expect(
            list.output.contains("\"bus\":{\"state\":\"live\",\"ingest_stream_seq\":300,\"ingest_pending\":0")
        )
        let stats = try Pks.run(["stats", "--json"], in: scratch)
        let bus = JSONValue(Array(stats.output.utf8))?.elements.first?["books"]?.elements.first?["bus"]
        #expect(
            bus?["ingest"]?["fills"]?.plainText == "300"
                && bus?["publisher"]?["lag_records"]?.plainText == "0")
        #expect(bus?["ingest"]?["server"]?.plainText == "nats://***@127.0.0.1:\(desk.server.port)")
        let text = try Pks.run(["stats"], in: scratch)
        #expect(text.output.contains(" BUS IN ") && text.output.contains(" BUS OUT "))
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        #expect(reader.bus?.state == .stopped)
        #expect(!daemon.errorsSoFar().contains("hunter2"))
        let again = try desk.start(scratch)
        let second = try SegmentReader(book: scratch.book)
        #expect(again.awaitCondition { Self.isLive(second, messages: 300) })
        try desk.publish(301..<311)
        #expect(again.awaitCondition { second.counters.fills == 310 && Self.isLive(second, messages: 310) })
        #expect(second.counters.duplicates == 0)
        #expect(again.awaitErrors { $0.contains("bus in: connected to nats://***@") })
        let said = again.errorsSoFar()
        #expect(!said.contains("connected again") && !said.contains("alarm"), "\(said)")
        again.signal(SIGTERM)
        #expect(again.wait() == 0)
        #expect(try desk.publishedCount() >= count + 30)
    }

    @Test(arguments: NATSServer.Version.here)
    func
        `A killed server leaves the book live, is seen everywhere and told once, and an end does not wait for it`(
            version: NATSServer.Version
        ) throws
    {
        let scratch = try Scratch()
        let desk = try Desk(version, scratch)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { Self.isLive(reader) })
        desk.server.kill()
        #expect(daemon.awaitCondition { reader.bus?.state == .connecting })
        let feeder = try RunTests.feeder(scratch)
        feeder.put(5000)
        #expect(feeder.awaitApplied())
        #expect(daemon.awaitCondition { reader.durableSeq == reader.appliedSeq })
        #expect(reader.writerStatus() == .live)
        let top = try Pks.run(["top", "--once", "--book", scratch.book], in: scratch)
        #expect(top.output.contains("connecting") && top.output.contains("no connection to the bus"))
        let list = try Pks.run(["ls"], in: scratch)
        #expect(
            list.outputLines.contains { $0.contains(scratch.book) && $0.contains("no connection to the bus") }
        )
        let stats = try Pks.run(["stats"], in: scratch)
        #expect(stats.output.contains("bus, ingest: NATS at nats://***@127.0.0.1"))
        // However many attempts there are, a line for each reason.
        let lines = { daemon.errorsSoFar().split(separator: "\n").filter { $0.contains("no connection") } }
        #expect(daemon.awaitCondition { lines().count >= 2 })
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        #expect(Set(lines()).count == lines().count && lines().count <= 6, "\(lines())")
        #expect(!daemon.errorsSoFar().contains("hunter2"))
        // The next life brings what the bus does not have.
        try desk.server.start()
        let next = try desk.start(scratch)
        let second = try SegmentReader(book: scratch.book)
        #expect(
            next.awaitCondition { Self.isLive(second) && second.counters.fills > 0 }, "\(next.errorsSoFar())")
        next.signal(SIGTERM)
        #expect(next.wait() == 0)
        #expect(try desk.publishedCount() >= 4)
    }

    @Test(arguments: NATSServer.Version.here)
    func `An end does not wait for a server that is stopped`(version: NATSServer.Version) throws {
        let scratch = try Scratch()
        let desk = try Desk(version, scratch)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { Self.isLive(reader) })
        desk.server.pause()
        defer { desk.server.resume() }
        let feeder = try RunTests.feeder(scratch)
        feeder.put(100)
        #expect(feeder.awaitApplied())
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        guard case .stopped = reader.writerStatus() else {
            Issue.record("not stopped")
            return
        }
    }

    @Test(arguments: NATSServer.Version.here)
    func `Without --nats-create it says what is missing and how to make it, and goes on when it is there`(
        version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let desk = try Desk(version, scratch, create: false)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { reader.bus?.state == .waiting })
        func says(_ text: String) -> Bool {
            daemon.awaitCondition { daemon.errorsSoFar().contains(text) }
        }
        #expect(says("there is no stream PKS-BOOKING (start with --nats-create, or make it with subjects"))
        #expect(says("backoffice.booking.v1.TradeBooked.*"))
        #expect(says("there is no stream PKS-POSITIONS"), "\(daemon.errorsSoFar())")
        #expect(try desk.jetStream().stream("PKS-BOOKING") == nil)
        try desk.makeBookingStream()
        #expect(says("there is no stream PKS-REJECTS"))
        let stats = try Pks.run(["stats"], in: scratch)
        #expect(stats.output.contains("there is no stream"))
        // Somebody makes them.
        let maker = try PksProcess(
            [
                "run", "--book", scratch.book + "-maker", "--journal", scratch.file("maker"), "--nats",
                desk.server.url, "--nats-create",
            ] + RunTests.small, in: scratch)
        #expect(says("has no consumer pks-\(scratch.book)"), "\(daemon.errorsSoFar())")
        maker.signal(SIGTERM)
        #expect(maker.wait() == 0)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        // With it everything is made.
        let creating = try RunTests.start(scratch, ["--config", desk.configuration, "--nats-create"])
        let second = try SegmentReader(book: scratch.book)
        #expect(creating.awaitCondition { Self.isLive(second) }, "\(creating.errorsSoFar())")
        creating.signal(SIGTERM)
        #expect(creating.wait() == 0)
    }

    @Test func `Each thread of a book has its name, so that ps and top tell them apart`() throws {
        let scratch = try Scratch()
        let desk = try Desk(#require(NATSServer.Version.here.first), scratch)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { Self.isLive(reader) })
        let names = Files.names(in: "/proc/\(daemon.pid)/task").map { task in
            String(Files.text("/proc/\(daemon.pid)/task/\(task)/comm").dropLast())
        }
        for prefix in ["pks-i-", "pks-o-"] {
            #expect(names.contains(String((prefix + scratch.book).prefix(15))), "\(names)")
        }
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }

    @Test(arguments: NATSServer.Version.here)
    func `The first start says that it publishes the whole journal, or with --nats-from-now nothing of it`(
        version: NATSServer.Version
    ) throws {
        for fromNow in [false, true] {
            let scratch = try Scratch()
            let fills = try scratch.write(
                "f.csv", "trade_id,symbol,side,qty,price\nt1,X,BUY,1,10\nt2,X,BUY,1,10\n")
            let before = try RunTests.start(scratch, ["--journal", scratch.file("journal")])
            let feed = ["feed", fills, "--book", scratch.book, "--producer", "p", "--wait", "durable"]
            #expect(try Pks.run(feed, in: scratch).status == 0)
            before.signal(SIGTERM)
            #expect(before.wait() == 0)
            let desk = try Desk(version, scratch)
            // Somebody who begins now begins there for good: also when the server is away and the daemon is killed.
            if fromNow {
                desk.server.kill()
                let first = try RunTests.start(scratch, ["--config", desk.configuration, "--nats-from-now"])
                #expect(first.errorsSoFar().contains("nothing of the journal up to record "))
                let more = try scratch.write(
                    "g.csv", "trade_id,symbol,side,qty,price\nt3,X,SELL,2,11\n")
                #expect(
                    try Pks.run(
                        ["feed", more, "--book", scratch.book, "--producer", "q", "--wait", "durable"],
                        in: scratch
                    ).status == 0)
                first.kill()
                try desk.server.start()
            }
            let daemon = try RunTests.start(
                scratch, ["--config", desk.configuration] + (fromNow ? ["--nats-from-now"] : []))
            let reader = try SegmentReader(book: scratch.book)
            #expect(daemon.awaitCondition { Self.isLive(reader) }, "\(daemon.errorsSoFar())")
            let says = daemon.errorsSoFar().contains("the journal is published from its first record")
            #expect(says == !fromNow, "\(daemon.errorsSoFar())")
            let first = try Pks.run(
                [
                    "tail", "--config", desk.configuration, "--subject", "event", "--from", "first",
                    "--count", "1",
                ], in: scratch)
            #expect(first.output.contains("trade_id=t\(fromNow ? 3 : 1) "), "\(first.output)\(first.errors)")
            daemon.signal(SIGTERM)
            #expect(daemon.wait() == 0)
        }
    }

    @Test func `A key that the book has no room for is rejected on the bus by its names`() throws {
        let scratch = try Scratch()
        let desk = try Desk(#require(NATSServer.Version.here.first), scratch)
        let daemon = try desk.start(scratch)
        let rows = (1...70).map { "t\($0),S\($0),BUY,1,10\n" }.joined()
        let fills = try scratch.write("f.csv", "trade_id,symbol,side,qty,price\n" + rows)
        _ = try Pks.run(
            ["feed", fills, "--book", scratch.book, "--producer", "p", "--wait", "durable"], in: scratch)
        let tail = try PksProcess(
            [
                "tail", "--config", desk.configuration, "--subject", "rejected", "--from", "first", "--count",
                "12",
                "--json",
            ], in: scratch)
        #expect(tail.wait() == 0, "\(tail.errorsSoFar())")
        let keys = tail.outputSoFar().split(separator: "\n").filter { $0.contains("slot_capacity") }
        for (index, line) in keys.enumerated() {
            #expect(
                line.contains("\"symbol\":\"S\(65 + index)\"") && line.contains("\"account\":\"default\""),
                "\(line)")
        }
        #expect(!keys.isEmpty)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
    }

    @Test
    func `A server that is away while fills come costs memory that is bounded, and has all of it afterwards`()
        throws
    {
        let scratch = try Scratch()
        let desk = try Desk(#require(NATSServer.Version.here.last), scratch)
        let daemon = try desk.start(scratch)
        let reader = try SegmentReader(book: scratch.book)
        #expect(daemon.awaitCondition { Self.isLive(reader) })
        desk.server.kill()
        #expect(daemon.awaitCondition { reader.bus?.state == .connecting })
        let feeder = try RunTests.feeder(scratch)
        var residentBytes: [Int] = []
        for _ in 0..<5 {
            feeder.put(10_000)
            #expect(feeder.awaitApplied())
            #expect(daemon.awaitCondition { reader.durableSeq == reader.appliedSeq })
            residentBytes.append(Subprocess.residentBytes(daemon.pid))
        }
        // What forty thousand fills have to say takes thirty megabytes, and is in the journal.
        #expect(residentBytes[4] - residentBytes[0] < 16 << 20, "\(residentBytes)")
        try desk.server.start()
        #expect(daemon.awaitCondition { Self.isLive(reader) }, "\(daemon.errorsSoFar())")
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        #expect(try desk.publishedCount() >= 100_000)
    }
}
