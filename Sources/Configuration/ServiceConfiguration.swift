/// What the daemon is to do, from defaults, a TOML file, the environment and a command line, each over the one
/// before; and where every value comes from. This room reads and judges configurations. It starts nothing, and it
/// knows nothing of options' spelling on a command line.
import Accumulator
import Feeds
import Glibc
public import Service
import ShmBridge

/// Everything that is in force for a run of the daemon.
public struct ServiceConfiguration: Sendable {
    /// A value for each key of `[service]`.
    public internal(set) var service: [ServiceKey: Setting<ConfigurationValue>]
    /// A value for each key of `[nats]`.
    public internal(set) var nats: [NATSKey: Setting<ConfigurationValue>]
    /// The books, in the order of the file or the command line.
    public internal(set) var books: [BookConfiguration]
    /// What looks wrong and works: a line each, as `ConfigurationMistake` says it.
    public internal(set) var warnings: [String]

    /// Reads and judges everything. `file` is the path of a TOML file, or nil for none. Throws all that is wrong
    /// at once. Reads the file, the instruments files, the user database and the environment. Allocates; any
    /// thread.
    public init(
        file: String?, commandLine: CommandLineSettings = CommandLineSettings(), machine: Machine = .current
    ) throws(ConfigurationError) {
        let bytes = try file.map { path throws(ConfigurationError) in try ConfigurationText.bytes(of: path) }
        try self.init(bytes: bytes, file: file ?? "", commandLine: commandLine, machine: machine)
    }

    /// The same of a text that is not in a file. `file` is its name in messages; relative paths start from its
    /// directory.
    public init(
        text: String, file: String, commandLine: CommandLineSettings = CommandLineSettings(),
        machine: Machine = .current
    ) throws(ConfigurationError) {
        try self.init(bytes: Array(text.utf8), file: file, commandLine: commandLine, machine: machine)
    }

    private init(
        bytes: [UInt8]?, file: String, commandLine: CommandLineSettings, machine: Machine
    ) throws(ConfigurationError) {
        var reader = ConfigurationReader(
            decoder: ValueDecoder(machine: machine, directory: Self.directory(of: file)),
            commandLine: commandLine)
        if let bytes, let root = ConfigurationText.parse(bytes, file: file, &reader.decoder.mistakes) {
            reader.read(root, file: file)
        }
        // A text that is no TOML says nothing that could be judged.
        if bytes == nil || reader.isRead { reader.resolve(file: file) }
        if !reader.decoder.mistakes.isEmpty { throw .mistakes(reader.decoder.mistakes.lines) }
        service = reader.service
        nats = reader.nats
        books = reader.books
        warnings = MistakeList.sorted(reader.decoder.mistakes.warnings).map(\.description)
    }

    /// The setting of a key.
    public subscript(key: ServiceKey) -> Setting<ConfigurationValue> {
        guard let setting = service[key] else { preconditionFailure("a service has every key") }
        return setting
    }

    /// Where locks and the daemon's socket live.
    public var runDirectory: String { self[.runDirectory].value.text ?? "" }

    /// Where metrics are served besides the socket; nil for nowhere.
    public var metrics: ListenAddress? { self[.metrics].value.address }

    /// The file that is written when all books are live; nil for none.
    public var readyFile: String? { self[.readyFile].value.text }

    /// What the daemon is told.
    public var options: ServiceOptions {
        ServiceOptions(books: books.map(\.options), runDirectory: runDirectory)
    }

    /// The directory part of a path, absolute when it can be; what is read from a pipe belongs to the current one.
    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return currentDirectory() }
        let directory = slash == path.startIndex ? "/" : String(path[..<slash])
        return directory.hasPrefix("/") ? directory : currentDirectory() + "/" + directory
    }

    /// The same path from the root, when the current directory can be found; empty stays empty.
    static func absolute(_ path: String) -> String {
        path.isEmpty || path.hasPrefix("/") ? path : currentDirectory() + "/" + path
    }

    private static func currentDirectory() -> String {
        // SAFETY: getcwd allocates the text, which is copied and given back.
        guard let text = unsafe getcwd(nil, 0) else { return "." }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}
