import Glibc
import NATSBridge
import NATSSupport
import TestSupport
import Testing

/// `pks nats check --journal`: what the book has on disk, against the streams and the consumer.
@Suite struct NATSCheckJournalTests {
    /// A bus whose book has taken and published six fills, and whose daemon has ended.
    final class Desk {
        let scratch: Scratch
        let bus: BusServer
        var journal: String { scratch.file("journal") }
        var consumer: String { "pks-\(scratch.book)" }

        init(_ version: NATSServer.Version) throws {
            scratch = try Scratch()
            bus = try BusServer(version)
            try bus.makeStreams()
            try publish(1...6)
            let daemon = try RunTests.start(
                scratch, ["--journal", scratch.file("journal"), "--nats", bus.url, "--nats-create"])
            #expect(
                daemon.awaitCondition {
                    let state = try? bus.jetStream().consumer("pks-\(scratch.book)", of: "PKS-BOOKING")
                    // Three messages of each fill, and a match of every second one.
                    return state?.ackedStreamSequence == 6 && (try? bus.count("PKS-POSITIONS")) ?? 0 >= 18
                }, "\(daemon.errorsSoFar())")
            daemon.signal(SIGTERM)
            #expect(daemon.wait() == 0)
        }

        func publish(_ numbers: ClosedRange<Int>) throws {
            let rows = numbers.map { "t\($0),ABC,\($0 % 2 == 0 ? "SELL" : "BUY"),1,\($0)\n" }
            let file = try scratch.write(
                "\(numbers.lowerBound).csv", "trade_id,symbol,side,qty,price\n" + rows.joined())
            let run = try Pks.run(["publish", file, "--nats", bus.url, "--book", scratch.book], in: scratch)
            #expect(run.status == 0, "\(run.errors)")
        }

        func check() throws -> PksResult {
            try Pks.run(
                ["nats", "check", "--nats", bus.url, "--book", scratch.book, "--journal", journal],
                in: scratch)
        }

        /// Takes so many messages as the book would, and acknowledges them.
        func acknowledge(_ count: Int) throws {
            let connection = try NATSConnection(NATSOptions(bus.url))
            let inbox = try connection.makeInbox()
            let messages = try NATSSubscription(connection, subject: inbox)
            func send(_ subject: String, _ text: String, reply: String) throws {
                // SAFETY: the bytes live for the closure.
                try unsafe Array(text.utf8).withUnsafeBytes { bytes in
                    try unsafe connection.publish(subject, bytes, reply: reply)
                }
            }
            try send("$JS.API.CONSUMER.MSG.NEXT.PKS-BOOKING.\(consumer)", "\(count)", reply: inbox)
            for _ in 0..<count {
                let reply = try messages.next(waitMs: 10_000)?.reply ?? ""
                #expect(reply.hasPrefix("$JS.ACK."))
                try send(reply, "+ACK", reply: "")
            }
            try connection.flush()
        }
    }

    @Test(arguments: NATSServer.Version.here)
    func `A position and a cursor that agree are ok, also when there are newer fills`(
        _ version: NATSServer.Version
    ) throws {
        let desk = try Desk(version)
        let whole = try desk.check()
        #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
        #expect(whole.output.contains("PKS-BOOKING is taken to 6 of 6"), "\(whole.output)")
        #expect(whole.output.contains("published to record 10"), "\(whole.output)")
        #expect(whole.output.contains("PKS-POSITIONS has message 10:4 of the book at 22 of 22"))
        #expect(!whole.output.contains("warn  position") && !whole.output.contains("warn  cursor"))
        try desk.publish(7...9)
        let newer = try desk.check()
        #expect(newer.status == 0)
        #expect(newer.output.contains("PKS-BOOKING is taken to 6 of 9"), "\(newer.output)")
        let nothing = try Pks.run(
            [
                "nats", "check", "--nats", desk.bus.url, "--book", desk.scratch.book, "--journal",
                desk.scratch.file("none"),
            ], in: desk.scratch)
        #expect(nothing.status == 0)
        #expect(nothing.output.contains("none yet: fills are taken from the first one in the stream"))
    }

    @Test(arguments: NATSServer.Version.here)
    func `A consumer that somebody else has acknowledged is named with the message that is missing`(
        _ version: NATSServer.Version
    ) throws {
        let desk = try Desk(version)
        try desk.publish(7...9)
        try desk.acknowledge(2)
        // What the server has understood of it is not told; it is seen.
        var run = try desk.check()
        for _ in 0..<200 where !run.output.contains("acknowledged to 8") { run = try desk.check() }
        #expect(run.status == 0, "\(run.output)")
        #expect(
            run.output.contains(
                "PKS-BOOKING is taken to 6: consumer \(desk.consumer) was acknowledged up to 8, but this book has kept "
                    + "no more than 6, and message 7 is for it"), "\(run.output)")
    }

    @Test(arguments: NATSServer.Version.here)
    func `A stream that was purged before its fills were taken has lost them`(
        _ version: NATSServer.Version
    ) throws {
        let desk = try Desk(version)
        try desk.publish(7...9)
        try desk.bus.jetStream().purgeStream("PKS-BOOKING")
        let run = try desk.check()
        #expect(run.status == 1)
        #expect(run.output.contains("begins at 10; messages 7 to 9 were removed"), "\(run.output)")
        #expect(run.output.contains("fix: publish those fills again"))
    }

    @Test(arguments: NATSServer.Version.here)
    func `A stream with another beginning, another end or other messages is told apart`(
        _ version: NATSServer.Version
    ) throws {
        let desk = try Desk(version)
        let jetStream = try desk.bus.jetStream()
        try jetStream.purgeStream("PKS-POSITIONS")
        #expect(try desk.check().status == 0)
        for name in ["PKS-BOOKING", "PKS-REJECTS", "PKS-POSITIONS"] { try jetStream.deleteStream(name) }
        let gone = try desk.check()
        #expect(gone.status == 1)
        #expect(
            gone.output.contains("PKS-BOOKING is taken to 6, and there is no PKS-BOOKING"), "\(gone.output)")
        try desk.bus.makeStreams()
        try jetStream.makeConsumer(
            ConsumerPlan(
                name: desk.consumer,
                filter: BusNames.subject(desk.bus.names.booked, book: desk.scratch.book)), of: "PKS-BOOKING")
        let anew = try desk.check()
        #expect(anew.status == 0, "\(anew.output)")
        #expect(
            anew.output.contains("PKS-BOOKING is taken to 6: stream PKS-BOOKING was made at "),
            "\(anew.output)")
        #expect(anew.output.contains(", and was made anew since"), "\(anew.output)")
        let damaged = Files.text(desk.journal + "/\(desk.scratch.book)/nats-ingest")
        try desk.scratch.write(
            "journal/\(desk.scratch.book)/nats-ingest", damaged.replacing("PKS-BOOKING", with: "PKS-BOOKINH"))
        let broken = try desk.check()
        #expect(broken.status == 1)
        #expect(broken.output.contains("fail  journal"), "\(broken.output)")
    }

    @Test(arguments: NATSServer.Version.here)
    func `A stream that has lost its end is named with both ends`(_ version: NATSServer.Version) throws {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        try bus.makeStreams()
        bus.server.stop()
        try bus.server.saveStore(as: "empty")
        try bus.server.start()
        let rows = (1...4).map { "t\($0),ABC,BUY,1,\($0)\n" }.joined()
        let file = try scratch.write("f.csv", "trade_id,symbol,side,qty,price\n" + rows)
        let publish = ["publish", file, "--nats", bus.url, "--book", scratch.book]
        #expect(try Pks.run(publish, in: scratch).status == 0)
        let daemon = try RunTests.start(
            scratch, ["--journal", scratch.file("journal"), "--nats", bus.url, "--nats-create"])
        #expect(
            daemon.awaitCondition {
                let state = try? bus.jetStream().consumer("pks-\(scratch.book)", of: "PKS-BOOKING")
                return state?.ackedStreamSequence == 4 && (try? bus.count("PKS-POSITIONS")) ?? 0 >= 12
            })
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        bus.server.stop()
        try bus.server.restoreStore(from: "empty")
        try bus.server.start()
        let run = try Pks.run(
            [
                "nats", "check", "--nats", bus.url, "--book", scratch.book, "--journal",
                scratch.file("journal"),
            ], in: scratch)
        #expect(
            run.output.contains(
                "stream PKS-BOOKING ends at 0; this book had taken message 4; it is read again from 1"),
            "\(run.output)")
        #expect(run.output.contains("and ends at 0: it has lost its end"), "\(run.output)")
    }
}
