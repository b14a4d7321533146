import Glibc
import NATSBridge
import NATSSupport
import TestSupport
import Testing

/// The bus's verbs with the daemon's configuration.
@Suite struct BusConfigTests {
    private static func write(_ scratch: borrowing Scratch, servers: String, more: String = "") throws
        -> String
    {
        try scratch.write(
            "pks.toml",
            """
            [nats]
            servers = "\(servers)"
            create = true
            booking_stream = "DESK-IN"
            reject_stream = "DESK-NOT"
            position_stream = "DESK-OUT"
            consumer = "desk-{book}"
            subject_booked = "desk.in.{book}"
            subject_lifecycle = "desk.life.{book}"
            subject_rejected = "desk.not.{book}"
            subject_dead_letter = "desk.dead.{book}"
            subject_position = "desk.position.{book}"
            subject_lot = "desk.lot.{book}"
            subject_match = "desk.match.{book}"
            subject_pnl = "desk.pnl.{book}"
            subject_event = "desk.event.{book}"
            retry_interval = "50ms"
            \(more)
            [[book]]
            name = "\(scratch.book)"
            journal = "journal"
            """)
    }

    @Test(arguments: NATSServer.Version.here)
    func `Publish, run, tail and check meet under the names of one file, and none prints its password`(
        _ version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let server = try NATSServer(
            version, settings: #"authorization { users: [ { user: "desk", password: "hunter2" } ] }"#)
        let file = try Self.write(scratch, servers: "nats://desk:hunter2@127.0.0.1:\(server.port)")
        let daemon = try RunTests.start(scratch, ["--config", file])
        let made = daemon.awaitCondition {
            (try? Pks.run(["nats", "check", "--config", file], in: scratch).status) == 0
        }
        #expect(made, "\(daemon.errorsSoFar())")
        let fills = try scratch.write(
            "f.csv", "trade_id,symbol,side,qty,price\nt1,ABC,BUY,3,10\nt2,ABC,SELL,1,11\n")
        let published = try Pks.run(["publish", fills, "--config", file], in: scratch)
        #expect(published.status == 0, "\(published.errors)")
        #expect(published.errors.contains("stored      2 messages in stream DESK-IN"))
        #expect(published.errors.contains("to desk.in.\(scratch.book) for book \(scratch.book)"))
        let tail = try Pks.run(
            ["tail", "--config", file, "--subject", "match", "--from", "first", "--count", "1", "--json"],
            in: scratch)
        #expect(tail.output.contains(#""stream":"DESK-OUT""#), "\(tail.errors)")
        #expect(tail.output.contains("\"subject\":\"desk.match.\(scratch.book)\""))
        #expect(tail.output.contains(#""realized_pnl":"1""#), "\(tail.output)")
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        // The journal that the file names is looked at, too.
        let check = try Pks.run(["nats", "check", "--config", file, "--book", scratch.book], in: scratch)
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("DESK-IN is taken to 2 of 2"), "\(check.output)")
        #expect(check.output.contains("desk-\(scratch.book): delivered to 2, acknowledged to 2"))
        #expect(check.output.contains("let in by what the address says"))
        for text in [
            published.output, published.errors, tail.output, tail.errors, check.output, check.errors,
            daemon.outputSoFar(), daemon.errorsSoFar(),
        ] { #expect(!text.contains("hunter2"), "\(text)") }
    }

    @Test func `The command line goes before the file`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(.debian)
        let nobody = try FreePort.find()
        let seed = try scratch.write("seed", "x")
        let file = try Self.write(
            scratch, servers: "nats://127.0.0.1:\(nobody)",
            more: "nkey = \"U\(String(repeating: "A", count: 55))\"\nnkey_seed = \"\(seed)\"")
        let jetStream = try bus.jetStream()
        try jetStream.makeStream(StreamPlan(name: "MINE", subjects: ["desk.in.*"]))
        let fills = try scratch.write("f.csv", "trade_id,symbol,side,qty,price\nt1,ABC,BUY,3,10\n")
        let away = try Pks.run(["publish", fills, "--config", file], in: scratch)
        #expect(away.status != 0)
        let shown = try Pks.run(
            [
                "config", "show", file, "--nats", bus.url, "--nats-creds", "mine.creds", "--nats-tls-host",
                "hub",
            ],
            in: scratch)
        #expect(shown.status == 0, "\(shown.errors)")
        func says(_ text: String) { #expect(shown.output.contains(text), "\(shown.output)") }
        // How far apart the two stand depends on how long paths are.
        #expect(
            shown.outputLines.contains {
                $0.contains("mine.creds\" ") && $0.hasSuffix(" # command line --nats-creds")
            }, "\(shown.output)")
        says("tls_hostname = \"hub\"")
        // One identity takes the place of the other.
        says("nkey = \"\"")
        says("nkey_seed = \"\"")
        let plain = try Self.write(scratch, servers: "nats://127.0.0.1:\(nobody)")
        let there = try Pks.run(
            ["publish", fills, "--config", plain, "--nats", bus.url, "--stream", "MINE"], in: scratch)
        #expect(there.status == 0, "\(there.errors)")
        #expect(try jetStream.stream("MINE")?.messageCount == 1)
    }

    @Test func `A wrong file is judged as pks run does, in whole, with places and without secrets`() throws {
        let scratch = try Scratch()
        let fills = try scratch.write("f.csv", "trade_id,symbol,side,qty,price\n")
        let file = try scratch.write(
            "wrong.toml",
            """
            [nats]
            servers = ["http://user:hunter2@h"]
            serverz = 1
            nkey = "SUAHUNTER2"
            [[book]]
            name = "a"
            method = "fifi"
            """)
        let daemon = try Pks.run(["run", "--config", file], in: scratch)
        for verb in [["publish", fills], ["tail"], ["nats", "check"]] {
            let run = try Pks.run(verb + ["--config", file], in: scratch)
            #expect(run.status == 78, "\(verb)")
            for place in [":2:12: ", ":3:1: ", ":4:8: ", ":7:10: "] {
                #expect(run.errors.contains("wrong.toml\(place)"), "\(run.errors)")
            }
            #expect(!run.errors.contains("hunter2") && !run.errors.contains("HUNTER2"), "\(run.errors)")
            #expect(run.errors == daemon.errors)
            let none = try Pks.run(verb + ["--config", scratch.file("none.toml")], in: scratch)
            #expect(none.status == 66, "\(none.errors)")
        }
        #expect(daemon.status == 78)
    }

    @Test func `Without a book or a server it says which of both, and where it belongs`() throws {
        let scratch = try Scratch()
        let many = try scratch.write(
            "many.toml", "[nats]\nservers = \"h\"\n[[book]]\nname = \"a\"\n[[book]]\nname = \"b\"\n")
        let none = try scratch.write("none.toml", "[[book]]\nname = \"a\"\n")
        let dotted = try scratch.write(
            "dotted.toml", "[nats]\nservers = \"h\"\n[[book]]\nname = \"a.b\"\n")
        let seed = "SUA" + String(repeating: "A", count: 53)
        for (words, status, message) in [
            (["tail", "--config", many], Int32(64), "many.toml has 2 books (name one: --book a or b)"),
            (["tail", "--config", many, "--book", "c"], 78, "there is no book \"c\""),
            (
                ["tail", "--config", none], 78,
                "none.toml: names no servers of the bus (write servers under [nats]"
            ),
            (["tail", "--config", dotted], 78, "dotted.toml:4:8: the book \"a.b\" on the bus"),
            (["tail", "--book", "a"], 64, "no --nats"),
            (["tail", "--nats", "nats://h"], 64, "no --book"),
            (
                ["tail", "--nats", "nats://h", "--book", "a", "--nats-nkey", seed, "--nats-nkey-seed", "f"],
                64,
                "is no public NKey"
            ),
        ] {
            let run = try Pks.run(words, in: scratch)
            #expect(run.status == status, "\(words): \(run.errors)")
            #expect(run.errors.contains(message), "\(run.errors)")
            #expect(!run.errors.contains(seed))
        }
    }
}
