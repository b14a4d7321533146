import Accumulator
import CSeqlock
import FillProducer
import ShmBridge
import ShmReader
import TestSupport

/// The whole path in one process and one thread: producers, their rings, a book's writer and its segment,
/// in a directory of its own.
struct Post: ~Copyable {
    /// A producer's end of a ring.
    final class RingEnd {
        private var producer: FillProducer

        init(_ producer: consuming FillProducer) { self.producer = producer }

        /// Puts any 128 bytes on the ring and shows them. False when the ring is full.
        func put<Record>(_ record: Record) -> Bool {
            var record = record
            // SAFETY: all records are 128 bytes, and this one outlives the call.
            return unsafe withUnsafeBytes(of: &record) { bytes in
                guard bytes.count == 128, let base = bytes.baseAddress else { return false }
                guard unsafe producer.put(base.assumingMemoryBound(to: pks_fill_record.self)) == .ok else {
                    return false
                }
                producer.publish()
                return true
            }
        }

        func close() { producer.close() }

        /// Announces a key under a handle, in the ring's key table too. False when the ring is full.
        func announce(_ key: pks_key_record) -> Bool {
            var key = key
            let handle = Int(key.handle)
            key.handle = 0
            return producer.define(handle: handle, key: key) == .ok
        }

        /// Records that the writer has given back, since the ring was made.
        var freedCount: UInt64 { producer.freedCount }
    }

    static let ringCount = 2

    let rings: [RingEnd]
    var writer: BookWriter
    private(set) var reader: SegmentReader
    private let folder: TestDirectory

    private init(
        _ rings: [RingEnd], _ writer: consuming BookWriter, _ reader: consuming SegmentReader,
        _ folder: TestDirectory
    ) {
        self.rings = rings
        self.writer = writer
        self.reader = reader
        self.folder = folder
    }

    /// Two rings of `records` records, and a writer that has attached both.
    static func open(
        _ config: BookConfig, effects: consuming EffectLog = EffectLog(), records: Int = 64
    ) throws -> Post {
        let folder = try TestDirectory.inSharedMemory()
        let segment = try SegmentWriter(
            SegmentConfiguration(
                book: config.name, slotCapacity: config.positionsMax, directory: folder.path),
            lock: WriterLock(book: config.name, runDirectory: folder.path))
        let epoch = segment.epoch
        var writer = BookWriter(book: Book(config, effects: effects), segment: segment)
        var rings: [RingEnd] = []
        for number in 0..<ringCount {
            let name = "p\(number)"
            let producer = try FillProducer(
                ProducerOptions(
                    book: config.name, producer: name, recordCapacity: records, handleCapacity: 16,
                    shmDirectory: folder.path, runDirectory: folder.path))
            rings.append(RingEnd(producer))
            _ = writer.attach(
                try RingConsumer(
                    book: config.name, producer: name, segmentEpoch: epoch, directory: folder.path))
        }
        let reader = try SegmentReader(book: config.name, directory: folder.path)
        return Post(rings, writer, reader, folder)
    }

    /// The same with a journal: both rings, and a writer of an empty book.
    static func open(
        _ config: BookConfig, journal: RecordQueue, isDurableFirst: Bool, records: Int = 64
    ) throws -> Post {
        var post = try open(config, records: records)
        try post.restart(Book(config), journal: journal, isDurableFirst: isDurableFirst, rings: nil)
        return post
    }

    /// The next life of the book: its writer dies, and another goes on with `book` and with the rings where `rings`
    /// says. Without `rings` it is the first one.
    mutating func restart(
        _ book: consuming Book, journal: RecordQueue, isDurableFirst: Bool, rings table: RingTable?
    ) throws {
        let name = book.config.name
        let runDirectory = folder.path + "/life-\(UInt64.random(in: 0...UInt64.max))"
        try Files.makeDirectory(runDirectory)
        let segment = try SegmentWriter(
            SegmentConfiguration(book: name, slotCapacity: book.config.positionsMax, directory: folder.path),
            lock: WriterLock(book: name, runDirectory: runDirectory))
        let epoch = segment.epoch
        var options = BookWriterOptions()
        options.journal = journal
        options.isDurableFirst = isDurableFirst
        var writer = BookWriter(book: book, segment: segment, options: options)
        if table == nil { writer.logBounds() }
        for number in 0..<Self.ringCount {
            let consumer = try RingConsumer(
                book: name, producer: "p\(number)", segmentEpoch: epoch, directory: folder.path)
            let next = table?.next(ofEpoch: consumer.epoch)
            writer.attach(RingFeed(consumer, resumedAt: next), at: number)
        }
        self.writer = writer
        reader = try SegmentReader(book: name, directory: folder.path)
    }

    /// What the slot of a handle shows, read the way a strategy reads it.
    func shown(_ slot: Int) -> pks_position? {
        var position = pks_position()
        return reader.read(slot, into: &position) == .value ? position : nil
    }
}
