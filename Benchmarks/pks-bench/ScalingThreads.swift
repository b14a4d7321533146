import Accumulator
import BenchModel
import CLimits
import CSeqlock
import Foundation
import Glibc
import ShmBridge
import ShmReader
import Synchronization

/// P8: readers of one slot that is published all the time, and books with a writer each, from one to eight. Times are
/// of the processor, of each thread's own clock: where there are fewer cores than threads they take turns, and a turn
/// that a thread does not get costs it nothing.
struct ScalingThreads {
    let repetitions: Int
    let isQuick: Bool
    let progress: Progress

    private var counts: [Int] { isQuick ? [1, 2] : [1, 2, 4, 8] }

    func run() throws -> [Goal] { try [readers().goal, books().goal] }

    // MARK: - Readers

    private func readers() throws -> CurveRuns {
        var curve = CurveRuns(
            "readers", "a read while so many threads read a slot that is published up to 1M times a second",
            xUnit: "readers", yUnit: "ns a read")
        for count in counts {
            progress.say("scaling: \(count) readers")
            let runs = try GuardedRuns(repetitions, progress) { _ in try readers(count) }
            curve.add(
                count, runs, detail: [("publishes_per_second", runs.median(\.publishesPerSecond))]
            ) { $0.ns }
        }
        return curve
    }

    private struct Reads {
        /// Of the median reader.
        var ns: Double
        /// What the writer came to: where there are fewer cores than threads it has only its turns.
        var publishesPerSecond: Double
    }

    private func readers(_ count: Int) throws -> Reads {
        let name = "bench-scaling"
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + name)
        var segment = try SegmentWriter(
            SegmentConfiguration(book: name, slotCapacity: 4), lock: try BenchSegment.lock(book: name))
        guard segment.claimSlot(BenchSegment.entry("SYM")) == 0 else { preconditionFailure("no slot") }
        var position = pks_position()
        // SAFETY (all of this function): the position lives for the calls; the path is a string of this process.
        var published = unsafe segment.publish(slot: 0, published: 1, value: &position)
        let crew = Crew(count)
        for _ in 0..<count {
            crew.start { Self.readUntilTold(name, crew) }
        }
        let wanted = isQuick ? 20_000_000 : 100_000_000
        crew.awaitReady()
        let beginNs = pks_monotonic_ns()
        let (endNs, before) = (beginNs + Int64(wanted), position.net_qty)
        var dueNs = beginNs
        while true {
            let nowNs = pks_monotonic_ns()
            if nowNs >= endNs { break }
            if nowNs >= dueNs {
                position.net_qty += 1
                published = unsafe segment.publish(slot: 0, published: published, value: &position)
                dueNs = max(dueNs, nowNs - 10_000) + 1000
            } else {
                pks_cpu_relax()
            }
        }
        let seconds = Double(pks_monotonic_ns() - beginNs) / 1e9
        let results = try crew.end()
        try segment.stop(keep: false)
        return Reads(
            ns: Statistics.median(results), publishesPerSecond: Double(position.net_qty - before) / seconds)
    }

    private static func readUntilTold(_ name: String, _ crew: Crew) {
        do {
            let reader = try SegmentReader(book: name)
            crew.reportReady()
            var (reads, taken) = (0, Int64(0))
            while !crew.isEnding {
                let start = BookOnRing.threadNs()
                SlotBench.read(reader, 0, 10_000)
                taken += BookOnRing.threadNs() - start
                reads += 10_000
            }
            crew.report(Double(taken) / Double(max(1, reads)))
        } catch {
            crew.fail("\(error)")
        }
    }

    // MARK: - Books

    private func books() throws -> CurveRuns {
        var curve = CurveRuns(
            "books", "a fill while so many books work, each on its thread", xUnit: "books", yUnit: "ns a fill"
        )
        for number in 0..<(counts.last ?? 1) { BookOnRing.removeTraces(of: Self.book(number)) }
        for count in counts {
            progress.say("scaling: \(count) books")
            let fills = isQuick ? 1 : 4
            let runs = try GuardedRuns(repetitions, progress) { _ in
                let crew = Crew(count)
                for number in 0..<count {
                    crew.start { Self.keepBook(number, chunks: fills, crew) }
                }
                crew.awaitReady()
                return Statistics.median(try crew.end())
            }
            curve.add(count, runs) { $0 }
        }
        return curve
    }

    private static func book(_ number: Int) -> String { "bench-scaling-\(number)" }

    private static func keepBook(_ number: Int, chunks: Int, _ crew: Crew) {
        do {
            var stream = FillStream(keyCount: 100, seed: UInt64(number))
            let config = BookConfig(
                name: book(number), positionsMax: 128, lotsMax: 1 << 17, identitiesMax: (1 << 19) - 32)
            var on = try BookOnRing(config, lots: 1 << 14, stream: stream)
            crew.reportReady()
            let ns = try on.time(chunks * BookOnRing.chunkFills) { producer in
                stream.makeNext()
                stream.put(&producer)
            }
            try on.writer.stop(keep: false)
            crew.report(ns)
        } catch {
            crew.fail("\(error)")
        }
    }
}

/// Threads that begin together and end when told to, or when they are done, with a figure each.
private final class Crew: Sendable {
    private struct State {
        var ready = 0
        var running = 0
        var isEnding = false
        var results: [Double] = []
        var failure: String?
    }

    private let count: Int
    private let state = Mutex(State())

    init(_ count: Int) { self.count = count }

    func start(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.running += 1 }
        let thread = Thread { [self] in
            body()
            state.withLock { $0.running -= 1 }
        }
        thread.start()
    }

    var isEnding: Bool { state.withLock { $0.isEnding } }

    func report(_ figure: Double) { state.withLock { $0.results.append(figure) } }

    func fail(_ why: String) {
        state.withLock {
            $0.failure = why
            $0.ready += 1
        }
    }

    /// One more is ready; returns when all are.
    func reportReady() {
        state.withLock { $0.ready += 1 }
        awaitReady()
    }

    func awaitReady() {
        while state.withLock({ $0.ready < count }) { sched_yield() }
    }

    /// Tells all to end, waits until they have, and returns their figures.
    func end() throws -> [Double] {
        state.withLock { $0.isEnding = true }
        while state.withLock({ $0.running > 0 }) { sched_yield() }
        return try state.withLock { state in
            if let failure = state.failure { throw BenchError("P8: \(failure)") }
            return state.results
        }
    }
}
