import CSeqlock
import FillProducer
import Glibc
import ShmBridge
import ShmFiles
import ShmReader
import TestSupport
import Testing

/// A directory of its own for one test, on the file system of shared memory where there is one, removed
/// with its owner. Segments and locks of tests never meet those of a running system.
struct Scratch: ~Copyable {
    private let directory: TestDirectory
    var path: String { directory.path }

    init(in parent: String? = nil) throws {
        directory = try parent.map { try TestDirectory(in: $0) } ?? TestDirectory.inSharedMemory()
    }

    func files() -> [String] { directory.names }

    /// The segment file of a book in here.
    func segmentPath(_ book: String) -> String { path + PKS_SEGMENT_PREFIX + book }

    func configuration(_ book: String = "main", slots: Int = 16, changes: Int = 0) -> SegmentConfiguration {
        SegmentConfiguration(book: book, slotCapacity: slots, changeCapacity: changes, directory: path)
    }

    func writer(_ book: String = "main", slots: Int = 16, changes: Int = 0) throws -> SegmentWriter {
        try SegmentWriter(
            configuration(book, slots: slots, changes: changes),
            lock: WriterLock(book: book, runDirectory: path))
    }

    func reader(_ book: String = "main") throws -> SegmentReader {
        try SegmentReader(book: book, directory: path)
    }

    func producer(
        _ producer: String = "p1", book: String = "main", records: Int = 8, handles: Int = 4
    ) throws -> FillProducer {
        try FillProducer(
            ProducerOptions(
                book: book, producer: producer, recordCapacity: records, handleCapacity: handles,
                shmDirectory: path, runDirectory: path))
    }

    func consumer(_ producer: String = "p1", book: String = "main") throws -> RingConsumer {
        try RingConsumer(book: book, producer: producer, segmentEpoch: 7, directory: path)
    }
}

func directoryEntry(
    _ symbol: String, account: String = "acc", strategy: String = "strat"
) -> pks_directory_entry {
    var entry = pks_directory_entry()
    _ = FixedText.store(account, in: &entry.account)
    _ = FixedText.store(strategy, in: &entry.strategy)
    _ = FixedText.store(symbol, in: &entry.symbol)
    _ = FixedText.store("USD", in: &entry.currency)
    entry.multiplier = 1
    entry.price_decimals = 2
    entry.qty_decimals = 3
    entry.multiplier_decimals = 0
    entry.fee_decimals = 4
    entry.method = UInt8(PKS_METHOD_FIFO)
    return entry
}

func keyRecord(_ symbol: String) -> pks_key_record {
    var key = pks_key_record()
    _ = FixedText.store("acc", in: &key.account)
    _ = FixedText.store("strat", in: &key.strategy)
    _ = FixedText.store(symbol, in: &key.symbol)
    key.price_decimals = 8
    key.qty_decimals = 8
    key.fee_decimals = 8
    return key
}

extension SegmentWriter {
    /// Claims a slot for a symbol; tests always leave room for it.
    mutating func claim(_ symbol: String) throws -> Int {
        guard let slot = claimSlot(directoryEntry(symbol)) else {
            throw SystemFailure("a slot", code: ENOSPC)
        }
        return slot
    }
}

/// `#require` takes calls on noncopyable values apart and then cannot compile them; this does not.
func required<Value>(_ value: Value?, at place: SourceLocation = #_sourceLocation) throws -> Value {
    try #require(value, sourceLocation: place)
}
