import NATSBridge

/// Keys of `[nats]`. They go for every book of the daemon.
public enum NATSKey: String, CaseIterable, Sendable {
    /// Where the bus is; without any there is none.
    case servers
    /// Streams and consumers that are missing are made.
    case create
    /// A file of a JWT and a seed.
    case credentials
    /// A public NKey.
    case nkey
    /// The file of its seed.
    case nkeySeed = "nkey_seed"
    /// Connections are under TLS whatever the addresses say.
    case tls
    /// Certificates of those who may sign the server's.
    case tlsAuthority = "tls_ca"
    /// This client's certificate.
    case tlsCertificate = "tls_cert"
    /// Its key.
    case tlsKey = "tls_key"
    /// The name in the server's certificate, when it is not the host of the address.
    case tlsHostname = "tls_hostname"
    /// How the server's lists call this client.
    case clientName = "client_name"
    /// JetStream's domain.
    case domain
    /// How long one server may take to let this client in.
    case connectTimeout = "connect_timeout"
    /// How often the server is asked whether it is there.
    case pingInterval = "ping_interval"
    /// How many of those may go without an answer.
    case pingsUnanswered = "pings_unanswered"
    /// How long one write may be stuck.
    case writeTimeout = "write_timeout"
    /// How long a request, or a message's acknowledgement, may take.
    case requestTimeout = "request_timeout"
    /// How long to wait between attempts.
    case retryInterval = "retry_interval"
    /// The stream of fills and lifecycle events.
    case bookingStream = "booking_stream"
    /// The stream of rejects and dead letters.
    case rejectStream = "reject_stream"
    /// The stream of what books publish.
    case positionStream = "position_stream"
    /// The durable consumer of fills.
    case consumer
    /// The subject of TradeBooked.
    case booked = "subject_booked"
    /// The subject of LifecycleEventApplied.
    case lifecycle = "subject_lifecycle"
    /// The subject of TradeRejected.
    case rejected = "subject_rejected"
    /// The subject of dead letters.
    case deadLetter = "subject_dead_letter"
    /// The subject of PositionUpdated.
    case position = "subject_position"
    /// The subject of LotChanged.
    case lot = "subject_lot"
    /// The subject of TradeMatched.
    case match = "subject_match"
    /// The subject of RealizedPnlUpdated.
    case pnl = "subject_pnl"
    /// The subject of PositionEvent.
    case event = "subject_event"
    /// Messages asked for at a time.
    case batch
    /// The most messages that are taken and not acknowledged.
    case unacknowledged
    /// After how long the server gives an unacknowledged message again.
    case acknowledgeWait = "acknowledge_wait"
    /// The most messages that are published and not answered.
    case publishWindow = "publish_window"
    /// Older states of a position give way to newer ones when the publisher lags.
    case conflate
    /// The first start publishes what is in the journal already.
    case publishHistory = "publish_history"

    private static let timeoutNs: ClosedRange<Int64> = 1_000_000...3_600_000_000_000

    var kind: ValueKind {
        switch self {
        case .servers: .servers
        case .create, .tls, .conflate, .publishHistory: .flag
        case .credentials, .nkeySeed, .tlsAuthority, .tlsCertificate, .tlsKey: .path
        case .nkey: .publicKey
        case .tlsHostname, .clientName, .domain: .word
        case .connectTimeout, .pingInterval, .writeTimeout, .requestTimeout, .retryInterval, .acknowledgeWait:
            .durationBetween(Self.timeoutNs)
        case .pingsUnanswered: .count(1...1000)
        case .bookingStream, .rejectStream, .positionStream: .streamName
        case .consumer: .consumerTemplate
        case .booked, .lifecycle, .rejected, .deadLetter, .position, .lot, .match, .pnl, .event:
            .subjectTemplate
        case .batch: .count(1...10_000)
        case .unacknowledged: .count(1...1_000_000)
        case .publishWindow: .count(1...32_768)
        }
    }

    /// Whether a text can be the public NKey of a user.
    public static func isPublicKey(_ text: String) -> Bool {
        text.utf8.count == 56 && text.hasPrefix("U")
            && text.utf8.allSatisfy { (0x41...0x5a).contains($0) || (0x32...0x37).contains($0) }
    }

    static let streams: [NATSKey] = [.bookingStream, .rejectStream, .positionStream]
    static let subjects: [NATSKey] = [
        .booked, .lifecycle, .rejected, .deadLetter, .position, .lot, .match, .pnl, .event,
    ]

    /// What is in force when nobody says anything else, taken from the bus's own defaults.
    var standard: ConfigurationValue {
        let bus = BusConfiguration.standard
        func ms(_ milliseconds: Int64) -> ConfigurationValue { .durationNs(milliseconds * 1_000_000) }
        return switch self {
        case .servers: .servers([])
        case .create, .tls: .flag(false)
        case .credentials, .nkey, .nkeySeed, .tlsAuthority, .tlsCertificate, .tlsKey, .tlsHostname, .domain:
            .none
        case .clientName: .text(bus.nats.clientName)
        case .connectTimeout: ms(bus.nats.connectMs)
        case .pingInterval: ms(bus.nats.pingMs)
        case .pingsUnanswered: .count(bus.nats.pingsUnansweredMax)
        case .writeTimeout: ms(bus.nats.writeMs)
        case .requestTimeout: ms(bus.nats.requestMs)
        case .retryInterval: ms(bus.retryMs)
        case .bookingStream: .text(bus.names.bookingStream)
        case .rejectStream: .text(bus.names.rejectStream)
        case .positionStream: .text(bus.names.positionStream)
        case .consumer: .text(bus.names.consumer)
        case .booked: .text(bus.names.booked)
        case .lifecycle: .text(bus.names.lifecycle)
        case .rejected: .text(bus.names.rejected)
        case .deadLetter: .text(bus.names.deadLetter)
        case .position: .text(bus.names.position)
        case .lot: .text(bus.names.lot)
        case .match: .text(bus.names.match)
        case .pnl: .text(bus.names.pnl)
        case .event: .text(bus.names.event)
        case .batch: .count(bus.batch)
        case .unacknowledged: .count(bus.unacknowledgedMax)
        case .acknowledgeWait: ms(bus.acknowledgeMs)
        case .publishWindow: .count(bus.publishWindow)
        case .conflate: .flag(bus.conflates)
        case .publishHistory: .flag(bus.publishesHistory)
        }
    }
}
