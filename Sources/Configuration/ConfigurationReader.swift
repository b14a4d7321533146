import Accumulator
import Feeds
import Glibc
import LotMatching
import Service
import ShmBridge

/// A configuration on its way from texts to what is in force.
struct ConfigurationReader {
    var decoder: ValueDecoder
    let commandLine: CommandLineSettings
    /// Whether the file was TOML.
    private(set) var isRead = false
    private(set) var service: [ServiceKey: Setting<ConfigurationValue>] = [:]
    var nats: [NATSKey: Setting<ConfigurationValue>] = [:]
    private(set) var books: [BookConfiguration] = []

    private var defaults = BookLayer()
    private var layers: [BookLayer] = []
    /// Whether `book` stands there at all, right or wrong.
    private var hasBooks = false

    private static let tables = ["service", "nats", "defaults", "book"]
    /// As many as a machine could ever have writers for.
    private static let booksMax = 256

    init(decoder: ValueDecoder, commandLine: CommandLineSettings) {
        self.decoder = decoder
        self.commandLine = commandLine
    }

    // MARK: - the file

    mutating func read(_ root: [TOMLEntry], file: String) {
        isRead = true
        for entry in root {
            if entry.key == "book" { hasBooks = true }
            switch (entry.key, entry.value.content) {
            case ("service", .table(let entries)): readService(entries)
            case ("nats", .table(let entries)): readNATS(entries)
            case ("defaults", .table(let entries)):
                defaults = BookLayer(entries, at: entry.place, isBook: false, &decoder)
            case ("book", .array(let elements)): readBooks(elements, entry)
            case ("service", _), ("nats", _), ("defaults", _):
                decoder.notTable(entry, "a table, [\(entry.key)],")
            case ("book", .table):
                decoder.notTable(entry, "an array of tables, [[book]] with two brackets,")
            case ("book", _): decoder.notTable(entry, "an array of tables, [[book]],")
            default: unknownTable(entry)
            }
        }
    }

    /// Something at the top that has no business there: often a key of a table that was forgotten.
    private mutating func unknownTable(_ entry: TOMLEntry) {
        let table: String
        if ServiceKey(rawValue: entry.key) != nil {
            table = "[service]"
        } else if BookKey(rawValue: entry.key) != nil || BookTable(rawValue: entry.key) != nil {
            table = "[defaults] or [[book]]"
        } else if NATSKey(rawValue: entry.key) != nil {
            table = "[nats]"
        } else {
            return decoder.unknown(entry, known: Self.tables, in: "the file")
        }
        decoder.mistakes.add(
            .file(entry.place), "\(entry.key) stands before any table", "a table was expected",
            "write \(table) above it")
    }

    private mutating func readService(_ entries: [TOMLEntry]) {
        for entry in entries {
            guard let key = ServiceKey(rawValue: entry.key) else {
                decoder.unknown(entry, known: ServiceKey.allCases.map(\.rawValue), in: "[service]")
                continue
            }
            guard let setting = decoder.decode(key.kind, entry) else { continue }
            if key == .runDirectory, setting.value == .none {
                _ = decoder.wrong(entry, "the path of a directory")
            } else {
                service[key] = setting
            }
        }
    }

    private mutating func readBooks(_ elements: [TOMLValue], _ entry: TOMLEntry) {
        if elements.count > Self.booksMax {
            decoder.mistakes.add(
                .file(entry.place), "there are \(elements.count) books",
                "at most \(Self.booksMax) were expected", "let another daemon have the rest")
            return
        }
        for element in elements {
            guard case .table(let entries) = element.content else {
                decoder.mistakes.add(
                    .file(element.place), "book holds \(element.kindText)", "tables were expected",
                    "write [[book]] above each book")
                continue
            }
            let layer = BookLayer(entries, at: element.place, isBook: true, &decoder)
            if !layer.hasName {
                decoder.mistakes.add(
                    .file(element.place), "this book has no name", "a key name was expected",
                    "add name = \"main\"")
            }
            layers.append(layer)
        }
    }

    // MARK: - what is in force

    mutating func resolve(file: String) {
        resolveService()
        resolveNATS()
        refuseDuplicates()
        let chosen = chosenLayers(file: file)
        if commandLine.cpus.count > chosen.count && decoder.mistakes.isEmpty {
            decoder.mistakes.add(
                .option("--pin"), "CPUs for \(commandLine.cpus.count) books, and there are \(chosen.count)",
                "at most one CPU for each book was expected")
        }
        for (number, layer) in chosen.enumerated() {
            if let book = book(layer, number) { books.append(book) }
        }
        judge()
    }

    private mutating func resolveService() {
        // The user's environment is nearer to this run than a file that others share.
        if let stated = environmentText("PKS_RUN_DIR") {
            service[.runDirectory] = Setting(.text(stated), .environment("PKS_RUN_DIR"))
        }
        service.merge(commandLine.serviceValues) { $1 }
        if service[.runDirectory] == nil {
            let isSession = environmentText("XDG_RUNTIME_DIR") != nil
            service[.runDirectory] = Setting(
                .text(WriterLock.defaultRunDirectory), isSession ? .environment("XDG_RUNTIME_DIR") : .standard
            )
        }
        let standards: [ServiceKey: ConfigurationValue] = [
            .metrics: .none, .metricsPublic: .flag(false), .readyFile: .none,
        ]
        for (key, value) in standards where service[key] == nil { service[key] = Setting(value, .standard) }
    }

    private mutating func refuseDuplicates() {
        var first: [String: TextPlace] = [:]
        for layer in layers {
            guard let name = layer.values[.name], let text = name.value.text,
                case .file(let place) = name.origin
            else { continue }
            if let earlier = first[text] {
                decoder.mistakes.add(
                    name.origin, "the book \(quoted(text)) is there twice",
                    "a name of its own was expected", "the first one is at line \(earlier.line)")
            } else {
                first[text] = place
            }
        }
    }

    /// The books of this run: those of the file that the command line names, or all; without any in the file,
    /// those of the command line.
    private mutating func chosenLayers(file: String) -> [BookLayer] {
        if layers.isEmpty {
            if hasBooks { return [] }
            if commandLine.books.isEmpty && isRead {
                decoder.mistakes.add(
                    .file(TextPlace(file: file, line: 1, column: 1)), "there is no book",
                    "at least one [[book]] was expected", "write [[book]] and name = \"main\"")
                return []
            }
            let names: [Setting<ConfigurationValue>] =
                commandLine.books.isEmpty
                ? [Setting(BookKey.name.standard, .standard)]
                : commandLine.books.map { Setting(.text($0), .option("--book")) }
            return names.map {
                var layer = BookLayer()
                layer.values[.name] = $0
                return layer
            }
        }
        if commandLine.books.isEmpty { return layers }
        return commandLine.books.compactMap { name in
            if let layer = layers.first(where: { $0.values[.name]?.value == .text(name) }) { return layer }
            let known = layers.compactMap { $0.values[.name]?.value.text }
            decoder.mistakes.add(
                .option("--book"), "there is no book \(quoted(name)) in \(file)",
                "one of \(known.joined(separator: ", ")) was expected",
                Suggestion.nearest(to: name, in: known).map { "did you mean \($0)?" })
            return nil
        }
    }

    /// A book with a value for each key; nil when its instruments cannot be read.
    private mutating func book(_ layer: BookLayer, _ number: Int) -> BookConfiguration? {
        var values: [BookKey: Setting<ConfigurationValue>] = [:]
        let stated = commandLine.bookValues
        for key in BookKey.allCases {
            values[key] =
                stated[key] ?? layer.values[key] ?? defaults.values[key] ?? Setting(key.standard, .standard)
        }
        if number < commandLine.cpus.count { values[.pin] = pin(commandLine.cpus[number]) }
        let classMethods = defaults.classMethods.merging(layer.classMethods) { $1 }
            .map { (name: $0.key, method: $0.value) }.sorted { $0.name < $1.name }
        let overrides = merged(defaults.instruments, layer.instruments)
        var book = BookConfiguration(
            values: values, classMethods: classMethods, instruments: overrides, table: InstrumentTable())
        guard let table = instrumentTable(book) else { return nil }
        book.table = table
        return book
    }

    private mutating func pin(_ cpu: Int) -> Setting<ConfigurationValue> {
        if !decoder.machine.cpus.contains(cpu) {
            decoder.mistakes.add(
                .option("--pin"), "there is no CPU \(cpu) for this process",
                "one of its CPUs was expected", "it may run on \(cpuRanges(decoder.machine.cpus))")
        }
        return Setting(.count(cpu), .option("--pin"))
    }

    private func merged(_ lower: [InstrumentOverride], _ upper: [InstrumentOverride]) -> [InstrumentOverride]
    {
        var bySymbol: [String: InstrumentOverride] = [:]
        for override in lower + upper {
            bySymbol[override.symbol, default: InstrumentOverride(symbol: override.symbol, values: [:])]
                .values.merge(override.values) { $1 }
        }
        return bySymbol.values.sorted { $0.symbol < $1.symbol }
    }

    private mutating func instrumentTable(_ book: BookConfiguration) -> InstrumentTable? {
        func decimals(_ key: BookKey) -> Int { book[key].value.count ?? 0 }
        let fallback = Instrument(
            symbol: "", priceDecimals: decimals(.priceDecimals), qtyDecimals: decimals(.qtyDecimals),
            feeDecimals: decimals(.feeDecimals))
        var table = InstrumentTable(defaults: fallback)
        let setting = book[.instruments]
        if let path = setting.value.text {
            do throws(FeedError) {
                let file = try InstrumentFile(path: path, defaults: fallback)
                table = file.table
                if !file.unknownNames.isEmpty {
                    decoder.mistakes.warn(
                        setting.origin, "\(path) has columns that mean nothing here",
                        file.unknownNames.joined(separator: ", "))
                }
            } catch {
                refuse(path, error, setting.origin)
                return nil
            }
        }
        for item in book.classMethods { table.methodByClass[item.name] = item.method.value }
        for override in book.instruments {
            table.add(override.applied(to: table.instrument(for: override.symbol)))
        }
        return table
    }

    private mutating func refuse(_ path: String, _ error: FeedError, _ origin: Origin) {
        switch error {
        case .instruments(let rejects, let total):
            var lines = rejects.map(\.description)
            if total > rejects.count { lines.append("\(path): and \(total - rejects.count) more") }
            decoder.mistakes.add(foreign: lines)
        case .system(let operation, _, let code):
            decoder.mistakes.add(
                origin, "the instruments file \(quoted(path)): cannot \(operation) it: \(errnoText(code))",
                "a CSV file was expected", "paths in a configuration are relative to it")
        default:
            decoder.mistakes.add(origin, error.description, "a CSV file was expected")
        }
    }
}

/// A variable of the environment, nil when unset or empty.
private func environmentText(_ name: String) -> String? {
    // SAFETY: the text lives as long as nobody changes the environment, which pks never does.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}
