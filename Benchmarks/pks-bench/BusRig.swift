import Accumulator
import BenchModel
import CBusLimits
import CSeqlock
import Foundation
import NATSBridge
import NATSSupport
import Service

/// What a benchmark of the bus runs against: a book with its journal in a service of its own, in folders of its own.
final class BusRig {
    let book: String
    let service: PositionService
    let records: any DurableRecords
    let nats: NATSOptions
    /// Segments, rings and locks.
    let place: String
    private let folder: String

    /// The book's journal, and beside it what the bus keeps.
    var journal: String { folder + "/" + book }

    /// Starts a live service of one book. `cpu` is the writer's own; the calling thread and all that it starts leave it.
    init(book: String, nats: NATSOptions, folder: String, cpu: Int? = nil, wait: WaitStrategy = .adaptive)
        throws
    {
        self.book = book
        self.nats = nats
        self.folder = folder
        place = "/dev/shm/pks-\(book)"
        for directory in [folder, place] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        var config = BookConfig(
            name: book, positionsMax: 1024, lotsMax: 1 << 20, identitiesMax: (1 << 21) - 32)
        config.hashSeed = 1
        var options = BookOptions(config: config)
        options.journal = JournalOptions(directory: folder)
        (options.cpu, options.wait) = (cpu, wait)
        var all = ServiceOptions(books: [options], runDirectory: place)
        all.shmDirectory = place
        service = try PositionService(all) { _ in }
        _ = service.leaveWriterCPUs()
        try service.start()
        while !service.isLive { sched_yield() }
        guard let records = try service.durableRecords(book: book) else {
            throw BenchError("bus: the book has no journal")
        }
        self.records = records
    }

    /// Ends the service and removes its files; the bus has ended before.
    func end() {
        service.stop()
        for directory in [folder, place] { try? FileManager.default.removeItem(atPath: directory) }
    }

    /// The book's ingest, which makes what is missing at the server.
    func makeIngest() throws -> BusIngest {
        let records = records
        var options = BusIngestOptions(
            book: book, nats: nats, instruments: InstrumentTable(), positionDirectory: journal,
            shmDirectory: place, runDirectory: place, journalSequence: { records.durableSeq })
        options.createsMissing = true
        return try BusIngest(options)
    }

    /// The book's publisher of every effect.
    func makePublisher() throws -> BusPublisher {
        var settings = BusPublisher.Settings(options: nats, names: BusNames())
        settings.conflates = false
        settings.createsStreams = true
        return try BusPublisher(records, journal: journal, settings)
    }

    /// Waits until something holds, for two minutes at most; `error` is what is said then.
    static func wait(_ what: String, _ error: () -> String, until isDone: () throws -> Bool) throws {
        let deadlineNs = pks_monotonic_ns() + 120_000_000_000
        while try !isDone() {
            if pks_monotonic_ns() > deadlineNs { throw BenchError("bus: \(what) never ended: \(error())") }
            _ = poll(nil, 0, 1)
        }
    }
}

/// Random fills for some keys, as messages of the bus.
struct BusFills {
    let keyCount: Int
    private var random = BenchRandom(state: 42)
    private var number: UInt64 = 0

    init(keyCount: Int) { self.keyCount = keyCount }

    mutating func next() -> (pks_fill_record, pks_key_record) {
        let bits = random.next()
        number += 1
        var fill = pks_fill_record()
        fill.kind = UInt8(PKS_KIND_FILL)
        fill.side = UInt8(bits & 1 == 0 ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        fill.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
        fill.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
        fill.event_ns = 1_700_000_000_000_000_000 + Int64(number) * 1000
        BenchText.write(10_000_000_000 + number, into: &fill, at: 40)
        BenchText.write(70_000_000_000 + number / 3, into: &fill, at: 80)
        return (fill, Self.key(Int((bits >> 32) % UInt64(keyCount))))
    }

    static func key(_ number: Int) -> pks_key_record {
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        BenchText.write("SYM\(number)", into: &key, at: 80)
        return key
    }
}
