public import Accumulator
public import BusMessages
public import FillProducer

/// What the ingest of a book is told.
public struct BusIngestOptions: Sendable {
    /// The book.
    public var book: String
    /// Where the bus is.
    public var nats: NATSOptions
    /// Streams and subjects.
    public var names = BusNames()
    /// Streams and consumers that are missing are made.
    public var createsMissing = false
    /// Static data: the decimals of the book's numbers.
    public var instruments: InstrumentTable
    /// Where the position in the stream is kept: the directory of the book's journal.
    public var positionDirectory: String
    /// The newest durable record of the book's journal. Called on the ingest's thread.
    public var journalSequence: @Sendable () -> UInt64
    /// The ring to the book. Its producer is named `nats` and its handles are as many as the book has positions.
    public var ring: ProducerOptions
    /// Limits of a message.
    public var limits = MessageLimits()
    /// Messages asked for at a time.
    public var batch = 1000
    /// The most messages that are taken and not acknowledged.
    public var unacknowledgedMax = 65536
    /// How long a request for messages waits at the server.
    public var pullMs: Int64 = 5000
    /// The position's file is written at most this often.
    public var keepMs: Int64 = 100
    /// How often the stream is compared with the position while connected.
    public var lookMs: Int64 = 2000
    /// How long to wait between attempts to connect, and until something unanswered is sent again.
    public var retryMs: Int64 = 1000
    /// After how long the server gives an unacknowledged message again.
    public var acknowledgeMs: Int64 = 30_000

    /// Options with the product's defaults. `shmDirectory` and `runDirectory` are where the daemon looks for rings.
    public init(
        book: String, nats: NATSOptions, instruments: InstrumentTable, positionDirectory: String,
        shmDirectory: String = "/dev/shm", runDirectory: String? = nil,
        journalSequence: @escaping @Sendable () -> UInt64
    ) {
        self.book = book
        self.nats = nats
        self.instruments = instruments
        self.positionDirectory = positionDirectory
        self.journalSequence = journalSequence
        ring = ProducerOptions(
            book: book, producer: "nats", handleCapacity: 65536, shmDirectory: shmDirectory,
            runDirectory: runDirectory)
    }
}
