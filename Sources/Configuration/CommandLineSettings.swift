public import LotMatching
public import NATSBridge
public import Service

/// What a command line says over a configuration file. It goes for every book of the run.
public struct CommandLineSettings: Sendable {
    /// `--book`: the books to run, of those in the file when there are any in it; empty for all.
    public var books: [String] = []
    /// `--pin`: CPUs of the books' writers, in the order of the books; at most as many.
    public var cpus: [Int] = []
    /// `--method`.
    public var method: LotMethod?
    /// `--instruments`.
    public var instruments: String?
    /// `--wait`.
    public var wait: WaitStrategy?
    /// `--positions`, `--lots`, `--identities`, `--rings`.
    public var counts: [BookKey: Int] = [:]
    /// `--run-dir`.
    public var runDirectory: String?
    /// `--journal`: a directory, or nil within for `--no-journal`.
    public var journal: String??
    /// `--durable-first`.
    public var isDurableFirst = false
    /// `--ready-file`.
    public var readyFile: String?
    /// `--metrics`: an address, or nil within for `off`.
    public var metrics: ListenAddress??
    /// `--metrics-public`.
    public var isMetricsPublic = false
    /// `--nats`: the servers of the bus; empty for `off`.
    public var servers: [NATSAddress]?
    /// `--nats-create`.
    public var createsMissing = false
    /// `--nats-from-now`.
    public var leavesHistory = false
    /// Who this is to the bus, and TLS: values of keys that are texts, each with the option that stated it.
    public var access: [NATSKey: (text: String, option: String)] = [:]
    /// Only the bus is looked at: the book may have its journal from somebody else's command line.
    public var isForBusOnly = false

    /// Nothing is said.
    public init() {}

    var serviceValues: [ServiceKey: Setting<ConfigurationValue>] {
        var values: [ServiceKey: Setting<ConfigurationValue>] = [:]
        if let runDirectory { values[.runDirectory] = Setting(.text(runDirectory), .option("--run-dir")) }
        if let readyFile { values[.readyFile] = Setting(.text(readyFile), .option("--ready-file")) }
        if let metrics {
            values[.metrics] = Setting(
                metrics.map { .address($0) } ?? ConfigurationValue.none, .option("--metrics"))
        }
        if isMetricsPublic { values[.metricsPublic] = Setting(.flag(true), .option("--metrics-public")) }
        return values
    }

    var natsValues: [NATSKey: Setting<ConfigurationValue>] {
        var values: [NATSKey: Setting<ConfigurationValue>] = [:]
        if let servers { values[.servers] = Setting(.servers(servers), .option("--nats")) }
        if createsMissing { values[.create] = Setting(.flag(true), .option("--nats-create")) }
        if leavesHistory { values[.publishHistory] = Setting(.flag(false), .option("--nats-from-now")) }
        for (key, stated) in access { values[key] = Setting(.text(stated.text), .option(stated.option)) }
        // Who states one identity does not mean that of the file.
        if let stated = access[.credentials] {
            for key in [NATSKey.nkey, .nkeySeed] where access[key] == nil {
                values[key] = Setting(ConfigurationValue.none, .option(stated.option))
            }
        } else if let stated = access[.nkey] {
            values[.credentials] = Setting(ConfigurationValue.none, .option(stated.option))
        }
        return values
    }

    var bookValues: [BookKey: Setting<ConfigurationValue>] {
        var values: [BookKey: Setting<ConfigurationValue>] = [:]
        if let method { values[.method] = Setting(.method(method), .option("--method")) }
        if let instruments { values[.instruments] = Setting(.text(instruments), .option("--instruments")) }
        if let wait { values[.wait] = Setting(.wait(wait), .option("--wait")) }
        if let journal {
            values[.journal] =
                journal.map { Setting(.text($0), .option("--journal")) }
                ?? Setting(ConfigurationValue.none, .option("--no-journal"))
        }
        if isDurableFirst { values[.durableFirst] = Setting(.flag(true), .option("--durable-first")) }
        for (key, count) in counts { values[key] = Setting(.count(count), .option("--" + key.rawValue)) }
        return values
    }
}
