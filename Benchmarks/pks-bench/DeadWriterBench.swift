import BenchModel
import CLimits
import CSeqlock
import Foundation
import Glibc
import ShmBridge
import ShmReader

/// P4: reading a slot whose writer, a process of its own, was stopped and then killed in the middle of
/// filling a cell, against reading one whose writer lives.
struct DeadWriterBench {
    var repetitions: Int
    let count = 1_000_000

    /// The argument that makes this program the writer: the book's name follows.
    static var writerArgument: String { "--half-write" }

    /// The writer: publishes one value, says so on stdout, waits for a line on stdin, stores half of the
    /// next cell, and stops itself.
    static func beWriter(book: String) throws {
        let lock = try BenchSegment.lock(book: book)
        var segment = try SegmentWriter(SegmentConfiguration(book: book, slotCapacity: 4), lock: lock)
        guard let slot = segment.claimSlot(BenchSegment.entry("SYM")) else { preconditionFailure("no slot") }
        // SAFETY: the position lives for the call.
        var position = pks_position()
        position.net_qty = 42
        let published = unsafe segment.publish(slot: slot, published: 1, value: &position)
        FileHandle.standardOutput.write(Data("published\n".utf8))
        _ = readLine()
        // SAFETY: the slot is inside the segment; the idle cell is the one that the next publish would fill.
        let words = unsafe segment.slotAddress(slot).assumingMemoryBound(to: UInt64.self)
        let idle = unsafe words + 1 + Int((published + 1) & 1) * Int(PKS_POSITION_WORDS)
        // SYNC: the first half of pks_slot_publish, whose partner is pks_slot_try_read.
        pks_fence_release()
        for index in 0..<7 { unsafe pks_store_relaxed(idle + index, 0xdead) }
        raise(SIGSTOP)
        pause()
    }

    /// The fastest blocks of one repetition, ns a read; each of a dead writer's slot with one of a living one's.
    private struct Sample {
        var stopped = Pair()
        var killed = Pair()
    }

    private struct Pair {
        var dead = Double.infinity
        var live = Double.infinity
    }

    func run(_ progress: Progress) throws -> [Goal] {
        let book = "bench-dead-\(getpid())"
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + book)
        Traces.removeAtEnd(WriterLock.defaultRunDirectory + "/\(book).lock")
        // The limit: the same reads of a slot of this process, whose writer lives.
        let bench = try BenchSegment(slotCapacity: 4)
        var segment = try bench.makeWriter()
        guard segment.claimSlot(BenchSegment.entry("SYM")) == 0 else { preconditionFailure("no slot") }
        var position = pks_position()
        position.net_qty = 42
        // SAFETY: the position lives for the call.
        _ = unsafe segment.publish(slot: 0, published: 1, value: &position)
        let live = try bench.makeReader()
        let runs = try GuardedRuns(repetitions, progress) { _ in try sample(book, live) }
        try segment.stop(keep: false)
        return [
            goal(runs, "P4", "read with a stopped writer / with a live one", \.stopped),
            goal(runs, "P4.killed", "read with a killed writer / with a live one", \.killed),
        ]
    }

    private func sample(_ book: String, _ live: borrowing SegmentReader) throws -> Sample {
        var sample = Sample()
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        writer.arguments = [Self.writerArgument, book]
        let (input, output) = (Pipe(), Pipe())
        writer.standardInput = input
        writer.standardOutput = output
        try writer.run()
        guard output.fileHandleForReading.availableData.count > 0 else {
            throw BenchError("the writer process of P4 did not start")
        }
        let reader = try SegmentReader(book: book)
        input.fileHandleForWriting.write(Data("go\n".utf8))
        var status: Int32 = 0
        // SAFETY: the status lives for the call; the path is a string of this process.
        // WUNTRACED: returns when the writer has stopped itself.
        let waited = unsafe waitpid(writer.processIdentifier, &status, WUNTRACED)
        guard waited == writer.processIdentifier, status & 0xff == 0x7f else {
            throw BenchError("the writer process of P4 did not stop")
        }
        sample.stopped = time(reader, live)
        kill(writer.processIdentifier, SIGKILL)
        writer.waitUntilExit()
        sample.killed = time(reader, live)
        _ = unsafe unlink(reader.path)
        return sample
    }

    private func goal(
        _ runs: GuardedRuns<Sample>, _ id: String, _ title: String, _ pair: KeyPath<Sample, Pair>
    ) -> Goal {
        runs.goal(
            id, title, 1.1, value: { $0[keyPath: pair].dead / $0[keyPath: pair].live },
            detail: [
                ("ns", runs.median { $0[keyPath: pair].dead }),
                ("limit_ns", runs.median { $0[keyPath: pair].live }),
                ("reads_in_a_block", Double(count)),
            ])
    }

    /// The fastest of ten blocks of each, in turn, so that one interruption does not decide the ratio.
    private func time(_ dead: borrowing SegmentReader, _ live: borrowing SegmentReader) -> Pair {
        var pair = Pair()
        for _ in 0..<10 {
            pair.dead = min(pair.dead, time(dead))
            pair.live = min(pair.live, time(live))
        }
        return pair
    }

    private func time(_ reader: borrowing SegmentReader) -> Double {
        let start = pks_monotonic_ns()
        SlotBench.read(reader, 0, count)
        return Double(pks_monotonic_ns() - start) / Double(count)
    }
}

/// What went wrong in a benchmark.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
