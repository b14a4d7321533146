import Accumulator
import CSeqlock
import FillProducer
import Glibc
import ShmBridge

/// A book with its segment and one ring, both ends of it in one thread: fills are put while nothing is timed, and
/// drained while the clock runs.
struct BookOnRing: ~Copyable {
    var producer: FillProducer
    var writer: BookWriter
    let ring: Int
    /// Fills that fit on the ring at a time.
    static var chunkFills: Int { 1 << 16 }

    /// A book of this configuration, with memory for `lots` open lots touched, whose keys are those of `stream`.
    /// Nothing of it is left in the file system.
    init(_ config: BookConfig, lots: Int, stream: FillStream) throws {
        let name = config.name
        Self.removeTraces(of: name)
        var producer = try FillProducer(
            ProducerOptions(
                book: name, producer: "p", recordCapacity: Self.chunkFills,
                handleCapacity: max(stream.keyCount, 64)))
        var book = Book(config)
        book.prefault(lots: lots)
        let segment = try SegmentWriter(
            SegmentConfiguration(book: name, slotCapacity: config.positionsMax),
            lock: try BenchSegment.lock(book: name))
        let consumer = try RingConsumer(book: name, producer: "p", segmentEpoch: segment.epoch)
        // SAFETY: paths are strings of this process. Both ends have the ring mapped, and nobody else needs a name.
        _ = unsafe (unlink(producer.path), unlink(segment.path))
        var writer = BookWriter(book: book, segment: segment)
        let ring = writer.attach(consumer)
        for first in stride(from: 0, to: stream.keyCount, by: Self.chunkFills) {
            stream.define(&producer, first..<min(first + Self.chunkFills, stream.keyCount))
            producer.publish()
            while writer.drain(ring: ring) > 0 {}
        }
        guard writer.book.positionCount == stream.keyCount else {
            throw BenchError("\(writer.book.positionCount) of \(stream.keyCount) keys were taken")
        }
        self.producer = producer
        self.writer = writer
        self.ring = ring
    }

    /// Remembers what a killed run would leave. Call on one thread at a time.
    static func removeTraces(of name: String) {
        Traces.removeRingLockAtEnd(book: name, producer: "p")
        Traces.removeAtEnd("/dev/shm/pks-fills-v1-\(name)-p")
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-\(name)")
    }

    /// Takes all that is on the ring.
    @inline(never)
    mutating func drain() {
        while writer.drain(ring: ring, countMax: 1024) > 0 {}
    }

    /// The calling thread's own time on a processor, ns.
    static func threadNs() -> Int64 {
        var time = timespec()
        // SAFETY: the time lives for the call.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Fills that the book has applied.
    var fillCount: Int { Int(writer.book.counters.fills) }

    /// Puts `count` fills, in pieces that fit, and returns how long draining them took this thread, ns a fill by its own
    /// clock: turns that others had on the core do not count.
    mutating func time(_ count: Int, _ put: (inout FillProducer) -> Void) throws -> Double {
        let before = fillCount
        var takenNs: Int64 = 0
        var left = count
        while left > 0 {
            let piece = min(left, Self.chunkFills)
            for _ in 0..<piece { put(&producer) }
            producer.publish()
            let start = Self.threadNs()
            drain()
            takenNs += Self.threadNs() - start
            left -= piece
        }
        guard fillCount == before + count else {
            throw BenchError("\(fillCount - before) of \(count) fills were applied")
        }
        return Double(takenNs) / Double(count)
    }
}
