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
                + "stand in it; it is never printed.")
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
            nats.clientName = "pks \(options.spec.name)"
            self.nats = nats
        } catch {
            throw .failed(.usage, what: options.spec.name, why: error.description, advice: nil)
        }
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
