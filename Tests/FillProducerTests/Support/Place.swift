import CSeqlock
import FillProducer
import ShmBridge
import TestSupport

/// A directory of its own for one test, for rings and locks, removed with its owner.
struct Place: ~Copyable {
    private let directory: TestDirectory
    var path: String { directory.path }

    /// On the file system of shared memory where there is one, or under `parent`.
    init(in parent: String? = nil) throws {
        directory = try parent.map { try TestDirectory(in: $0) } ?? TestDirectory.inSharedMemory()
    }

    var ringPath: String { path + PKS_RING_PREFIX + "main-p1" }

    func options(records: Int = 8, handles: Int = 4) -> ProducerOptions {
        ProducerOptions(
            book: "main", producer: "p1", recordCapacity: records, handleCapacity: handles,
            shmDirectory: path, runDirectory: path)
    }

    func producer(records: Int = 8, handles: Int = 4) throws -> FillProducer {
        try FillProducer(options(records: records, handles: handles))
    }

    func consumer() throws -> RingConsumer {
        try RingConsumer(book: "main", producer: "p1", segmentEpoch: 7, directory: path)
    }
}
