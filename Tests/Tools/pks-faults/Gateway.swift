import CSeqlock
import FillProducer

/// A producer that plays a script onto its ring, as fast as there is room.
final class Gateway {
    private let script: FillScript
    private var producer: FillProducer
    private var handles: [UInt32] = []
    /// The next entry to put.
    private(set) var next = 0
    /// How often a ring without room was the answer.
    private(set) var fullCount = 0

    init(_ place: FaultPlace, name: String, script: FillScript, recordCapacity: Int = 1024) throws {
        self.script = script
        producer = try FillProducer(
            ProducerOptions(
                book: place.book, producer: name, recordCapacity: recordCapacity, handleCapacity: 16,
                runDirectory: place.runDirectory))
        for symbol in FillScript.symbols {
            guard
                case .handle(let handle) = producer.define(
                    account: script.account, strategy: "strat", symbol: symbol)
            else { throw FaultFailure("a key is refused") }
            handles.append(handle)
        }
        producer.publish()
    }

    /// The file of its ring.
    var path: String { producer.path }
    /// Everything is on the ring.
    var isDone: Bool { next == script.entries.count }
    /// Records that the producer was told are safe.
    var freed: UInt64 { producer.freedCount }
    /// Records put.
    var put: UInt64 { producer.putCount }
    /// Records in the book.
    var applied: UInt64 { producer.appliedCount }
    /// Whether the writer reads it no more.
    var isQuarantined: Bool { producer.isQuarantined }

    /// Puts up to `limit` entries; returns how many.
    @discardableResult
    func pump(_ limit: Int) -> Int {
        producer.beat(nowNs: pks_monotonic_ns())
        var count = 0
        while count < limit, next < script.entries.count {
            var entry = script.entries[next]
            entry.fill.handle = handles[entry.key]
            let answer: PutAnswer
            if var extended = entry.extended {
                extended.handle = handles[entry.key]
                answer = producer.put(extended, fill: entry.fill)
            } else {
                answer = producer.put(entry.fill)
            }
            guard case .ok = answer else {
                fullCount += 1
                break
            }
            next += 1
            count += 1
        }
        producer.publish()
        return count
    }

    /// Closes it, and takes its ring away when everything is durable.
    func remove() throws -> Bool {
        producer.close()
        return try producer.removeIfDrained()
    }
}
