import CSeqlock
import FillProducer
import ShmBridge
import ShmFiles

/// Both ends of the ring between a replay's reading and its writer. The ring loses its name as soon as both
/// ends have it, so that a replay that is killed leaves none behind.
struct ReplayRing: ~Copyable {
    /// The producer's name. Whoever holds the book's lock is the only replay of the book, so that a ring of this
    /// name is a dead one's, whose fills are in a file anyway.
    static let producerName = "pks.replay"
    /// Fits the second-level cache: the writer reads what was just written.
    static let recordCapacity = 8192

    let producer: FillProducer
    let consumer: RingConsumer

    /// Makes the ring and attaches its consumer; the name is gone when this returns or throws. The caller holds
    /// the book's lock.
    static func make(
        book: String, handleCapacity: Int, segmentEpoch: UInt64, directory: String, runDirectory: String
    ) throws(ShmError) -> ReplayRing {
        let options = ProducerOptions(
            book: book, producer: producerName, recordCapacity: recordCapacity,
            handleCapacity: handleCapacity,
            shmDirectory: directory, runDirectory: runDirectory)
        let path = directory + PKS_RING_PREFIX + book + "-" + producerName
        try remove(path)
        defer { try? remove(path) }
        let producer: FillProducer
        do throws(ProducerError) { producer = try FillProducer(options) } catch { throw ShmError(error) }
        let consumer = try RingConsumer(
            book: book, producer: producerName, segmentEpoch: segmentEpoch, directory: directory)
        return ReplayRing(producer: producer, consumer: consumer)
    }

    private static func remove(_ path: String) throws(ShmError) {
        do throws(SystemError) { try Paths.remove(path) } catch {
            throw .system(code: error.code, operation: error.operation, object: error.object)
        }
    }
}
