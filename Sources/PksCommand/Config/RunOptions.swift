import CSeqlock
import Configuration
import Glibc
import LotMatching
import NATSBridge
import Service
import ShmFiles

/// The options that say what a daemon is to do: those of `pks run`, and of `pks config show`, which shows what
/// would come of them.
enum RunOptions {
    static let specs: [OptionSpec] = ownSpecs + BusFlags.specs

    private static let ownSpecs: [OptionSpec] = [
        OptionSpec(
            "config", .text(form: "FILE"),
            "A TOML file with the books and all their values. What stands on the command line goes before it."
        ),
        OptionSpec(
            "book", .texts(form: "B"),
            "A book to run; may be repeated. With --config: only these of the file's books."),
        OptionSpec(
            "method", .choice(LotMethod.allCases.map(\.name)), "In which order lots close. Default: fifo."),
        OptionSpec(
            "instruments", .text(form: "FILE"),
            "Static data, CSV: symbol, price_decimals, qty_decimals, multiplier, currency, class, method. "
                + "Default: 8 decimals, multiplier 1."),
        OptionSpec("positions", .count(1...1 << 24), "The most positions of a book. Default: 16384."),
        OptionSpec("lots", .count(1...1 << 28), "The most open lots of a book. Default: 4194304."),
        OptionSpec(
            "identities", .count(1...1 << 28),
            "The most fills that duplicates are told from. Default: 4194272."),
        OptionSpec("rings", .count(1...64), "The most producers of a book at a time. Default: 64."),
        OptionSpec(
            "wait", .choice(WaitStrategy.allCases.map(\.rawValue)),
            "How a writer waits: spin takes a core, park almost nothing. Default: adaptive."),
        OptionSpec(
            "pin", .text(form: "CPU[,CPU]"),
            "The CPUs of the books' writers, in the order of the books. Default: none."),
        OptionSpec(
            "journal", .text(form: "DIR"),
            "Keep every record in DIR/<book>, and begin with what is there. Producers are told that a record is safe "
                + "only when it is on disk."),
        OptionSpec(
            "no-journal", .flag,
            "Keep positions in memory only. The default, also against a configuration's journal."),
        OptionSpec("durable-first", .flag, "With a journal: slots show a fill only when it is on disk."),
        OptionSpec(
            "run-dir", .text(form: "DIR"),
            "Where locks and the daemon's socket are. Default: PKS_RUN_DIR, else pks under XDG_RUNTIME_DIR, else "
                + "a directory of this user's in /tmp."),
        OptionSpec(
            "ready-file", .text(form: "FILE"), "Written when all books are live. Default: none."),
        OptionSpec(
            "metrics", .text(form: "ADDR:PORT"),
            "Serve OpenMetrics text and JSON there over HTTP; port 0 takes a free one and prints it; off: "
                + "nowhere, the default. A socket in the run directory is served in any case."),
        OptionSpec(
            "metrics-public", .flag,
            "Let --metrics be an address that other machines reach. There is no password."),
        OptionSpec(
            "nats", .text(form: "URL[,URL]"),
            "Take fills from NATS JetStream there, and publish what the books do; off: no bus, the default. Needs "
                + "--journal, because fills are acknowledged when they are on disk."),
        OptionSpec(
            "nats-create", .flag,
            "Make the streams and consumers that are missing. Without it what is missing is said, and waited for."
        ),
        OptionSpec(
            "nats-from-now", .flag,
            "At a book's first start on the bus: do not publish what its journal has already. Later starts go on where "
                + "the last one was in any case."),
    ]

    /// What is in force. `file` is the configuration, when another operand than --config names it.
    static func configuration(
        _ options: ParsedOptions, file: String? = nil
    ) throws(CommandError) -> ServiceConfiguration {
        let path = file ?? options.text("config")
        let settings = try settings(options)
        do throws(ConfigurationError) {
            return try ServiceConfiguration(file: path, commandLine: settings)
        } catch {
            throw CommandError(error)
        }
    }

    /// What the command line says by itself.
    static func settings(_ options: ParsedOptions) throws(CommandError) -> CommandLineSettings {
        var settings = CommandLineSettings()
        settings.books = try books(options)
        settings.method = options.text("method").flatMap { LotMethod(name: $0) }
        settings.instruments = options.text("instruments")
        settings.wait = options.text("wait").flatMap { WaitStrategy(rawValue: $0) }
        for key in [BookKey.positions, .lots, .identities, .rings] {
            if let count = options.count(key.rawValue) { settings.counts[key] = count }
        }
        settings.cpus = try cpus(options)
        settings.journal = try journal(options)
        settings.isDurableFirst = options.flag("durable-first")
        settings.runDirectory = options.text("run-dir")
        settings.readyFile = options.text("ready-file")
        settings.metrics = try metrics(options)
        settings.isMetricsPublic = options.flag("metrics-public")
        settings.servers = try servers(options)
        settings.createsMissing = options.flag("nats-create")
        settings.leavesHistory = options.flag("nats-from-now")
        try BusFlags.read(options, into: &settings)
        return settings
    }

    private static func servers(_ options: ParsedOptions) throws(CommandError) -> [NATSAddress]? {
        let mayHaveMore = options.has("config") || !options.operands.isEmpty
        guard let text = options.text("nats") else {
            if options.flag("nats-create") && !mayHaveMore {
                throw .failed(
                    .usage, what: "--nats-create", why: "there is no bus without --nats",
                    advice: "name its servers: --nats nats://host:4222")
            }
            return nil
        }
        if text == "off" { return [] }
        let servers = try ServerList.read(text)
        if options.flag("no-journal") || (!options.has("journal") && !mayHaveMore) {
            throw .failed(
                .usage, what: "--nats",
                why: "needs a journal: fills are acknowledged to the bus, and what they do "
                    + "is published, when they are on disk", advice: "state where it is: --journal DIR")
        }
        return servers
    }

    private static func journal(_ options: ParsedOptions) throws(CommandError) -> String?? {
        if options.flag("no-journal") {
            for name in ["journal", "durable-first"] where options.has(name) {
                throw .failed(
                    .usage, what: "--\(name)", why: "contradicts --no-journal",
                    advice: "leave one of them out")
            }
            return .some(nil)
        }
        guard let directory = options.text("journal") else { return nil }
        if directory.isEmpty {
            throw .failed(.usage, what: "--journal", why: "is empty", advice: "name a directory")
        }
        return directory
    }

    private static func books(_ options: ParsedOptions) throws(CommandError) -> [String] {
        var books: [String] = []
        for name in options.texts("book") {
            do throws(NameFault) { try SharedNames.check(name, bytesMax: Int(PKS_BOOK_BYTES)) } catch {
                throw .failed(
                    .usage, what: "--book \(shown(name))", why: "the name \(error.text)",
                    advice: "choose another name")
            }
            if books.contains(name) {
                throw .failed(
                    .usage, what: "--book \(name)", why: "stands there twice", advice: "state it once")
            }
            books.append(name)
        }
        return books
    }

    private static func cpus(_ options: ParsedOptions) throws(CommandError) -> [Int] {
        guard let text = options.text("pin") else { return [] }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map {
            part throws(CommandError) in
            if let cpu = Int(part), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return cpu }
            throw .failed(
                .usage, what: "--pin \(shown(text))", why: "\(shown(String(part))) is no number of a CPU",
                advice: "write --pin 1, or --pin 0,1 for two books")
        }
    }

    private static func metrics(_ options: ParsedOptions) throws(CommandError) -> ListenAddress?? {
        guard let text = options.text("metrics") else { return nil }
        if text == "off" { return .some(nil) }
        if let address = ListenAddress(text) { return address }
        throw .failed(
            .usage, what: "--metrics \(shown(text))", why: "not an address and a port",
            advice: "write 127.0.0.1:9464, [::1]:9464, or port 0 for a free one")
    }
}

extension CommandError {
    init(_ error: ConfigurationError) {
        switch error {
        case .mistakes(let lines): self = .lines(.badConfiguration, lines)
        case .silentPipe: self = .said(.noInput, error.description)
        case .unreadable(_, let code):
            self = .said(
                code == EACCES || code == EPERM ? .noPermission : .noInput, error.description)
        }
    }
}
