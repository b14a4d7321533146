public import Accumulator
public import LotMatching
public import Service

/// Everything that is in force for one book, with its origins.
public struct BookConfiguration: Sendable {
    /// A value for each key.
    public internal(set) var values: [BookKey: Setting<ConfigurationValue>]
    /// Methods by instrument class, sorted by class.
    public internal(set) var classMethods: [(name: String, method: Setting<LotMethod>)]
    /// What was said of single instruments, sorted by symbol.
    public internal(set) var instruments: [InstrumentOverride]
    /// The instruments file, the tables over it, and the defaults for the rest.
    public internal(set) var table: InstrumentTable

    /// The setting of a key.
    public subscript(key: BookKey) -> Setting<ConfigurationValue> {
        guard let setting = values[key] else { preconditionFailure("a book has every key") }
        return setting
    }

    /// The book's name.
    public var name: String { self[.name].value.text ?? "" }

    /// The CPU of the writer's thread; nil for none.
    public var cpu: Int? { self[.pin].value.count }

    /// What the daemon is told of the book. `hashSeed` stays the default: whoever starts the daemon draws one.
    public var options: BookOptions {
        func count(_ key: BookKey) -> Int { self[key].value.count ?? 0 }
        let config = BookConfig(
            name: name, method: self[.method].value.method, instruments: table,
            positionsMax: count(.positions), lotsMax: count(.lots), identitiesMax: count(.identities),
            identityWindowNs: self[.identityWindow].value.durationNs,
            lateAfterNs: self[.lateAfter].value.durationNs, otherFeesMax: count(.otherFees))
        var options = BookOptions(config: config)
        options.ringsMax = count(.rings)
        options.violationsMax = count(.violations)
        options.changeCapacity = count(.changes)
        options.prefaultBytesMax = self[.prefault].value.bytes
        options.wait = self[.wait].value.wait
        options.cpu = cpu
        options.segmentMode = self[.mode].value.mode
        options.allowedOwners = self[.allow].value.users.map(\.uid)
        options.journal = journal
        return options
    }

    /// Where the journal is and how it is kept; nil without one.
    private var journal: JournalOptions? {
        guard let directory = self[.journal].value.text, !directory.isEmpty else { return nil }
        var journal = JournalOptions(directory: directory)
        journal.isDurableFirst = self[.durableFirst].value == .flag(true)
        journal.segmentBytes = self[.journalSegment].value.bytes
        journal.keepBytes = self[.journalKeep].value.bytes
        journal.keepNs = self[.journalKeepTime].value.durationNs
        journal.checkpointRecords = self[.checkpointRecords].value.count ?? 0
        journal.bufferRecords = self[.journalBuffer].value.count ?? 0
        return journal
    }
}

/// What one table of a file says of books: `[defaults]` or a `[[book]]`.
struct BookLayer {
    var values: [BookKey: Setting<ConfigurationValue>] = [:]
    var classMethods: [String: Setting<LotMethod>] = [:]
    var instruments: [InstrumentOverride] = []
    /// Where the table begins.
    var place: TextPlace?
    /// Whether something in it could not be read, so that judging the whole would only repeat that.
    var hasName = false

    /// Nothing is said.
    init() {}

    /// Reads a table. `isBook` is for a `[[book]]`, where a name and a CPU may stand.
    init(_ entries: [TOMLEntry], at place: TextPlace, isBook: Bool, _ decoder: inout ValueDecoder) {
        self.place = place
        let keys = BookKey.allCases.filter { isBook || ($0 != .name && $0 != .pin) }
        let table = isBook ? "[[book]]" : "[defaults]"
        for entry in entries {
            if let key = keys.first(where: { $0.rawValue == entry.key }) {
                if key == .name { hasName = true }
                if let setting = decoder.decode(key.kind, entry) { values[key] = setting }
            } else if entry.key == BookTable.classMethods.rawValue {
                readClassMethods(entry, &decoder)
            } else if entry.key == BookTable.instrument.rawValue {
                instruments = decoder.instruments(entry)
            } else if BookKey(rawValue: entry.key) != nil {
                decoder.mistakes.add(
                    .file(entry.place), "\(entry.key) stands in [defaults]",
                    "it belongs to one book", "move it into a [[book]]")
            } else {
                decoder.unknown(
                    entry, known: keys.map(\.rawValue) + BookTable.allCases.map(\.rawValue), in: table)
            }
        }
    }

    private mutating func readClassMethods(_ entry: TOMLEntry, _ decoder: inout ValueDecoder) {
        guard case .table(let classes) = entry.value.content else {
            return decoder.notTable(entry, "a table such as { future = \"lifo\" }")
        }
        for item in classes {
            if let method = decoder.method(item) { classMethods[item.key] = method }
        }
    }
}
