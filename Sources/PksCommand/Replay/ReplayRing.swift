import ShmBridge
import ShmFiles

/// Both ends of the ring between a replay's reading and its writer. The ring loses its name as soon as both
/// ends have it, so that a replay that is killed leaves none behind.
struct ReplayRing: ~Copyable {
    /// The producer's name. Whoever holds its lock is the only replay of the book, so that a ring of this
    /// name is a dead one's, whose fills are in a file anyway.
    static let producerName = "pks.replay"
    /// Fits the second-level cache: the writer reads what was just written.
    static let recordCapacity = 8192

    let producer: RingProducer
    let consumer: RingConsumer

    static func lock(book: String, runDirectory: String) throws(ShmError) -> WriterLock {
        try WriterLock(book: book, producer: producerName, runDirectory: runDirectory)
    }

    /// Makes the ring and attaches its consumer; the name is gone when this returns or throws.
    static func make(
        book: String, handleCapacity: Int, segmentEpoch: UInt64, directory: String, lock: consuming WriterLock
    ) throws(ShmError) -> ReplayRing {
        let configuration = RingConfiguration(
            book: book, producer: producerName, recordCapacity: recordCapacity,
            handleCapacity: handleCapacity, directory: directory)
        let path = try path(book: book, directory: directory)
        try remove(path)
        defer { try? remove(path) }
        let producer = try RingProducer(configuration, lock: lock)
        let consumer = try RingConsumer(
            book: book, producer: producerName, segmentEpoch: segmentEpoch, directory: directory)
        return ReplayRing(producer: producer, consumer: consumer)
    }

    private static func path(book: String, directory: String) throws(ShmError) -> String {
        do throws(NameFault) {
            return try SharedNames.ringPath(book: book, producer: producerName, directory: directory)
        } catch {
            throw .badName(name: book, reason: error.text)
        }
    }

    private static func remove(_ path: String) throws(ShmError) {
        do throws(SystemError) { try Paths.remove(path) } catch {
            throw .system(code: error.code, operation: error.operation, object: error.object)
        }
    }
}
