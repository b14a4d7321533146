import NATSBridge
import NATSSupport
import TestSupport
import Testing

/// Who the server is, and who this client is.
@Suite struct IdentityTests {
    @Test(arguments: NATSServer.Version.here)
    func aServerMustBeWhoItsAddressSays(_ version: NATSServer.Version) throws {
        let certificates = try TestCertificates()
        let server = try NATSServer(version, settings: certificates.settings)
        func connect(_ host: String, authority: Bool = true, hostname: String? = nil) throws(BusError) {
            var options = try NATSOptions("tls://\(host):\(server.port)")
            options.security = NATSOptions.Security(
                authorityPath: authority ? certificates.authority : nil, hostname: hostname)
            try NATSConnection(options).flush()
        }
        try connect("localhost")
        try connect("127.0.0.1", hostname: "localhost")
        for (host, authority, name) in [
            ("127.0.0.1", true, nil), ("localhost", true, "elsewhere.example"), ("localhost", false, nil),
        ] as [(String, Bool, String?)] {
            do {
                try connect(host, authority: authority, hostname: name)
                Issue.record("\(host) \(authority) \(name ?? "") was let through")
            } catch {
                guard case .unreachable(_, _, isRefused: true) = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test(arguments: NATSServer.Version.here)
    func aSeedProvesWhoTheClientIs(_ version: NATSServer.Version) throws {
        let place = try TestDirectory()
        let publicKey = TestUser.publicKey
        let seed = try place.write("seed", TestUser.seed + "\n")
        let server = try NATSServer(version, settings: TestUser.settings)
        var options = try NATSOptions(server.url)
        options.identity = .nkey(publicKey: publicKey, seedPath: seed)
        try NATSConnection(options).flush()
        #expect(!"\(options)".contains("SUAKB"))
        options.identity = .asAddressed
        #expect(throws: BusError.self) { _ = try NATSConnection(options) }
        options.identity = .nkey(publicKey: publicKey, seedPath: place.file("missing"))
        #expect(throws: BusError.self) { _ = try NATSConnection(options) }
        options.identity = .credentials(path: place.file("missing"))
        #expect(throws: BusError.self) { _ = try NATSConnection(options) }
    }

    @Test func aSignatureThatTheLibraryGetsWrongIsNoRefusal() throws {
        let place = try TestDirectory()
        let seed = try place.write("seed", TestUser.seed + "\n")
        let server = try NATSServer(.debian, settings: TestUser.settings)
        var options = try NATSOptions(server.url)
        options.identity = .nkey(publicKey: TestUser.publicKey, seedPath: seed)
        // Of so many, the library signs some six wrongly.
        for _ in 0..<1500 { _ = try NATSConnection(options) }
    }

    @Test(arguments: NATSServer.Version.here)
    func credentialsProveWhoTheClientIs(_ version: NATSServer.Version) throws {
        let (house, stranger) = (try TestOperator(), try TestOperator())
        let server = try NATSServer(version, settings: house.settings)
        var options = try NATSOptions(server.url)
        options.identity = .credentials(path: try house.writeCredentials())
        let connection = try NATSConnection(options)
        try connection.flush()
        // The account that the token names has streams of its own.
        try JetStream(connection).makeStream(StreamPlan(name: "S", subjects: ["s"]))
        #expect(try JetStream(connection).stream("S")?.messageCount == 0)
        for secret in house.secrets { #expect(!"\(options)\(connection.options)".contains(secret)) }
        for identity in [.credentials(path: try stranger.writeCredentials()), .asAddressed]
            as [NATSOptions.Identity]
        {
            options.identity = identity
            do {
                _ = try NATSConnection(options)
                Issue.record("\(identity) was let in")
            } catch {
                guard case .unreachable(_, _, isRefused: true) = error else {
                    Issue.record("\(error)")
                    return
                }
                for secret in stranger.secrets { #expect(!"\(error)".contains(secret)) }
            }
        }
    }
}
