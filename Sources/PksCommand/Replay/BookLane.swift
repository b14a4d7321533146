import Accumulator
import CSeqlock
import FillProducer
import LotMatching
import ShmBridge
import ShmReader

/// One book of a replay: the ring that its records go through, its writer, and its segment. The real path,
/// with one thread at both of its ends. The segment stays under the book's name until `end`.
final class BookLane {
    /// Where a lane keeps its shared memory and its locks.
    struct Place {
        var shmDirectory = "/dev/shm"
        var runDirectory: String
    }

    let book: String
    /// Where the segment is.
    let segmentPath: String
    /// CPU time spent from the ring's head to the slots, and on making effects.
    private(set) var drainNs: Int64 = 0
    private let place: Place
    private var producer: FillProducer
    private var writer: BookWriter
    private let ring: Int
    private var heldExtension: pks_extension_record?

    /// Takes the book's lock, makes its segment and a ring. Throws `alreadyRunning`, `noSpace`, and what
    /// else a lock, a segment or a ring can throw; nothing is left behind then.
    init(config: BookConfig, effects: consuming EffectLog, place: Place) throws(ShmError) {
        book = config.name
        self.place = place
        let lock = try WriterLock(book: book, runDirectory: place.runDirectory)
        let defaults = config.instruments.defaults
        var segment = try SegmentWriter(
            SegmentConfiguration(
                book: book, slotCapacity: config.positionsMax, priceDecimals: UInt8(defaults.priceDecimals),
                qtyDecimals: UInt8(defaults.qtyDecimals), feeDecimals: UInt8(defaults.feeDecimals),
                method: config.method.rawValue, directory: place.shmDirectory),
            lock: lock)
        segmentPath = segment.path
        let ends: ReplayRing
        do throws(ShmError) {
            ends = try ReplayRing.make(
                book: book, handleCapacity: config.positionsMax, segmentEpoch: segment.epoch,
                directory: place.shmDirectory, runDirectory: place.runDirectory)
        } catch {
            try? segment.stop(keep: false)
            throw error
        }
        producer = ends.producer
        writer = BookWriter(book: Book(config, effects: effects), segment: segment)
        ring = writer.attach(ends.consumer)
    }

    /// What became of a record.
    enum Put {
        case taken
        /// There is no room on the ring before the next drain; nothing was put.
        case full
        /// The ring has no handle for this key: the book has no room for it either. Its fills are rejected.
        case noHandle
    }

    /// Puts one record on the ring. An EXTENSION waits here for its FILL, so that they go together.
    func put(_ record: UnsafeRawPointer) -> Put {
        // SAFETY (all of this function): the caller's record is whole, aligned, and alive for the call.
        let result: PutAnswer
        switch unsafe Int32(record.load(as: UInt8.self)) {
        case PKS_KIND_KEY:
            let key = unsafe record.load(as: pks_key_record.self)
            result = producer.define(handle: Int(key.handle), key: key)
        case PKS_KIND_EXTENSION:
            heldExtension = unsafe record.load(as: pks_extension_record.self)
            return .taken
        default:
            let fill = unsafe record.assumingMemoryBound(to: pks_fill_record.self)
            if var extended = heldExtension {
                result = unsafe producer.put(&extended, fill: fill)
                if result == .ok { heldExtension = nil }
            } else {
                result = unsafe producer.put(fill)
            }
        }
        switch result {
        case .ok: return .taken
        case .full: return .full
        case .badHandle: return .noHandle
        case .quarantined, .redefined, .badKey:
            preconditionFailure("the ring of this process's own answers \(result)")
        }
    }

    /// Applies and publishes everything on the ring, and hands over the effects.
    func drain() {
        let began = threadCPUNs()
        producer.publish()
        while writer.drain(ring: ring, countMax: ReplayRing.recordCapacity) > 0 {}
        writer.book.effects.flush()
        drainNs += threadCPUNs() - began
    }

    /// Says that the writer is alive although nothing comes.
    func beat() { writer.beat() }

    /// Looks at the book as it is now.
    func withBook<Result, Failure: Error>(
        _ body: (borrowing Book) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(writer.book)
    }

    /// Attaches a reader to the segment, as another process would.
    func attachReader() throws(CommandError) -> SegmentReader {
        do throws(AttachError) {
            return try SegmentReader(book: book, directory: place.shmDirectory)
        } catch {
            throw CommandError(error)
        }
    }

    /// Marks the segment stopped; its name stays with `keep` only.
    func end(keep: Bool) throws(ShmError) { try writer.stop(keep: keep) }
}
