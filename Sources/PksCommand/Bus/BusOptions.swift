import Configuration
import NATSBridge
import PositionText
import Service

/// What every verb on the bus is told, by options, a configuration, or both.
struct BusOptions {
    /// How to reach the bus.
    let nats: NATSOptions
    /// Streams and subjects.
    let names: BusNames
    /// The book.
    let book: String
    /// Where the configuration says that the book's journal is.
    let journal: String?

    static let bookSpec = OptionSpec(
        "book", .text(form: "B"), "The book. Default: that of --config, when it has only one.")

    /// What the specs of the verbs share.
    static let specs: [OptionSpec] =
        [
            OptionSpec(
                "config", .text(form: "FILE"),
                "The daemon's TOML file: servers, identity, TLS, streams and subjects are those under [nats]. What stands "
                    + "on the command line goes before it."),
            OptionSpec(
                "nats", .text(form: "URL"),
                "The server, nats://host:4222 or tls://host:4222; several with commas between. A user and a password "
                    + "may stand in it; it is never printed."),
        ] + BusFlags.specs

    /// Throws usage errors, and what is wrong with the configuration.
    init(_ options: ParsedOptions) throws(CommandError) {
        let file = options.text("config")
        let configuration = try Self.configuration(options, file)
        guard configuration.books.count == 1, let book = configuration.books.first else {
            throw .failed(
                .usage, what: options.spec.name,
                why: "\(shown(file ?? "")) has \(configuration.books.count) books",
                advice: "name one: --book \(configuration.books.map(\.name).joined(separator: " or "))")
        }
        guard let bus = configuration.bus else {
            throw .failed(
                .badConfiguration, what: shown(file ?? ""), why: "names no servers of the bus",
                advice: "write servers under [nats], or state --nats URL")
        }
        self.book = book.name
        names = bus.names
        journal = book.options.journal?.directory
        var nats = bus.nats
        // Not the daemon: the server's lists tell them apart.
        nats.clientName += " \(options.spec.name)"
        self.nats = nats
        for warning in configuration.warnings { say(visible("pks: warning: \(warning)")) }
    }

    private static func configuration(
        _ options: ParsedOptions, _ file: String?
    ) throws(CommandError) -> ServiceConfiguration {
        var settings = CommandLineSettings()
        settings.isForBusOnly = true
        let name = options.spec.name
        if let book = options.text("book") {
            do throws(BusError) { try BusNames().check(book: book) } catch {
                throw .failed(.usage, what: name, why: error.description, advice: nil)
            }
            settings.books = [book]
        } else if file == nil {
            throw .failed(
                .usage, what: name, why: "no --book", advice: "write --book B, or --config FILE with one book"
            )
        }
        if let text = options.text("nats") {
            settings.servers = try ServerList.read(text)
        } else if file == nil {
            throw .failed(
                .usage, what: name, why: "no --nats",
                advice: "write --nats nats://127.0.0.1:4222, or --config FILE")
        }
        try BusFlags.read(options, into: &settings)
        do throws(ConfigurationError) {
            return try ServiceConfiguration(file: file, commandLine: settings)
        } catch { throw CommandError(error) }
    }

    /// A template's subject for the book.
    func subject(_ template: String) -> String { BusNames.subject(template, book: book) }
}

extension CommandError {
    /// What went wrong on the bus, as the command says it.
    init(_ error: BusError) {
        let status: ExitStatus =
            switch error {
            case .badOptions: .badConfiguration
            case .unreachable(_, _, isRefused: true), .notPermitted: .noPermission
            case .tooLarge: .badData
            case .file: .inputOutput
            default: .unavailable
            }
        self = .said(status, error.description)
    }
}
