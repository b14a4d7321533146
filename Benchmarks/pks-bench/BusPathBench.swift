import Accumulator
import BenchModel
import CLimits
import CSeqlock
import FillProducer
import Foundation
import NATSBridge
import NATSSupport
import Service
import ShmReader

/// B1: from the moment that a fill is on its ring until it is in its slot, p99.9, in a service with a journal: with its
/// ingest and publisher at work against a real server, against the same without a bus. The bound is the noise: how far
/// the repetitions without a bus lie apart.
///
/// How it is measured: a fill is due every `gapNs`, seen the one before it or not. The writer has a core of its own, as
/// with `pks run --pin`; everything else shares the other one: journal, bus, server, and the thread that puts fills and
/// looks at slots. So that thread is away now and then. When it was away between its last two looks, the writer's own
/// time stamp stands for what it would have seen; when it was away during the put, nobody knows when that was, and the
/// fill does not count. Each fill's slot is checked for that very fill.
struct BusPathBench {
    var repetitions: Int
    /// Fills in a repetition, of each kind.
    var rounds: Int
    /// Between two fills, ns.
    private let gapNs: Int64 = 200_000
    private static let keyCount = 100
    /// A thread that has not looked for so long was away.
    private static let awayNs: Int64 = 2000
    /// Repetitions without a bus that lie further apart make no bound.
    private static let noiseMax = 2.0
    private let path = NSTemporaryDirectory() + "pks-bench-bus-path-\(getpid())"

    /// One kind of one repetition.
    private struct Block {
        var times: [UInt64] = []
        var beganNs: Int64 = 0
        /// Fills for which the writer's time stamp stands, and those that do not count.
        var stamped = 0
        var unknown = 0
        /// Messages that were published meanwhile.
        var published: UInt64 = 0
        var lagSeq: UInt64 = 0
    }

    private struct Sample {
        var with = Block()
        var without = Block()
        var p999: (with: Double, without: Double) {
            (Distribution(with.times).p999, Distribution(without.times).p999)
        }
    }

    func run(_ progress: Progress) throws -> [Goal] {
        guard let version = NATSServer.Version.here.first else {
            throw BenchError("B1: there is no nats-server here (./run setup installs Debian's)")
        }
        var (writer, others): (Int32, Int32) = (0, 0)
        // SAFETY: both numbers live for the call.
        guard unsafe limit_two_cpus(&writer, &others) == 0 else {
            throw BenchError("B1: needs two cores, of which the writer has one to itself")
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let cpus = (writer: Int(writer), others: others)
        let runs = try GuardedRuns(repetitions, progress) { number in
            var sample = Sample()
            if number % 2 == 0 { sample.without = try block(nil, cpus, "off-\(number)") }
            sample.with = try block(version, cpus, "on-\(number)")
            if number % 2 == 1 { sample.without = try block(nil, cpus, "off-\(number)") }
            return sample
        }
        return [goal(runs, cpus)]
    }

    private func goal(_ runs: GuardedRuns<Sample>, _ cpus: (writer: Int, others: Int32)) -> Goal {
        let all = runs.samples
        let without = all.map(\.p999.without)
        let noise = (without.max() ?? 0) / max(1, without.min() ?? 0)
        func figures(_ name: String, _ blocks: [Block]) -> [(name: String, value: Double)] {
            let times = blocks.map { Distribution($0.times) }
            func median(_ part: (Distribution) -> Double) -> Double { Statistics.median(times.map(part)) }
            let counts = Double(blocks.reduce(0) { $0 + $1.times.count })
            return [
                ("\(name)_p50_ns", median(\.p50)), ("\(name)_p99_ns", median(\.p99)),
                ("\(name)_p999_ns", median(\.p999)), ("\(name)_p999_min_ns", times.map(\.p999).min() ?? 0),
                ("\(name)_p999_max_ns", times.map(\.p999).max() ?? 0),
                ("\(name)_max_ns", times.map(\.max).max() ?? 0), ("\(name)_samples", counts),
                ("\(name)_stamped_share", Double(blocks.reduce(0) { $0 + $1.stamped }) / counts),
                ("\(name)_unknown", Double(blocks.reduce(0) { $0 + $1.unknown })),
            ]
        }
        var goal = Goal(
            id: "B1",
            title: "fill on the ring -> in its slot, p99.9, with the bus / without, against the noise",
            value: Statistics.median(all.map(\.p999.with)) / Statistics.median(without),
            repetitions: all.map { $0.p999.with / $0.p999.without }, goal: noise, samples: all.count,
            // A bound that lets everything through says nothing.
            isNoisy: runs.isNoisy || noise > Self.noiseMax,
            detail: figures("bus", all.map(\.with)) + figures("none", all.map(\.without)) + [
                ("published_per_second", Statistics.median(all.map { published($0.with) })),
                ("publisher_lag_records", Statistics.median(all.map { Double($0.with.lagSeq) })),
                ("gap_ns", Double(gapNs)), ("keys", Double(Self.keyCount)),
                ("cpu_writer", Double(cpus.writer)), ("cpu_others", Double(cpus.others)),
            ] + runs.machineFigures)
        goal.series = [
            series("ring_to_slot_bus", all.map(\.with)), series("ring_to_slot_no_bus", all.map(\.without)),
        ]
        return goal
    }

    private func published(_ block: Block) -> Double {
        Double(block.published) * 1e9 / (Double(rounds) * Double(gapNs))
    }

    private func series(_ name: String, _ blocks: [Block]) -> LatencySeries {
        var series = LatencySeries(name)
        for block in blocks {
            for start in stride(from: 0, to: block.times.count, by: PairRuns.blockRounds) {
                let times = block.times[start..<min(start + PairRuns.blockRounds, block.times.count)]
                let ns = block.beganNs - blocks[0].beganNs + Int64(start) * gapNs
                series.add(times.map { Double($0) }, at: Double(ns) / 1e9)
            }
        }
        return series
    }

    // MARK: - One block

    /// Fills into a service of its own; with a server, the bus is at work meanwhile.
    private func block(
        _ version: NATSServer.Version?, _ cpus: (writer: Int, others: Int32), _ name: String
    ) throws -> Block {
        // The server leaves the writer's core alone; the rig sees to it that everything else does.
        limit_pin_for_now(cpus.others)
        defer { limit_unpin() }
        let server = try version.map { try NATSServer($0) }
        limit_unpin()
        let book = "bench-bus-path-\(getpid())-\(name)"
        let rig = try BusRig(
            book: book, nats: try NATSOptions(server?.url ?? "nats://127.0.0.1:1"), folder: path + "/" + name,
            cpu: cpus.writer, wait: .spin)
        defer { rig.end() }
        let bus = try server.map { _ in try (rig.makeIngest(), rig.makePublisher()) }
        defer {
            bus?.0.stop()
            bus?.1.stop()
        }
        try bus?.0.start()
        try bus?.1.start()
        if let bus {
            try BusRig.wait("connecting", { bus.0.status.lastError }) {
                bus.0.status.connection == .reading && bus.1.status.state == .publishing
            }
        }
        var path = try RingToSlot(rig, keyCount: Self.keyCount)
        // Warms up: first touches, the journal's first file, the publisher's first messages.
        _ = try path.measure(2000, gapNs: gapNs, awayNs: Self.awayNs)
        let before = bus?.1.status.storedCount ?? 0
        var block = Block()
        block.beganNs = pks_monotonic_ns()
        let times = try path.measure(rounds, gapNs: gapNs, awayNs: Self.awayNs)
        (block.times, block.stamped, block.unknown) = (times.ns, times.stamped, times.unknown)
        if let status = bus?.1.status {
            block.published = status.storedCount - before
            block.lagSeq = rig.records.durableSeq - min(rig.records.durableSeq, status.publishedSeq)
        }
        return block
    }
}

/// Puts fills on a ring of a service, and looks for them in its slots.
private struct RingToSlot: ~Copyable {
    private var producer: FillProducer
    private let reader: SegmentReader
    private var fills: PathFills
    private let slots: [Int]
    private var sequences: [UInt64]

    /// How long fills took, ns, and how that is known.
    struct Times {
        var ns: [UInt64] = []
        var stamped = 0
        var unknown = 0
    }

    init(_ rig: BusRig, keyCount: Int) throws {
        var ring = try FillProducer(
            ProducerOptions(
                book: rig.book, producer: "p", recordCapacity: 4096, handleCapacity: 1024,
                shmDirectory: rig.place, runDirectory: rig.place))
        let segment = try SegmentReader(book: rig.book, directory: rig.place)
        let stream = PathFills(keyCount: keyCount)
        for handle in 0..<keyCount {
            precondition(ring.define(handle: handle, key: stream.key(handle)) == .ok)
        }
        ring.publish()
        var found: [Int] = []
        for handle in 0..<keyCount {
            try BusRig.wait("finding a slot", { "key \(handle)" }) {
                let slot = segment.find(account: "acc", strategy: "strat", symbol: "SYM\(handle)")
                if let slot { found.append(slot) }
                return slot != nil
            }
        }
        producer = ring
        reader = segment
        fills = stream
        slots = found
        sequences = Array(repeating: 0, count: keyCount)
    }

    /// Puts `count` fills, one due every `gapNs`, and sleeps while none is due or out.
    mutating func measure(_ count: Int, gapNs: Int64, awayNs: Int64) throws -> Times {
        var times = Times()
        times.ns.reserveCapacity(count)
        var stamps: [(place: Int, ns: Int64)] = []
        var applyNs: [Int64] = []
        let firstNs = pks_monotonic_ns() + gapNs
        for number in 0..<count {
            fills.makeNext()
            let leftNs = firstNs + Int64(number) * gapNs - pks_monotonic_ns()
            if leftNs > 0 {
                var time = timespec(tv_sec: 0, tv_nsec: Int(leftNs))
                // SAFETY: the time lives for the call; a signal only shortens the sleep.
                _ = unsafe nanosleep(&time, nil)
            }
            let putNs = pks_monotonic_ns()
            // SAFETY: the record lives for the call.
            let put = unsafe producer.put(&fills.record)
            producer.publish()
            guard put == .ok else { throw BenchError("B1: the ring does not take a fill: \(put)") }
            let outNs = pks_monotonic_ns()
            let (stampNs, seenNs, isAway) = try see(from: outNs, awayNs)
            if outNs - putNs > awayNs {
                times.unknown += 1
            } else if isAway {
                stamps.append((times.ns.count, max(0, stampNs - putNs)))
                times.ns.append(0)
            } else {
                times.ns.append(UInt64(clamping: seenNs - putNs))
                applyNs.append(seenNs - stampNs)
            }
        }
        // From the writer's stamp, which is when it had found the fill, to the slot: as long as it takes mostly.
        let typicalNs = applyNs.isEmpty ? 0 : applyNs.sorted()[applyNs.count / 2]
        times.stamped = stamps.count
        for stamp in stamps { times.ns[stamp.place] = UInt64(clamping: stamp.ns + typicalNs) }
        return times
    }

    /// Looks until the newest fill is in its slot: the slot's time stamp, when it was seen, and whether this thread was
    /// away just before.
    private mutating func see(
        from startNs: Int64, _ awayNs: Int64
    ) throws -> (stampNs: Int64, seenNs: Int64, isAway: Bool) {
        let sent = fills.sent
        var position = pks_position()
        var lastNs = startNs
        while true {
            let isNew = reader.readNewer(slots[sent.handle], than: &sequences[sent.handle], into: &position)
            let nowNs = pks_monotonic_ns()
            if isNew && position.fill_count == sent.count {
                guard position.event_ns == sent.eventNs, position.net_qty == sent.net else {
                    throw BenchError("B1: the slot is not what the fill makes it")
                }
                return (position.publish_ns, nowNs, nowNs - lastNs > awayNs)
            }
            if nowNs - startNs > 10_000_000_000 { throw BenchError("B1: a fill never came to its slot") }
            lastNs = nowNs
        }
    }
}
