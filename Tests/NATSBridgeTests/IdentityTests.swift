import NATSBridge
import NATSSupport
import TestSupport
import Testing

/// Who the server is, and who this client is.
@Suite struct IdentityTests {
    /// An authority, and a server's certificate by it for `localhost`.
    private struct Certificates {
        let place: TestDirectory
        var authority: String { place.file("ca.pem") }
        var certificate: String { place.file("server.pem") }
        var key: String { place.file("server.key") }

        init() throws {
            place = try TestDirectory()
            try place.write("names", "subjectAltName=DNS:localhost\n")
            try Self.openssl([
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=pks test authority", "-keyout", place.file("ca.key"), "-out",
                place.file("ca.pem"),
            ])
            try Self.openssl([
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=localhost",
                "-keyout", place.file("server.key"), "-out", place.file("server.csr"),
            ])
            try Self.openssl([
                "x509", "-req", "-in", place.file("server.csr"), "-CA", place.file("ca.pem"), "-CAkey",
                place.file("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", place.file("names"),
                "-out",
                place.file("server.pem"),
            ])
        }

        struct Failed: Error { let arguments: [String] }

        private static func openssl(_ arguments: [String]) throws {
            let process = try Subprocess(
                ["openssl"] + arguments, output: .file("/dev/null"), errors: .file("/dev/null"))
            if process.wait() != 0 { throw Failed(arguments: arguments) }
        }
    }

    @Test(arguments: NATSServer.Version.here)
    func aServerMustBeWhoItsAddressSays(_ version: NATSServer.Version) throws {
        let certificates = try Certificates()
        let server = try NATSServer(
            version,
            settings: "tls { cert_file: \"\(certificates.certificate)\", key_file: \"\(certificates.key)\" }")
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
        let publicKey = "UCVHYRNY657SGXAUDEAQMSYV7JRK4FVT6XBBX6EHDHFJBNIATS5V3NYH"
        let seed = try place.write("seed", "SUAKBT5HXBXZX53AW7JJZ46CUCNOVJP4H5DF37VC4HP23YYXCVKIQ3SACI\n")
        let server = try NATSServer(
            version, settings: "authorization { users: [ { nkey: \(publicKey) } ] }")
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
}
