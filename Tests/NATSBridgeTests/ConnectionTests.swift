import NATSBridge
import NATSSupport
import Testing

@Suite struct ConnectionTests {
    @Test(
        .enabled(
            if: NATSServer.Version.current.program != nil,
            "the current server is not here: scripts/nats-server.sh fetches it"))
    func theCurrentServerIsTestedToo() throws {
        _ = try NATSServer(.current)
    }

    @Test(arguments: NATSServer.Version.here)
    func whatIsSentIsReceived(_ version: NATSServer.Version) throws {
        let server = try NATSServer(version)
        let connection = try NATSConnection(NATSOptions(server.url))
        #expect(connection.isConnected)
        #expect(!connection.serverID.isEmpty)
        #expect(connection.payloadBytesMax == 1 << 20)
        let subscription = try NATSSubscription(connection, subject: "a.>")
        try connection.send("a.b", [1, 2, 3], reply: "r")
        try connection.send("a.c", [], headers: [("Nats-Msg-Id", "main:1:0"), ("Pks-Reason", "größer")])
        #expect(
            try subscription.take()
                == Received(subject: "a.b", reply: "r", payload: [1, 2, 3], messageID: nil, reason: nil))
        #expect(
            try subscription.take()
                == Received(
                    subject: "a.c", reply: "", payload: [], messageID: "main:1:0", reason: "größer"))
        #expect(try subscription.take(waitMs: 0) == nil)
    }

    @Test(arguments: NATSServer.Version.here)
    func aLostServerIsAnErrorAndNotASilentNewLife(_ version: NATSServer.Version) throws {
        let server = try NATSServer(version)
        let connection = try NATSConnection(NATSOptions(server.url))
        let subscription = try NATSSubscription(connection, subject: "a")
        try connection.flush()
        server.kill()
        #expect(throws: BusError.self) { _ = try subscription.take() }
        try server.start()
        #expect(!connection.isConnected)
        #expect(throws: BusError.self) { try connection.send("a", [1]) }
        #expect(throws: BusError.self) { try connection.check() }
        let again = try NATSConnection(NATSOptions(server.url))
        try again.flush()
    }

    @Test func anotherServerOfTheListIsTried() throws {
        let server = try NATSServer(.debian)
        let nobody = try FreePort.find()
        let connection = try NATSConnection(NATSOptions("nats://127.0.0.1:\(nobody),\(server.url)"))
        #expect(connection.server.port == server.port)
        do {
            _ = try NATSConnection(NATSOptions("nats://u:geheim@127.0.0.1:\(nobody)"))
            Issue.record("nobody listens there")
        } catch {
            #expect("\(error)".contains("127.0.0.1:\(nobody)"))
            #expect(!"\(error)".contains("geheim"))
            guard case .unreachable(_, _, isRefused: false) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func aPasswordIsAskedForAndNeverShown() throws {
        let server = try NATSServer(
            .debian, settings: #"authorization { user: "anna", password: "sehr-geheim" }"#)
        let place = "127.0.0.1:\(server.port)"
        let options = try NATSOptions("nats://anna:sehr-geheim@\(place)")
        for text in ["\(options)", "\(options.servers)", String(reflecting: options), options.serverList] {
            #expect(!text.contains("geheim"), "\(text)")
            #expect(text.contains(place), "\(text)")
        }
        try NATSConnection(options).flush()
        do {
            _ = try NATSConnection(NATSOptions("nats://anna:falsch@\(place)"))
            Issue.record("the password is wrong")
        } catch {
            guard case .unreachable(_, _, isRefused: true) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!"\(error)".contains("falsch"))
        }
    }

    @Test func addressesAreReadOrRefused() throws {
        let plain = try NATSAddress("desk")
        #expect(plain.host == "desk" && plain.port == 4222 && !plain.isSecure)
        let full = try NATSAddress("tls://token@[::1]:99/")
        #expect(full.host == "::1" && full.port == 99 && full.isSecure)
        #expect(full.description == "tls://***@[::1]:99")
        for wrong in [
            "", "nats://", "http://a", "nats://a:0", "nats://a:65536", "nats://a:x", "nats://a b",
            "nats://a/b",
            "nats://a\n", "nats://:4222",
        ] {
            #expect(throws: BusError.self, "\(wrong)") { _ = try NATSAddress(wrong) }
        }
        #expect(throws: BusError.self) { _ = try NATSOptions("") }
    }
}
