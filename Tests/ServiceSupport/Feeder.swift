package import CSeqlock
package import FillProducer
import Glibc
import TestSupport

/// A producer that sends random fills of keys of its own and remembers what it sent, so that an oracle can say what
/// must come of it.
package final class Feeder {
    /// Everything put so far, with ring handles, in order.
    package private(set) var sent: [pks_fill_record] = []
    package let name: String
    package let keyCount: Int
    package var producer: FillProducer
    private var random: SeededRandom
    private var number = 0

    /// The ring was full and the writer gives no room.
    package struct Stuck: Error {}

    /// A new producer, or one that goes on with its ring. Keys are `<name>-0`, `<name>-1` and so on.
    package init(
        book: String, name: String, shmDirectory: String = "/dev/shm", runDirectory: String,
        records: Int = 65536, keyCount: Int = 4, seed: UInt64, handleCapacity: Int = 64
    ) throws {
        self.name = name
        self.keyCount = keyCount
        random = SeededRandom(seed: seed)
        producer = try FillProducer(
            ProducerOptions(
                book: book, producer: name, recordCapacity: records, handleCapacity: handleCapacity,
                shmDirectory: shmDirectory, runDirectory: runDirectory))
        for key in 0..<keyCount {
            guard
                case .handle(UInt32(key)) = producer.define(
                    account: "acc", strategy: "strat", symbol: "\(name)-\(key)")
            else { throw Stuck() }
        }
        producer.publish()
    }

    /// The key of a handle, as the book is told.
    package func key(_ handle: Int) -> pks_key_record? {
        pks_key_record(account: "acc", strategy: "strat", symbol: "\(name)-\(handle)")
    }

    /// Makes the next fill. One in sixteen is the one before it once more.
    package func next() -> pks_fill_record {
        if random.chance(6), let last = sent.last { return last }
        number += 1
        var fill = pks_fill_record(
            random.chance(50) ? .buy : .sell, handle: UInt32(random.next() % UInt64(keyCount)),
            qty: Int64(random.next() % 16) + 1, price: Int64(random.next() % 256) - 20,
            fee: Int64(random.next() % 8), eventNs: Int64(number), sourceRef: UInt64(number))
        precondition(fill.setTradeID("\(name)-\(number)"))
        return fill
    }

    /// Puts so many fills and shows them; how many found room.
    @discardableResult
    package func put(_ count: Int) -> Int {
        for done in 0..<count {
            let fill = next()
            guard producer.put(fill) == .ok else {
                producer.publish()
                return done
            }
            sent.append(fill)
        }
        producer.publish()
        return count
    }

    /// Puts so many fills, waiting for room. Throws when the ring stays full, or is quarantined.
    package func putAll(_ count: Int) throws {
        var left = count
        while left > 0 {
            let done = put(min(left, 64))
            left -= done
            if done == 0 && !eventually({ self.producer.room > 0 || self.producer.isQuarantined }) {
                throw Stuck()
            }
            if producer.isQuarantined { throw Stuck() }
        }
    }

    /// Waits until everything put is in the book; false when that cannot be any more.
    package func awaitApplied() -> Bool {
        let isOver = eventually {
            self.producer.appliedCount == self.producer.putCount || self.producer.isQuarantined
        }
        return isOver && !producer.isQuarantined
    }
}
