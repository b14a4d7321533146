import NATSSupport
import TestSupport
import Testing

/// `pks publish` against real servers.
@Suite struct PublishTests {
    private func fills(_ count: Int, in scratch: borrowing Scratch) throws -> String {
        let made = try Pks.run(["generate", "--fills", "\(count)", "--seed", "7"], in: scratch)
        #expect(made.status == 0)
        return try scratch.write("fills.csv", made.output)
    }

    @Test(arguments: NATSServer.Version.here)
    func `Fills are stored once, however often the file is published`(_ version: NATSServer.Version) throws {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        try bus.makeStreams()
        let file = try fills(250, in: scratch)
        let words = ["publish", file, "--nats", bus.url, "--book", scratch.book]
        let first = try Pks.run(words, in: scratch)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.errors.contains("published   250 fills in 250 messages"))
        #expect(first.errors.contains("stored      250 messages in stream PKS-BOOKING"))
        let again = try Pks.run(words + ["--json"], in: scratch)
        #expect(again.status == 0)
        #expect(
            again.output.contains(#""messages":250,"stored":250,"already_there":250,"resent":0"#),
            "\(again.output)")
        #expect(try bus.count("PKS-BOOKING") == 250)
        let blocks = try Pks.run(words + ["--batch", "100"], in: scratch)
        #expect(blocks.errors.contains("published   250 fills in 3 messages"), "\(blocks.errors)")
        #expect(try bus.count("PKS-BOOKING") == 253)
    }

    @Test func `What cannot be used is told with its place, and the rest is stored`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(.debian)
        try bus.makeStreams()
        let file = try scratch.write(
            "f.csv",
            "trade_id,symbol,side,qty,price,book\nt1,ABC,BUY,1,10,\nt2,ABC,HOLD,1,10,\nt3,ABC,SELL,1,11,other\n"
        )
        let run = try Pks.run(["publish", file, "--nats", bus.url, "--book", scratch.book], in: scratch)
        #expect(run.status == 65)
        #expect(run.errors.contains("f.csv:3:8: "), "\(run.errors)")
        #expect(run.errors.contains("this run is for book \(scratch.book)"))
        #expect(run.errors.contains("published   1 fills in 1 messages"))
        let allowed = try Pks.run(
            ["publish", file, "--nats", bus.url, "--book", scratch.book, "--allow-rejects"], in: scratch)
        #expect(allowed.status == 0)
        #expect(try bus.count("PKS-BOOKING") == 1)
    }

    @Test(arguments: NATSServer.Version.here)
    func `A server that is killed in the middle costs time and nothing else`(_ version: NATSServer.Version)
        throws
    {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        try bus.makeStreams()
        let file = try fills(4000, in: scratch)
        let run = try PksProcess(
            ["publish", file, "--nats", bus.url, "--book", scratch.book, "--rate", "4000", "--json"],
            in: scratch)
        for killAt in [UInt64(500), 1500] {
            #expect(run.awaitCondition { ((try? bus.count("PKS-BOOKING")) ?? 0) >= killAt })
            bus.server.kill()
            try bus.server.start()
        }
        #expect(run.wait() == 0, "\(run.errorsSoFar())")
        #expect(run.outputSoFar().contains(#""messages":4000,"stored":4000"#), "\(run.outputSoFar())")
        #expect(!run.outputSoFar().contains(#""setbacks":0"#))
        #expect(try bus.count("PKS-BOOKING") == 4000)
        // In the order of the file: the generator numbers its trades.
        let tail = try Pks.run(
            [
                "tail", "--nats", bus.url, "--book", scratch.book, "--subject", "booked", "--from", "first",
                "--count", "4000", "--json",
            ], in: scratch)
        let ids = tail.outputLines.compactMap { line in
            line.firstRange(of: #""trade_id":"t"#).flatMap {
                Int(line[$0.upperBound...].prefix { $0.isNumber })
            }
        }
        #expect(ids == Array(1...4000))
    }

    @Test func `Without a server or a stream it says what to do`() throws {
        let scratch = try Scratch()
        let file = try fills(3, in: scratch)
        let port = try FreePort.find()
        let away = try Pks.run(
            ["publish", file, "--nats", "nats://anna:geheim@127.0.0.1:\(port)", "--book", scratch.book],
            in: scratch)
        #expect(away.status == 69)
        #expect(away.errors.contains("is a server running there?"), "\(away.errors)")
        #expect(!away.errors.contains("geheim"))
        let bus = try BusServer(.debian)
        let missing = try Pks.run(["publish", file, "--nats", bus.url, "--book", scratch.book], in: scratch)
        #expect(missing.status == 69)
        #expect(
            missing.errors
                == "pks: NATS: there is no stream PKS-BOOKING (pks run --nats-create makes it, or name another with --stream)\n"
        )
        try bus.makeStreams()
        let other = try Pks.run(
            ["publish", file, "--nats", bus.url, "--book", scratch.book, "--stream", "PKS-REJECTS"],
            in: scratch)
        #expect(other.status == 69)
        #expect(other.errors.contains("stream PKS-REJECTS does not take backoffice.booking.v1.TradeBooked."))
    }

    @Test func `Command lines that are wrong`() throws {
        let scratch = try Scratch()
        for (words, message) in [
            (["publish", "f", "--book", "b"], "no --nats"),
            (["publish", "f", "--nats", "nats://h"], "no --book"),
            (["publish", "f", "--nats", "http://h", "--book", "b"], "not the address of a server"),
            (["publish", "f", "--nats", "nats://h", "--book", "a.b"], "cannot be on the bus"),
            (["tail", "--nats", "nats://h", "--book", "b", "--subject", "x"], "no such choice"),
            (["tail", "--nats", "nats://h", "--book", "b", "--from", "0"], "no place in a stream"),
            (
                [
                    "tail", "--nats", "nats://h", "--book", "b", "--from", "1", "--subject", "lot",
                    "--subject", "dlq",
                ],
                "each with its own places"
            ),
            (["tail", "--nats", "nats://h", "--book", "b", "--nats-nkey", "U"], "go together"),
            (
                ["tail", "--nats", "nats://h", "--book", "b", "--nats-creds", "f", "--nats-nkey", "U"],
                "exclude"
            ),
            (["tail", "--nats", "nats://h", "--book", "b", "--nats-tls-cert", "f"], "go together"),
            (["nats", "chekc", "--nats", "nats://h", "--book", "b"], "no such choice"),
        ] {
            let run = try Pks.run(words, in: scratch)
            #expect(run.status == 64, "\(words)")
            #expect(run.errors.contains(message), "\(run.errors)")
        }
    }
}
