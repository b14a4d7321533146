import Accumulator
import BenchModel
import CLimits
import CSeqlock
import FillProducer
import Glibc
import LotMatching
import ShmBridge
import ShmReader

/// P6: from the moment that a producer puts a fill on its ring until it sees the slot of another process's
/// book with that fill in it, against one cache line one way between the same two cores. Two such ways are
/// the floor.
///
/// How it is measured: the near side is producer and reader, so that one clock of one process times both
/// ends. The far side is a whole BookWriter (duplicate check on, FIFO) that spins on `drain`. A fill is
/// due every `gapNs`, seen the one before it or not; mostly it was, so that the writer is waiting, as it is on
/// all but the busiest days. Each fill's slot is checked for that very fill. The goal is of the time since the put;
/// the tail is told from when the fill was due.
struct PathBench {
    var repetitions: Int
    var rounds: Int
    var keyCount: Int
    var gapNs: Int64
    var settings: PairSettings
    let book = "bench-path-\(getpid())"

    /// Take so many records.
    static var take: UInt64 { Order.first }
    static var producer: String { "p" }
    static var identitiesMax: Int { (1 << 20) - 32 }

    func run(_ progress: Progress) throws -> [Goal] {
        Traces.removeRingLockAtEnd(book: book, producer: Self.producer)
        var producer = try FillProducer(
            ProducerOptions(
                book: book, producer: Self.producer, recordCapacity: 4096, handleCapacity: max(keyCount, 64)))
        Traces.removeAtEnd(producer.path)
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + book)
        let far = try FarSide("path", book: book, settings)
        let reader = try SegmentReader(book: book)
        // Both ends are attached: nothing is left behind whatever happens now.
        // SAFETY: paths are strings of this process.
        _ = unsafe (unlink(producer.path), unlink(reader.path))
        var fills = PathFills(keyCount: keyCount)
        for handle in 0..<keyCount {
            precondition(producer.define(handle: handle, key: fills.key(handle)) == .ok)
        }
        producer.publish()
        try far.order(Self.take, keyCount)
        let slots = try (0..<keyCount).map { handle in
            guard let slot = reader.find(account: "acc", strategy: "strat", symbol: "SYM\(handle)") else {
                throw BenchError("P6: key \(handle) has no slot")
            }
            return slot
        }
        var shown = Shown(keyCount: keyCount)
        let pairs = try PairRuns(far: far, repetitions: repetitions, rounds: rounds, progress: progress)
        let runs = try pairs.measure { rounds in
            let number = far.begin(Self.take, rounds)
            let times = try block(rounds, &fills, &producer, reader, slots, &shown, far)
            try far.wait(for: number)
            return times
        }
        try far.order(Order.end)
        var goal = runs.goal(
            keyCount == 1 ? "P6" : "P6.keys\(keyCount)",
            "fill on the ring -> seen in the slot by another process, p50 / one cache line one way", 3.5,
            share: 1, over: \.pingPongOneWayP50
        ) { $0.p50 }
        goal.series = runs.series(keyCount == 1 ? "path" : "path_keys\(keyCount)", share: 1)
        goal.detail += [("keys", Double(keyCount)), ("gap_ns", Double(gapNs))]
        return [goal]
    }

    /// What the slots have shown.
    private struct Shown {
        var sequences: [UInt64]
        var counts: [UInt64]

        init(keyCount: Int) {
            sequences = Array(repeating: 0, count: keyCount)
            counts = sequences
        }
    }

    /// Fills from put to seen, ns.
    private func block(
        _ rounds: Int, _ fills: inout PathFills, _ producer: inout FillProducer,
        _ reader: borrowing SegmentReader, _ slots: [Int], _ shown: inout Shown, _ far: FarSide
    ) throws -> BlockTimes {
        var sent = [PathFills.Sent](repeating: PathFills.Sent(), count: rounds)
        var position = pks_position()
        return try OpenLoop(intervalNs: gapNs).run(
            rounds, far,
            put: { number in
                fills.makeNext()
                sent[number] = fills.sent
                // SAFETY: the record lives for the call.
                let put = unsafe producer.put(&fills.record)
                producer.publish()
                guard put == .ok else { throw BenchError("P6: the ring does not take a fill: \(put)") }
            },
            isSeen: { number in
                let fill = sent[number]
                if reader.readNewer(slots[fill.handle], than: &shown.sequences[fill.handle], into: &position)
                {
                    shown.counts[fill.handle] = position.fill_count
                    // A later one may have overtaken it; then the slot is that one's.
                    if position.fill_count == fill.count {
                        guard position.event_ns == fill.eventNs, position.net_qty == fill.net else {
                            throw BenchError("P6: the slot is not what the fill makes it")
                        }
                    }
                }
                return shown.counts[fill.handle] >= fill.count
            })
    }

    /// The far side: a book's writer that does nothing but wait for fills and take them.
    struct Keeper: FarRole, ~Copyable {
        private var writer: BookWriter
        private let ring: Int

        init(book name: String) throws {
            var book = Book(
                BookConfig(
                    name: name, positionsMax: 16384, lotsMax: 1 << 20,
                    identitiesMax: PathBench.identitiesMax))
            book.prefault(lots: 1 << 18)
            let segment = try SegmentWriter(
                SegmentConfiguration(book: name, slotCapacity: 16384),
                lock: try BenchSegment.lock(book: name))
            let consumer = try RingConsumer(
                book: name, producer: PathBench.producer, segmentEpoch: segment.epoch)
            writer = BookWriter(book: book, segment: segment)
            ring = writer.attach(consumer)
        }

        mutating func carryOut(_ order: UInt64, _ argument: UInt64, _ orders: inout FarOrders) throws {
            var left = Int(argument)
            while left > 0 { left -= writer.drain(ring: ring) }
        }
    }
}

/// Random fills, and what the slot must show after each.
struct PathFills {
    // One thread's own; its address is only lent to calls.
    var record = pks_fill_record()
    private(set) var handle = 0
    private var counts: [UInt64]
    private var nets: [Int64]
    private var count: UInt64 = 0
    private var random = BenchRandom(state: 42)

    init(keyCount: Int) {
        counts = Array(repeating: 0, count: keyCount)
        nets = Array(repeating: 0, count: keyCount)
        record.kind = UInt8(PKS_KIND_FILL)
    }

    /// The newest fill, and what its slot must show.
    struct Sent {
        var handle = 0
        var count: UInt64 = 0
        var net: Int64 = 0
        var eventNs: Int64 = 0
    }

    var sent: Sent {
        Sent(handle: handle, count: counts[handle], net: nets[handle], eventNs: record.event_ns)
    }

    func key(_ handle: Int) -> pks_key_record {
        var key = pks_key_record()
        (key.price_decimals, key.qty_decimals, key.fee_decimals) = (8, 8, 8)
        BenchText.write("acc", into: &key, at: 16)
        BenchText.write("strat", into: &key, at: 48)
        BenchText.write("SYM\(handle)", into: &key, at: 80)
        return key
    }

    /// Positions grow, shrink and flip.
    mutating func makeNext() {
        let bits = random.next()
        count += 1
        handle = Int((bits >> 32) % UInt64(counts.count))
        let isBuy = bits & 1 == 0
        record.handle = UInt32(handle)
        record.side = UInt8(isBuy ? PKS_SIDE_BUY : PKS_SIDE_SELL)
        record.qty = Int64(1 + (bits >> 1) % 100) * 1_000_000
        record.price = 5_000_000_000_000 + Int64((bits >> 8) % 1000) * 1_000_000
        record.event_ns = 1_700_000_000_000_000_000 + Int64(count) * 1000
        BenchText.write(10_000_000_000 + count, into: &record, at: 40)
        BenchText.write(70_000_000_000 + count / 3, into: &record, at: 80)
        counts[handle] += 1
        nets[handle] += isBuy ? record.qty : -record.qty
    }
}
