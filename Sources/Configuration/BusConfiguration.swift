public import NATSBridge

/// Everything that is in force for the bus of a daemon's books.
public struct BusConfiguration: Equatable, Sendable {
    /// Where it is, who this is, and how long things may take.
    public var nats: NATSOptions
    /// Streams and subjects.
    public var names = BusNames()
    /// Streams and consumers that are missing are made.
    public var createsMissing = false
    /// Messages asked for at a time.
    public var batch = 1000
    /// The most messages that are taken and not acknowledged.
    public var unacknowledgedMax = 65_536
    /// How long to wait between attempts.
    public var retryMs: Int64 = 1000
    /// After how long the server gives an unacknowledged message again.
    public var acknowledgeMs: Int64 = 30_000
    /// The most messages that are published and not answered.
    public var publishWindow = 4096
    /// Older states of a position give way to newer ones when the publisher lags.
    public var conflates = true
    /// The first start publishes what is in the journal already.
    public var publishesHistory = true

    /// A bus with the product's defaults.
    public init(nats: NATSOptions) { self.nats = nats }

    /// The defaults. Its server is nobody's.
    static let standard: BusConfiguration = {
        guard let options = try? NATSOptions("nats://localhost") else {
            preconditionFailure("an address of this program's own")
        }
        return BusConfiguration(nats: options)
    }()
}

extension ServiceConfiguration {
    /// The setting of a key of `[nats]`.
    public subscript(key: NATSKey) -> Setting<ConfigurationValue> {
        guard let setting = nats[key] else { preconditionFailure("a service has every key") }
        return setting
    }

    /// The bus; nil when no server is named.
    public var bus: BusConfiguration? {
        guard let options = try? NATSOptions(servers: self[.servers].value.servers) else { return nil }
        func text(_ key: NATSKey) -> String? { self[key].value.text }
        func ms(_ key: NATSKey) -> Int64 { self[key].value.durationNs / 1_000_000 }
        func count(_ key: NATSKey, _ standard: Int) -> Int { self[key].value.count ?? standard }
        var bus = BusConfiguration(nats: options)
        if let path = text(.credentials) { bus.nats.identity = .credentials(path: path) }
        if let key = text(.nkey), let path = text(.nkeySeed) {
            bus.nats.identity = .nkey(publicKey: key, seedPath: path)
        }
        bus.nats.security = security
        bus.nats.clientName = text(.clientName) ?? bus.nats.clientName
        bus.nats.jetStreamDomain = text(.domain)
        bus.nats.connectMs = ms(.connectTimeout)
        bus.nats.pingMs = ms(.pingInterval)
        bus.nats.pingsUnansweredMax = count(.pingsUnanswered, bus.nats.pingsUnansweredMax)
        bus.nats.writeMs = ms(.writeTimeout)
        bus.nats.requestMs = ms(.requestTimeout)
        bus.names = names
        bus.createsMissing = self[.create].value.flag
        bus.batch = count(.batch, bus.batch)
        bus.unacknowledgedMax = count(.unacknowledged, bus.unacknowledgedMax)
        bus.retryMs = ms(.retryInterval)
        bus.acknowledgeMs = ms(.acknowledgeWait)
        bus.publishWindow = count(.publishWindow, bus.publishWindow)
        bus.conflates = self[.conflate].value.flag
        bus.publishesHistory = self[.publishHistory].value.flag
        return bus
    }

    /// TLS; nil when nothing asks for it but perhaps an address.
    private var security: NATSOptions.Security? {
        let security = NATSOptions.Security(
            authorityPath: self[.tlsAuthority].value.text, certificatePath: self[.tlsCertificate].value.text,
            keyPath: self[.tlsKey].value.text, hostname: self[.tlsHostname].value.text)
        return self[.tls].value.flag || security != NATSOptions.Security() ? security : nil
    }

    private var names: BusNames {
        var names = BusNames()
        func put(_ key: NATSKey, _ name: inout String) { name = self[key].value.text ?? name }
        put(.bookingStream, &names.bookingStream)
        put(.rejectStream, &names.rejectStream)
        put(.positionStream, &names.positionStream)
        put(.consumer, &names.consumer)
        put(.booked, &names.booked)
        put(.lifecycle, &names.lifecycle)
        put(.rejected, &names.rejected)
        put(.deadLetter, &names.deadLetter)
        put(.position, &names.position)
        put(.lot, &names.lot)
        put(.match, &names.match)
        put(.pnl, &names.pnl)
        put(.event, &names.event)
        return names
    }
}
