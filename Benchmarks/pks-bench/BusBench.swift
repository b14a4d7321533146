import Accumulator
import BenchModel
import BusMessages
import CBusLimits
import CSeqlock
import Foundation
import NATSBridge
import NATSSupport
import Service

/// P12: fills out of JetStream into a journaled book, and what the book does back onto it, against a plain C client that
/// pulls and acknowledges, or publishes and reads acknowledgements, at the same server. Ours does its whole work
/// meanwhile: messages are read and checked, fills matched, slots published, every record made durable before its message
/// is acknowledged, and every effect derived from the durable records.
struct BusBench {
    var repetitions: Int
    var keyCount = 100
    /// So many that what a start takes, finding the ring and the first connection, does not show.
    var messageCount = 300_000
    /// Messages that are published, of those that the fills make.
    private static let publishedCount = 400_000
    private let path = NSTemporaryDirectory() + "pks-bench-bus-\(getpid())"
    /// What the C client publishes is as long as our messages are on average.
    private static let payloadBytes = 180

    /// Messages a second.
    private struct Sample {
        var ingest = 0.0
        var ingestLimit = 0.0
        var publish = 0.0
        var publishLimit = 0.0
        var messagesPerFill = 0.0
    }

    func run(_ progress: Progress) throws -> [Goal] {
        guard let version = NATSServer.Version.here.first else {
            throw BenchError("P12: there is no nats-server here (./run setup installs Debian's)")
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let runs = try GuardedRuns(repetitions, progress) { try sample(version, $0) }
        let figures = [
            ("messages", Double(messageCount)), ("published", Double(Self.publishedCount)),
            ("messages_per_fill", runs.median(\.messagesPerFill)),
            ("server_is_current", version == .current ? 1.0 : 0.0),
        ]
        return [
            runs.goal(
                "P12", "messages pulled, applied, made durable and acknowledged a second / pulled by plain C",
                0.9,
                .atLeast, value: { $0.ingest / $0.ingestLimit },
                detail: [
                    ("messages_per_second", runs.median(\.ingest)),
                    ("limit_messages_per_second", runs.median(\.ingestLimit)),
                ] + figures),
            runs.goal(
                "P12.publish", "effects published and acknowledged a second / messages by plain C", 0.9,
                .atLeast,
                value: { $0.publish / $0.publishLimit },
                detail: [
                    ("messages_per_second", runs.median(\.publish)),
                    ("limit_messages_per_second", runs.median(\.publishLimit)),
                    ("payload_bytes", Double(Self.payloadBytes)),
                ] + figures),
        ]
    }

    // MARK: - One repetition

    /// A server, a stream and a book of its own; whoever comes first changes from one to the next.
    private func sample(_ version: NATSServer.Version, _ number: Int) throws -> Sample {
        let server = try NATSServer(version)
        let nats = try NATSOptions(server.url)
        let book = "bench-bus-\(getpid())-\(number)"
        let names = BusNames()
        try prepare(nats, names, book: book)
        var sample = Sample()
        if number % 2 == 0 { try measureLimits(&sample, server, names, number) }
        try measureOurs(&sample, nats, names, book: book)
        if number % 2 == 1 { try measureLimits(&sample, server, names, number) }
        return sample
    }

    private func measureLimits(
        _ sample: inout Sample, _ server: NATSServer, _ names: BusNames, _ number: Int
    ) throws {
        var ns: Int64 = 0
        let payload = [UInt8](repeating: 0x2a, count: Self.payloadBytes)
        // SAFETY (all of this function): texts and bytes live for the calls; what comes back are the library's constants.
        if let failure = unsafe limit_bus_pull(
            server.url, names.bookingStream, "limit", UInt64(messageCount), 1000, &ns)
        {
            throw BenchError("P12: the C client's pull failed: \(unsafe String(cString: failure))")
        }
        sample.ingestLimit = Double(messageCount) / (Double(ns) / 1e9)
        let count = Self.publishedCount
        if let failure = unsafe limit_bus_publish(
            server.url, "limit.out", "limit-\(number)", payload, payload.count, UInt64(count), 4096, &ns)
        {
            throw BenchError("P12: the C client's publishing failed: \(unsafe String(cString: failure))")
        }
        sample.publishLimit = Double(count) / (Double(ns) / 1e9)
    }

    private func measureOurs(
        _ sample: inout Sample, _ nats: NATSOptions, _ names: BusNames, book: String
    ) throws {
        let folder = path + "/" + book
        let place = "/dev/shm/pks-bench-bus-\(getpid())"
        for directory in [folder, place] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        defer {
            for directory in [folder, place] { try? FileManager.default.removeItem(atPath: directory) }
        }
        var config = BookConfig(
            name: book, positionsMax: max(1024, keyCount), lotsMax: 1 << 20, identitiesMax: (1 << 21) - 32)
        config.hashSeed = 1
        var options = BookOptions(config: config)
        options.journal = JournalOptions(directory: folder)
        var all = ServiceOptions(books: [options], runDirectory: place)
        all.shmDirectory = place
        let service = try PositionService(all) { _ in }
        try service.start()
        defer { service.stop() }
        while !service.isLive { sched_yield() }
        guard let records = try service.durableRecords(book: book) else {
            throw BenchError("P12: the book has no journal")
        }
        var ingestOptions = BusIngestOptions(
            book: book, nats: nats, instruments: InstrumentTable(), positionDirectory: folder + "/" + book,
            shmDirectory: place, runDirectory: place, journalSequence: { records.durableSeq })
        ingestOptions.createsMissing = true
        let ingest = try BusIngest(ingestOptions)
        defer { ingest.stop() }
        var start = pks_monotonic_ns()
        try ingest.start()
        let last = UInt64(messageCount)
        try wait("ingest", { ingest.status.lastError }) { ingest.status.keptSequence >= last }
        sample.ingest = Double(messageCount) / (Double(pks_monotonic_ns() - start) / 1e9)

        var settings = BusPublisher.Settings(options: nats, names: names)
        settings.conflates = false
        settings.createsStreams = true
        let publisher = try BusPublisher(records, journal: folder + "/" + book, settings)
        defer { publisher.stop() }
        start = pks_monotonic_ns()
        try publisher.start()
        let wanted = UInt64(Self.publishedCount)
        try wait("publisher", { publisher.status.trouble ?? "" }) { publisher.status.storedCount >= wanted }
        let status = publisher.status
        sample.publish = Double(status.storedCount) / (Double(pks_monotonic_ns() - start) / 1e9)
        sample.messagesPerFill = Double(status.storedCount) / Double(max(1, status.publishedSeq))
    }

    private func wait(_ what: String, _ error: () -> String, until isDone: () -> Bool) throws {
        let deadlineNs = pks_monotonic_ns() + 120_000_000_000
        while !isDone() {
            if pks_monotonic_ns() > deadlineNs {
                throw BenchError("P12: the \(what) never ended: \(error())")
            }
            _ = poll(nil, 0, 1)
        }
    }

    /// Streams, the C client's consumer, and the fills, one in a message.
    private func prepare(
        _ nats: NATSOptions, _ names: BusNames, book: String
    ) throws {
        let connection = try NATSConnection(nats)
        let admin = try JetStream(connection)
        let booked = BusNames.subject(names.booked, book: book)
        let incoming = [names.booked, names.lifecycle].map { BusNames.subject($0, book: "*") }
        try admin.makeStream(StreamPlan(name: names.bookingStream, subjects: incoming))
        try admin.makeStream(StreamPlan(name: "LIMIT-OUT", subjects: ["limit.out"]))
        try admin.makeConsumer(ConsumerPlan(name: "limit", filter: booked), of: names.bookingStream)
        var encoder = TradeBookedEncoder(book: book)
        var fills = BusFills(keyCount: keyCount)
        for number in 1...messageCount {
            let (fill, key) = fills.next()
            _ = encoder.add(fill, extension: nil, key: key)
            // SAFETY: the bytes are the encoder's until its next message; the call copies them.
            try unsafe connection.publish(booked, encoder.finish())
            // A server may drop what comes faster than it stores and is not to be acknowledged.
            guard number % 5000 == 0 || number == messageCount else { continue }
            try connection.flush()
            while try admin.stream(names.bookingStream)?.messageCount ?? 0 < UInt64(number) {
                _ = poll(nil, 0, 1)
            }
        }
    }
}

/// Random fills for some keys.
private struct BusFills {
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
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        BenchText.write("SYM\((bits >> 32) % UInt64(keyCount))", into: &key, at: 80)
        return (fill, key)
    }
}
