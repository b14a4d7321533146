import NATSBridge

/// Looks at the bus as `pks nats check` does, and collects what it found.
final class BusInspection {
    let bus: BusOptions
    /// Where the daemon's journal is, when that was said.
    let journal: String?
    private(set) var checks: [Check] = []
    /// A subject that is needed is refused.
    private(set) var isRefused = false
    /// What each stream said of itself, by name.
    var streams: [String: JSONValue] = [:]

    init(_ options: ParsedOptions) throws(CommandError) {
        bus = try BusOptions(options)
        journal = options.text("journal") ?? bus.journal
    }

    func add(_ check: Check) { checks.append(check) }

    /// Notes that something is needed which the server refuses.
    func refuse(_ name: String, _ finding: String, fix: String) {
        isRefused = true
        add(.fail(name, finding, fix: fix))
    }

    /// Looks at everything. Throws when there is no connection to look over.
    func run() throws(CommandError) {
        do throws(BusError) {
            let connection = try connect()
            try lookAtJetStream(connection)
            try lookAtStreams(connection)
            try lookAtConsumer(connection)
            try lookAtJournal(connection)
            try lookAtRights(connection)
        } catch {
            throw CommandError(error)
        }
    }

    // MARK: - Server and connection

    private func connect() throws(BusError) -> NATSConnection {
        let connection = try NATSConnection(bus.nats)
        let greeting = try ServerGreeting(connection.server, waitMs: bus.nats.connectMs)
        // A server without a name calls itself by its key.
        let name = greeting.name.isEmpty || greeting.name.count > 48 ? "" : " (\(greeting.name))"
        let finding = "nats-server \(greeting.version)\(name) at \(connection.server)"
        if greeting.isBefore(2, 9) {
            add(.fail("server", finding, fix: "run nats-server 2.9 or newer"))
        } else {
            add(.ok("server", finding))
        }
        let micros = try connection.roundTripNs() / 1000
        let isSecure = connection.isSecure
        let words =
            "\(micros) us there and back, \(isSecure ? "TLS" : "no TLS"), messages of up to "
            + "\(connection.payloadBytesMax) bytes"
        if !isSecure && !Self.isHere(connection.server.host) {
            add(
                .warn(
                    "connection", words,
                    fix:
                        "let the server have a certificate and write tls://: fills and passwords travel in the clear"
                ))
        } else {
            add(.ok("connection", words))
        }
        lookAtIdentity(greeting)
        return connection
    }

    private func lookAtIdentity(_ greeting: ServerGreeting) {
        switch bus.nats.identity {
        case .credentials(let path): add(.ok("user", "by the credentials of \(shown(path))"))
        case .nkey(let key, _): add(.ok("user", "by the NKey \(shown(key))"))
        case .asAddressed where greeting.asksForIdentity: add(.ok("user", "let in by what the address says"))
        case .asAddressed:
            add(
                .warn(
                    "user", "nobody in particular: the server lets everybody in",
                    fix: "give the server users, and pks credentials, an NKey or a user of its own"))
        }
    }

    private static func isHere(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private func lookAtJetStream(_ connection: NATSConnection) throws(BusError) {
        let prefix = try JetStream(connection).prefix
        let info: JSONValue
        do throws(BusError) { info = try connection.ask("\(prefix).INFO", "") } catch {
            guard case .notPermitted(_, let reason) = error else { throw error }
            add(.warn("jetstream", reason, fix: "let this user publish to \(prefix).INFO"))
            return
        }
        guard info["error"] == .null else {
            throw .noJetStream(operation: "asking for JetStream")
        }
        let limit = info["limits"]["max_storage"].integer ?? -1
        let used = info["storage"].integer ?? 0
        let room = limit < 0 ? "no limit but the disk's" : "\(bytesText(Int(limit)))"
        add(
            .ok(
                "jetstream",
                "\(info["streams"].integer ?? 0) streams, \(bytesText(Int(used))) on disk, room: \(room)"))
    }
}
