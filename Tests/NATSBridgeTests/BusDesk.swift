import Accumulator
import BusMessages
import CSeqlock
import FillProducer
import Foundation
import Glibc
import NATSSupport
import ShmBridge
import TestSupport
import Testing

@testable import NATSBridge

/// A server, an ingest, and the far end of its ring, which the test reads by hand: what comes through in which order.
final class BusDesk {
    let server: NATSServer
    let place: TestDirectory
    let book: String
    let positions: String
    let jetStream: () throws -> JetStream
    private(set) var ingest: BusIngest?
    private var consumer: RingConsumer?
    private var epoch: UInt64 = 1
    private var read: UInt64 = 0
    private var unfreed: [UInt64] = []
    private var encoder: TradeBookedEncoder
    /// Trade ids in the order in which they came off the ring.
    private(set) var seen: [String] = []
    /// Trade ids in the order in which they were published.
    private(set) var published: [String] = []
    /// What is read is durable at once.
    var frees = true
    var journalSequence = JournalWord()

    /// The server did not say that a message is stored.
    struct NotPublished: Error {}

    /// A word that a test sets and the ingest's thread reads.
    // SAFETY: the word is touched under the lock only.
    final class JournalWord: @unchecked Sendable {
        private let lock = NSLock()
        private var word: UInt64 = 1
        var value: UInt64 {
            get { lock.withLock { word } }
            set { lock.withLock { word = newValue } }
        }
    }

    init(_ version: NATSServer.Version, settings: String = "") throws {
        let server = try NATSServer(version, settings: settings)
        self.server = server
        place = try TestDirectory.inSharedMemory()
        book = "desk\(UInt32.random(in: 0...UInt32.max))"
        positions = server.folder + "/positions"
        try FileManager.default.createDirectory(atPath: positions, withIntermediateDirectories: false)
        encoder = TradeBookedEncoder(book: book, fillsMax: 8)
        jetStream = { try JetStream(NATSConnection(NATSOptions(server.url))) }
    }

    /// A book that runs and has taken so many messages, which are in its position's file.
    convenience init(_ version: NATSServer.Version, taken count: Int) throws {
        try self.init(version)
        try makeStreams()
        try publish(count)
        try start()
        #expect(self.await { self.status.keptSequence == UInt64(count) })
    }

    deinit { ingest?.stop() }

    // MARK: - The ingest

    func options(_ change: (inout BusIngestOptions) -> Void = { _ in }) throws -> BusIngestOptions {
        var nats = try NATSOptions(server.url)
        nats.pingMs = 200
        nats.connectMs = 1000
        nats.requestMs = 1000
        let word = journalSequence
        var options = BusIngestOptions(
            book: book, nats: nats, instruments: InstrumentTable(), positionDirectory: positions,
            shmDirectory: place.path, runDirectory: place.path, journalSequence: { word.value })
        options.createsMissing = true
        options.keepMs = 1
        options.lookMs = 50
        options.retryMs = 50
        options.ring.handleCapacity = 64
        options.unacknowledgedMax = 16384
        change(&options)
        return options
    }

    func start(_ change: (inout BusIngestOptions) -> Void = { _ in }) throws {
        let ingest = try BusIngest(options(change))
        consumer = try RingConsumer(
            book: book, producer: "nats", segmentEpoch: epoch, directory: place.path)
        read = consumer?.freed ?? 0
        unfreed = []
        epoch += 1
        try ingest.start()
        self.ingest = ingest
    }

    /// Ends the ingest, and with it this life of the ring's reader: what was not freed is read again in the next.
    func stop() {
        ingest?.stop()
        ingest = nil
        consumer = nil
    }

    var status: BusIngestStatus { ingest?.status ?? BusIngestStatus() }

    // MARK: - The ring

    /// Reads what is there.
    func readRing() {
        guard consumer?.refresh() != nil, let tail = consumer?.tail else { return }
        while read < tail {
            var record = pks_fill_record()
            // SAFETY: the record is a local, and the number is below the tail.
            unsafe consumer?.get(read, into: &record)
            if Int32(record.kind) == PKS_KIND_FILL { seen.append(Self.text(of: record)) }
            read += 1
        }
        consumer?.setApplied(read)
        if frees { consumer?.setFreed(read) }
    }

    /// Reads the ring until something holds; false when it does not come.
    func await(_ holds: () throws -> Bool) rethrows -> Bool {
        try eventually {
            readRing()
            return try holds()
        }
    }

    /// Every published trade has come, in order, whatever came twice; and everything is kept.
    func awaitAll() -> Bool {
        let end = self.await { Set(seen).isSuperset(of: published) }
        return end
    }

    /// Trade ids in the order in which they first came.
    var firsts: [String] {
        var known: Set<String> = []
        return seen.filter { known.insert($0).inserted }
    }

    private static func text(of record: pks_fill_record) -> String {
        // SAFETY: the bytes of a local, for the closure.
        unsafe withUnsafeBytes(of: record.trade_id) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    // MARK: - The bus

    /// Publishes so many messages, of one to three fills each, and waits until they are stored.
    func publish(_ count: Int, over given: NATSConnection? = nil) throws {
        let connection = try given ?? NATSConnection(NATSOptions(server.url))
        let subject = BusNames.subject(BusNames().booked, book: book)
        let inbox = try connection.makeInbox()
        let answers = try NATSSubscription(connection, subject: inbox)
        guard let key = pks_key_record(account: "a", strategy: "s", symbol: "X") else { throw NotPublished() }
        for _ in 0..<count {
            for _ in 0...(published.count % 3) {
                let number = published.count + 1
                var fill = pks_fill_record(
                    .buy, handle: 0, qty: 100_000_000, price: Int64(number) * 1_000_000,
                    eventNs: Int64(number))
                precondition(fill.setTradeID("T\(number)"))
                precondition(encoder.add(fill, extension: nil, key: key))
                published.append("T\(number)")
            }
            // SAFETY: the encoder's bytes are copied at once.
            let bytes = unsafe Array(encoder.finish())
            try connection.send(subject, bytes, reply: inbox)
        }
        for _ in 0..<count {
            guard let answer = try answers.take(),
                String(decoding: answer.payload, as: UTF8.self).contains("\"seq\"")
            else { throw NotPublished() }
        }
    }

    /// Makes what the ingest would make, so that messages can be published before it runs.
    func makeStreams() throws {
        let names = BusNames()
        let jetStream = try jetStream()
        try jetStream.makeStream(
            StreamPlan(
                name: names.bookingStream,
                subjects: [BusNames.wildcard(names.booked), BusNames.wildcard(names.lifecycle)]))
        try jetStream.makeStream(
            StreamPlan(
                name: names.rejectStream,
                subjects: [BusNames.wildcard(names.rejected), BusNames.wildcard(names.deadLetter)]))
    }

    func consumerState() throws -> ConsumerState? {
        try jetStream().consumer("pks-" + book, of: BusNames().bookingStream)
    }

    /// What is left in the stream is nothing that the server waits for.
    func awaitAcknowledged() throws -> Bool {
        try self.await {
            guard let state = try consumerState() else { return false }
            return state.unacknowledgedCount == 0 && state.pendingCount == 0
        }
    }
}
