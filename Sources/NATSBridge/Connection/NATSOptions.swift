/// How to reach the bus. `description` is for logs: it has no secret.
public struct NATSOptions: Equatable, Sendable, CustomStringConvertible {
    /// Who this client is.
    public enum Identity: Equatable, Sendable {
        /// What the addresses say, which may be nobody.
        case asAddressed
        /// A file of a JWT and a seed, as `nsc` writes it (0600).
        case credentials(path: String)
        /// A public NKey (`U...`) and the file of its seed.
        case nkey(publicKey: String, seedPath: String)

        /// The server asks a question, and the answer is signed.
        var isSigned: Bool { self != .asAddressed }
    }

    /// What a TLS connection is held to. The server's certificate must be for the host in its address.
    public struct Security: Equatable, Sendable {
        /// Certificates of those who may sign; nil: those that the system trusts.
        public var authorityPath: String?
        /// This client's certificate and its key; both or neither.
        public var certificatePath: String?
        /// The key of the certificate.
        public var keyPath: String?
        /// The name that must be in the server's certificate, when it is not the host of the address.
        public var hostname: String?

        /// A connection under TLS.
        public init(
            authorityPath: String? = nil, certificatePath: String? = nil, keyPath: String? = nil,
            hostname: String? = nil
        ) {
            self.authorityPath = authorityPath
            self.certificatePath = certificatePath
            self.keyPath = keyPath
            self.hostname = hostname
        }
    }

    /// Tried in this order, each time from the first.
    public var servers: [NATSAddress]
    /// Who this client is.
    public var identity = Identity.asAddressed
    /// TLS; nil: only when an address is `tls://`.
    public var security: Security?
    /// How the server's lists call this client.
    public var clientName = "pks"
    /// How long one server may take to let this client in.
    public var connectMs: Int64 = 2000
    /// How often the server is asked whether it is there.
    public var pingMs: Int64 = 2000
    /// How many of those may go without an answer until the connection is given up.
    public var pingsUnansweredMax = 2
    /// How long one write may be stuck until the connection is given up.
    public var writeMs: Int64 = 2000
    /// How long a request may take.
    public var requestMs: Int64 = 5000
    /// JetStream's domain; nil: that of the server.
    public var jetStreamDomain: String?

    /// Options with the product's defaults. Throws `badOptions` when there is no server.
    public init(servers: [NATSAddress]) throws(BusError) {
        guard !servers.isEmpty else { throw .badOptions(reason: "no NATS server is named") }
        self.servers = servers
    }

    /// The same from text: addresses with commas between. Throws `badOptions`.
    public init(_ text: String) throws(BusError) {
        var servers: [NATSAddress] = []
        for part in text.split(separator: ",") { servers.append(try NATSAddress(String(part))) }
        try self.init(servers: servers)
    }

    /// Whether connections are under TLS, to this server.
    func isSecure(_ server: NATSAddress) -> Bool { security != nil || server.isSecure }

    /// The servers, for messages.
    public var serverList: String { servers.map(\.description).joined(separator: ", ") }

    /// Servers, identity and TLS without any secret.
    public var description: String {
        let who =
            switch identity {
            case .asAddressed: ""
            case .credentials(let path): ", credentials of \(path)"
            case .nkey(let key, let path): ", NKey \(key) with the seed of \(path)"
            }
        let how = servers.contains { isSecure($0) } ? ", TLS" : ""
        return NATSText.harmless(serverList + who + how)
    }
}
