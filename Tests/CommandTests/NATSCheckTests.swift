import NATSBridge
import NATSSupport
import Testing

/// `pks nats check` against real servers.
@Suite struct NATSCheckTests {
    private func check(_ url: String, _ more: [String] = [], in scratch: borrowing Scratch) throws
        -> PksResult
    {
        try Pks.run(["nats", "check", "--nats", url, "--book", scratch.book] + more, in: scratch)
    }

    @Test(arguments: NATSServer.Version.here)
    func `Everything in place is ok, and what is missing is named with its fix`(
        _ version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let bus = try BusServer(version)
        let bare = try check(bus.url, in: scratch)
        #expect(bare.status == 1)
        #expect(bare.output.contains("PKS-BOOKING is not there\n"))
        #expect(
            bare.output.contains("fix: pks run --nats-create makes it; or: nats stream add PKS-POSITIONS"))
        try bus.makeStreams()
        let consumer = try check(bus.url, in: scratch)
        #expect(consumer.status == 1)
        #expect(consumer.output.contains("pks-\(scratch.book) is not there"))
        let subject = BusNames.subject(bus.names.booked, book: scratch.book)
        try bus.jetStream().makeConsumer(
            ConsumerPlan(name: "pks-\(scratch.book)", filter: subject), of: "PKS-BOOKING")
        try bus.store(bus.names.booked, book: scratch.book, [1])
        let whole = try check(bus.url, in: scratch)
        #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
        #expect(!whole.output.contains("fail"))
        #expect(whole.output.contains("nats-server \(version == .debian ? "2.9.10" : "2.")"))
        #expect(whole.output.contains("delivered to 0, acknowledged to 0, 0 in between, 1 to come"))
        #expect(whole.output.contains("may publish rejects, publish dead letters, publish positions"))
        // Looking has stored nothing and taken nothing.
        #expect(try bus.count("PKS-BOOKING") == 1)
        #expect(try bus.count("PKS-REJECTS") == 0)
        #expect(try bus.count("PKS-POSITIONS") == 0)
        let state = try bus.jetStream().consumer("pks-\(scratch.book)", of: "PKS-BOOKING")
        #expect(state?.deliveredStreamSequence == 0 && state?.pendingCount == 1)
        let json = try check(bus.url, ["--json"], in: scratch)
        #expect(json.output.contains(#"{"check":"server","verdict":"ok","finding":"nats-server "#))
        #expect(json.output.hasPrefix("[\n") && json.output.hasSuffix("\n]\n"))
    }

    @Test func `Streams that a book cannot work with are named`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(.debian)
        try bus.makeStreams()
        let jetStream = try bus.jetStream()
        for (name, config) in [
            (
                "PKS-BOOKING",
                #""subjects":["backoffice.booking.v1.TradeBooked.*"],"retention":"limits","storage":"file""#
            ),
            (
                "PKS-REJECTS",
                #""subjects":["backoffice.booking.v1.TradeRejected.*","backoffice.booking.dlq.*"],"retention":"workqueue","storage":"file""#
            ),
            ("PKS-POSITIONS", #""subjects":["bo.position.*.v1.*"],"retention":"limits","storage":"memory""#),
        ] {
            try jetStream.deleteStream(name)
            let answer = try jetStream.connection.ask(
                "$JS.API.STREAM.CREATE.\(name)", "{\"name\":\"\(name)\",\"num_replicas\":1,\(config)}")
            #expect(answer["error"] == .null)
        }
        try jetStream.makeConsumer(ConsumerPlan(name: "pks-\(scratch.book)", filter: ""), of: "PKS-BOOKING")
        let run = try check(bus.url, in: scratch)
        #expect(run.status == 1)
        #expect(
            run.output.contains("does not take backoffice.booking.v1.LifecycleEventApplied.\(scratch.book)"))
        #expect(run.output.contains("messages go when they are acknowledged"))
        #expect(run.output.contains("a restart of the server loses it"))
        #expect(run.output.contains("it delivers everything"), "\(run.output)")
    }

    @Test func `Who is not let in, or may not do what is needed, is told so without secrets`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(
            .debian,
            settings: """
                authorization { users: [
                  { user: "all", password: "geheim" },
                  { user: "few", password: "geheim", permissions: { publish: { deny: ["bo.position.>", "$JS.ACK.>"] } } }
                ] }
                """)
        let place = "127.0.0.1:\(bus.server.port)"
        let nobody = try check("nats://all:falsch@\(place)", in: scratch)
        #expect(nobody.status == 77)
        #expect(!nobody.errors.contains("falsch"))
        let few = try check("nats://few:geheim@\(place)", in: scratch)
        #expect(few.status == 77, "\(few.output)")
        #expect(few.output.contains("may not publish matches: "))
        #expect(few.output.contains("fix: let this user publish to bo.position.match.v1.\(scratch.book)"))
        #expect(few.output.contains("may not acknowledge fills: "))
        #expect(few.output.contains("may publish rejects"))
        #expect(!few.output.contains("geheim"))
        #expect(few.output.contains("let in by what the address says"))
        let away = try check("nats://127.0.0.1:\(try FreePort.find())", in: scratch)
        #expect(away.status == 69)
    }

    @Test func `A server without JetStream is no bus`() throws {
        let scratch = try Scratch()
        let bus = try BusServer(
            .debian,
            settings: #"accounts { A { users: [ { user: "a", password: "b" } ] } }"#)
        let run = try check("nats://a:b@127.0.0.1:\(bus.server.port)", in: scratch)
        #expect(run.status == 69)
        #expect(run.errors.contains("JetStream is not there"), "\(run.errors)")
    }
}
