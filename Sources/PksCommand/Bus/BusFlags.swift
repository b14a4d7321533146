import Configuration
import NATSBridge

/// Options that say who this is to the bus, and how it is reached: those of the daemon and of every verb on the bus. Each
/// stands for a key of `[nats]`.
enum BusFlags {
    static let specs: [OptionSpec] = [
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

    private static let keys: [(option: String, key: NATSKey)] = [
        ("nats-creds", .credentials), ("nats-nkey", .nkey), ("nats-nkey-seed", .nkeySeed),
        ("nats-tls-ca", .tlsAuthority), ("nats-tls-cert", .tlsCertificate), ("nats-tls-key", .tlsKey),
        ("nats-tls-host", .tlsHostname),
    ]

    /// Puts what the command line says into the settings. Throws usage errors; none repeats a value, which may be a
    /// secret in the wrong place.
    static func read(_ options: ParsedOptions, into settings: inout CommandLineSettings) throws(CommandError)
    {
        if options.has("nats-creds") && options.has("nats-nkey") {
            throw .failed(
                .usage, what: options.spec.name, why: "--nats-creds and --nats-nkey exclude each other",
                advice: "state one of them")
        }
        for (first, second) in [("nats-nkey", "nats-nkey-seed"), ("nats-tls-cert", "nats-tls-key")]
        where options.has(first) != options.has(second) {
            throw .failed(
                .usage, what: options.spec.name, why: "--\(first) and --\(second) go together",
                advice: "state both")
        }
        if let key = options.text("nats-nkey"), !NATSKey.isPublicKey(key) {
            throw .failed(
                .usage, what: "--nats-nkey", why: "is no public NKey",
                advice: "write the 56 letters and digits that begin with U; the seed belongs in a file, "
                    + "--nats-nkey-seed FILE")
        }
        for (option, key) in keys {
            if let text = options.text(option) { settings.access[key] = (text, "--" + option) }
        }
    }
}
