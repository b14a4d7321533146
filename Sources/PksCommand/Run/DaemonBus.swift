import Accumulator
import Configuration
import NATSBridge
import PositionText
import Service

/// The buses of a daemon's books, from the moment when the books are live until they are to end. The main thread.
struct DaemonBus {
    private var books: [(bus: BookBus, log: BusLog)] = []
    /// Messages of all books that are published and not answered, unless so few are each book's share.
    private static let underWayMax = 8192

    /// Keeps what publishers will have to read of journals, from before anything could be removed. Throws when a file of
    /// theirs cannot be read.
    static func hold(_ options: inout ServiceOptions, _ configuration: BusConfiguration) throws(CommandError)
    {
        for place in options.books.indices {
            guard let path = journalPath(options.books[place]) else { continue }
            do throws(BusError) {
                options.books[place].journal?.heldFromSeq = try BookBus.neededFromSeq(
                    journal: path, publishesHistory: configuration.publishesHistory)
            } catch { throw CommandError(bus: error) }
        }
    }

    private static func journalPath(_ book: BookOptions) -> String? {
        book.journal.map { $0.directory + "/" + book.config.name }
    }

    /// Starts a bus for each book of a live service. Connects to nobody yet. Throws what keeps one from starting; none
    /// runs then.
    init(_ configuration: BusConfiguration, _ service: PositionService, _ options: ServiceOptions)
        throws(CommandError)
    {
        do throws(CommandError) {
            for book in options.books { try start(book, configuration, service, options) }
        } catch {
            stop()
            throw error
        }
        BoundedOutput.errors.say("pks: " + visible("bus: \(configuration.nats.description)"))
    }

    private mutating func start(
        _ book: BookOptions, _ configuration: BusConfiguration, _ service: PositionService,
        _ options: ServiceOptions
    ) throws(CommandError) {
        let name = book.config.name
        let found: (any DurableRecords)?
        do throws(ServiceError) { found = try service.durableRecords(book: name) } catch {
            throw CommandError(error)
        }
        guard let path = Self.journalPath(book), let records = found else {
            preconditionFailure("a book on the bus has a journal: the configuration says so")
        }
        var place = BookBus.Place(
            instruments: book.config.instruments, positionsMax: book.config.positionsMax, journal: path,
            runDirectory: options.runDirectory)
        place.shmDirectory = options.shmDirectory
        do throws(BusError) {
            var settings = BookBus.Settings(configuration)
            // All books publish into the same streams, and a current server refuses what comes while 10,000 messages
            // of a stream wait to be stored: together they stay below that.
            settings.publishWindow = min(
                settings.publishWindow, max(64, Self.underWayMax / options.books.count))
            let bus = try BookBus(records, at: place, settings)
            if let words = bus.beginning {
                BoundedOutput.errors.say("pks: " + visible("book \(name): \(words)"))
            }
            try bus.start()
            books.append((bus, BusLog(book: name)))
            service.showBus(of: name) { BusStatus(bus) }
        } catch { throw CommandError(bus: error) }
    }

    /// Says what has changed since the last look.
    mutating func look() {
        for place in books.indices {
            for line in books[place].log.lines(BusStatus(books[place].bus)) {
                BoundedOutput.errors.say("pks: " + visible(line))
            }
        }
    }

    /// Begins the end of all of them; returns at once.
    func beginStop() { for book in books { book.bus.beginStop() } }

    /// All have ended.
    var hasStopped: Bool { books.allSatisfy { $0.bus.hasStopped } }

    /// Waits until all have ended.
    func stop() {
        beginStop()
        for book in books { book.bus.stop() }
    }
}

extension BookBus.Settings {
    /// What a configuration says.
    init(_ configuration: BusConfiguration) {
        self.init(nats: configuration.nats)
        names = configuration.names
        createsMissing = configuration.createsMissing
        batch = configuration.batch
        unacknowledgedMax = configuration.unacknowledgedMax
        retryMs = configuration.retryMs
        acknowledgeMs = configuration.acknowledgeMs
        publishWindow = configuration.publishWindow
        conflates = configuration.conflates
        publishesHistory = configuration.publishesHistory
    }
}

extension CommandError {
    /// What keeps a bus from starting. A server that is not there does not.
    init(bus error: BusError) {
        switch error {
        case .badOptions: self = .said(.badConfiguration, error.description)
        case .file: self = .said(.inputOutput, error.description)
        default: self = .said(.unavailable, error.description)
        }
    }
}
