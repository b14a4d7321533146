import Accumulator
import Service
import ServiceSupport
import ShmReader
import Synchronization
import TestSupport
import Testing

/// A daemon of one book in this process, with a directory of its own and everything that it logged.
final class Desk {
    let book = "desk"
    let place: TestDirectory
    let lines: Lines
    private(set) var service: PositionService

    final class Lines: Sendable {
        private let all = Mutex<[String]>([])

        func add(_ line: String) { all.withLock { $0.append(line) } }
        func with(_ text: String) -> [String] { all.withLock { $0.filter { $0.contains(text) } } }
    }

    /// Starts a daemon and waits until it is live.
    init(in place: TestDirectory? = nil, _ change: (inout BookOptions) -> Void = { _ in }) throws {
        let place = try place ?? TestDirectory.inSharedMemory()
        let lines = Lines()
        let service = try PositionService(Self.options(place, book, change)) { lines.add($0) }
        (self.place, self.lines, self.service) = (place, lines, service)
        try service.start()
        #expect(eventually { service.isLive })
    }

    /// Its writer is told to end in any case.
    deinit { service.stop() }

    static func options(
        _ place: TestDirectory, _ name: String, _ change: (inout BookOptions) -> Void = { _ in }
    ) -> ServiceOptions {
        var book = BookOptions(
            config: BookConfig(name: name, positionsMax: 64, lotsMax: 1 << 17, identitiesMax: (1 << 17) - 32))
        book.wait = .park
        book.changeCapacity = 4096
        change(&book)
        var options = ServiceOptions(books: [book], runDirectory: place.path)
        options.shmDirectory = place.path
        return options
    }

    func feeder(_ name: String, records: Int = 4096, seed: UInt64 = 1) throws -> Feeder {
        try Feeder(
            book: book, name: name, shmDirectory: place.path, runDirectory: place.path, records: records,
            seed: seed)
    }

    func reader() throws -> SegmentReader { try SegmentReader(book: book, directory: place.path) }

    /// The book's figures now.
    var stats: BookStats { service.stats().books[0] }

    /// A ring's figures now.
    func ring(_ producer: String) -> RingStats? { stats.rings.first { $0.producer == producer } }

    /// The reasons that the book is degraded for; 0 when it is live.
    var degradedReasons: UInt64? {
        switch stats.status {
        case .live: 0
        case .degraded(let reasons): reasons
        default: nil
        }
    }

    /// Ends the daemon and begins another on the same place.
    func restart(_ change: (inout BookOptions) -> Void = { _ in }) throws {
        service.stop()
        let lines = lines
        service = try PositionService(Self.options(place, book, change)) { lines.add($0) }
        try service.start()
        let service = service
        #expect(eventually { service.isLive })
    }
}
