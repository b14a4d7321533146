import Glibc
import NATSBridge
import NATSSupport
import TestSupport
import Testing

/// Who is let in, and by whom: through the daemon and the verbs, as an operator has it.
@Suite struct BusIdentityTests {
    /// Options that reach a bus, and what must not be seen of them.
    private struct Access {
        let url: String
        let options: [String]
        var secrets: [String] = []
    }

    /// Runs a daemon, publishes, reads back and checks with these options.
    private func goAround(_ access: Access, in scratch: borrowing Scratch) throws -> PksResult {
        let reach = ["--nats", access.url] + access.options
        let daemon = try RunTests.start(
            scratch, ["--journal", scratch.file("journal"), "--nats-create"] + reach)
        let words = reach + ["--book", scratch.book]
        #expect(
            daemon.awaitCondition { (try? Pks.run(["nats", "check"] + words, in: scratch).status) == 0 },
            "\(daemon.errorsSoFar())")
        let fills = try scratch.write(
            "f.csv", "trade_id,symbol,side,qty,price\nt1,ABC,BUY,3,10\nt2,ABC,SELL,1,11\n")
        let published = try Pks.run(["publish", fills] + words, in: scratch)
        #expect(published.status == 0, "\(published.errors)")
        let tail = try Pks.run(
            ["tail", "--subject", "match", "--from", "first", "--count", "1"] + words, in: scratch)
        #expect(tail.output.contains("realized_pnl=1"), "\(tail.output)\(tail.errors)")
        let check = try Pks.run(["nats", "check"] + words, in: scratch)
        #expect(check.status == 0, "\(check.output)")
        let stats = try Pks.run(["stats", "--json"], in: scratch)
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        #expect(daemon.errorsSoFar().contains("bus out: connected to"))
        for text in [
            published.errors, tail.output, tail.errors, check.output, check.errors, stats.output,
            daemon.outputSoFar(), daemon.errorsSoFar(),
        ] {
            for secret in access.secrets { #expect(!text.contains(secret), "\(text)") }
        }
        return check
    }

    @Test(arguments: NATSServer.Version.here)
    func `Credentials of the server's operator let daemon and verbs in`(
        _ version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let house = try TestOperator()
        let server = try NATSServer(version, settings: house.settings)
        let credentials = try house.writeCredentials()
        let check = try goAround(
            Access(url: server.url, options: ["--nats-creds", credentials], secrets: house.secrets),
            in: scratch)
        #expect(check.output.contains("by the credentials of \(credentials)"))
    }

    @Test(arguments: NATSServer.Version.here)
    func
        `Credentials that are another operator's, damaged or missing are refused in words, without their content`(
            _ version: NATSServer.Version
        ) throws
    {
        let scratch = try Scratch()
        let (house, stranger) = (try TestOperator(), try TestOperator())
        let server = try NATSServer(version, settings: house.settings)
        let whole = Files.text(try house.writeCredentials())
        let cut = try scratch.write("cut.creds", String(whole.prefix(whole.count / 2)))
        for (path, status, words) in [
            (try stranger.writeCredentials(), Int32(77), "the server does not let this user in"),
            (cut, 78, "cut.creds is not usable: it has no line"),
            (scratch.file("none.creds"), 78, "none.creds is not usable: No such file"),
        ] {
            for verb in [["tail"], ["nats", "check"]] {
                let run = try Pks.run(
                    verb + ["--nats", server.url, "--book", scratch.book, "--nats-creds", path], in: scratch)
                #expect(run.status == status, "\(run.errors)")
                #expect(run.errors.contains(words), "\(run.errors)")
                for secret in house.secrets + stranger.secrets { #expect(!run.errors.contains(secret)) }
            }
        }
        // The daemon goes on without the bus, and says why.
        let daemon = try RunTests.start(
            scratch,
            [
                "--journal", scratch.file("journal"), "--nats", server.url, "--nats-creds",
                try stranger.writeCredentials("other.creds"),
            ])
        #expect(daemon.awaitErrors { $0.contains("bus in: ") && $0.contains("does not let this user in") })
        daemon.signal(SIGTERM)
        #expect(daemon.wait() == 0)
        for secret in stranger.secrets { #expect(!daemon.errorsSoFar().contains(secret)) }
    }

    @Test(arguments: NATSServer.Version.here)
    func `TLS and an NKey go through daemon and verbs, and only to the server of that name`(
        _ version: NATSServer.Version
    ) throws {
        let scratch = try Scratch()
        let certificates = try TestCertificates()
        let server = try NATSServer(version, settings: certificates.settings + "\n" + TestUser.settings)
        let seed = try scratch.write("user.seed", TestUser.seed + "\n")
        let identity = ["--nats-nkey", TestUser.publicKey, "--nats-nkey-seed", seed]
        let trust = ["--nats-tls-ca", certificates.authority]
        let check = try goAround(
            Access(
                url: "tls://localhost:\(server.port)", options: identity + trust, secrets: [TestUser.seed]),
            in: scratch)
        #expect(check.output.contains(", TLS, "), "\(check.output)")
        #expect(check.output.contains("by the NKey \(TestUser.publicKey)"))
        func refused(_ url: String, _ options: [String], _ words: String) throws {
            let run = try Pks.run(
                ["nats", "check", "--nats", url, "--book", scratch.book] + options, in: scratch)
            #expect(run.status == 77, "\(run.output)\(run.errors)")
            #expect(run.errors.contains(words), "\(run.errors)")
            #expect(!run.errors.contains(TestUser.seed))
        }
        let here = "tls://127.0.0.1:\(server.port)"
        try refused(here, identity + trust, "127.0.0.1")
        try refused(here, identity + trust, "certificate must be for 127.0.0.1")
        try refused("tls://localhost:\(server.port)", identity, "signed by who is trusted")
        try refused("tls://localhost:\(server.port)", trust, "does not let this user in")
        let named = try Pks.run(
            ["nats", "check", "--nats", here, "--book", scratch.book, "--nats-tls-host", "localhost"]
                + identity + trust, in: scratch)
        #expect(named.status == 0, "\(named.output)\(named.errors)")
        // The key of somebody else.
        let other = try TestOperator().publicUser
        try refused(
            "tls://localhost:\(server.port)", trust + ["--nats-nkey", other, "--nats-nkey-seed", seed],
            "does not let this user in")
    }
}
