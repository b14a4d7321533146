import NATSBridge

/// The options that every verb on the bus has, and what they come to.
struct BusOptions {
    /// How to reach the bus.
    let nats: NATSOptions
    /// Streams and subjects.
    let names: BusNames
    /// The book.
    let book: String

    static let bookSpec = OptionSpec("book", .text(form: "B"), "The book.")

    /// What the specs of the verbs share.
    static let specs: [OptionSpec] = [
        OptionSpec(
            "nats", .text(form: "URL"),
            "The server, nats://host:4222 or tls://host:4222; several with commas between. A user and a password may "
                + "stand in it; it is never printed."),
        OptionSpec(
            "nats-creds", .text(form: "FILE"), "Credentials (a JWT and a seed), as nsc writes them."),
        OptionSpec("nats-nkey", .text(form: "KEY"), "A public NKey, U...; with --nats-nkey-seed."),
        OptionSpec("nats-nkey-seed", .text(form: "FILE"), "The file of the NKey's seed."),
        OptionSpec(
            "nats-tls-ca", .text(form: "FILE"),
            "Connect with TLS, and let these authorities sign. Default: those of the system, for tls://."),
        OptionSpec("nats-tls-cert", .text(form: "FILE"), "This client's certificate; with --nats-tls-key."),
        OptionSpec("nats-tls-key", .text(form: "FILE"), "The certificate's key."),
        OptionSpec(
            "nats-tls-host", .text(form: "HOST"),
            "The name that must be in the server's certificate. Default: the address's host."),
    ]

    /// Throws usage errors.
    init(_ options: ParsedOptions) throws(CommandError) {
        guard let book = options.text("book") else {
            throw .failed(.usage, what: options.spec.name, why: "no --book", advice: "write --book B")
        }
        guard let servers = options.text("nats") else {
            throw .failed(
                .usage, what: options.spec.name, why: "no --nats",
                advice: "write --nats nats://127.0.0.1:4222")
        }
        self.book = book
        names = BusNames()
        do throws(BusError) {
            try names.check(book: book)
            var nats = try NATSOptions(servers)
            nats.identity = try Self.identity(options)
            nats.security = try Self.security(options)
            nats.clientName = "pks \(options.spec.name)"
            self.nats = nats
        } catch {
            throw .failed(.usage, what: options.spec.name, why: error.description, advice: nil)
        }
    }

    private static func identity(_ options: ParsedOptions) throws(BusError) -> NATSOptions.Identity {
        switch (options.text("nats-creds"), options.text("nats-nkey"), options.text("nats-nkey-seed")) {
        case (nil, nil, nil): return .asAddressed
        case (let path?, nil, nil): return .credentials(path: path)
        case (nil, let key?, let path?): return .nkey(publicKey: key, seedPath: path)
        case (nil, _, _):
            throw .badOptions(reason: "--nats-nkey and --nats-nkey-seed go together (state both)")
        default:
            throw .badOptions(reason: "--nats-creds and --nats-nkey exclude each other (state one of them)")
        }
    }

    private static func security(_ options: ParsedOptions) throws(BusError) -> NATSOptions.Security? {
        let security = NATSOptions.Security(
            authorityPath: options.text("nats-tls-ca"), certificatePath: options.text("nats-tls-cert"),
            keyPath: options.text("nats-tls-key"), hostname: options.text("nats-tls-host"))
        if (security.certificatePath == nil) != (security.keyPath == nil) {
            throw .badOptions(reason: "--nats-tls-cert and --nats-tls-key go together (state both)")
        }
        return security == NATSOptions.Security() ? nil : security
    }

    /// A template's subject for the book.
    func subject(_ template: String) -> String { BusNames.subject(template, book: book) }
}

extension CommandError {
    /// What went wrong on the bus, as the command says it.
    init(_ error: BusError) {
        let status: ExitStatus =
            switch error {
            case .badOptions: .usage
            case .unreachable(_, _, isRefused: true), .notPermitted: .noPermission
            case .tooLarge: .badData
            case .file: .inputOutput
            default: .unavailable
            }
        self = .said(status, error.description)
    }
}
