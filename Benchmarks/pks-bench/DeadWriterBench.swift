import CLimits
import CSeqlock
import Foundation
import Glibc
import ShmBridge
import ShmReader

/// P4: reading a slot whose writer, a process of its own, was stopped and then killed in the middle of
/// filling a cell, against reading it before.
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

    func run() throws -> [Goal] {
        let book = "bench-dead-\(getpid())"
        Traces.removeAtEnd("/dev/shm/pks-positions-v1-" + book)
        Traces.removeAtEnd(WriterLock.defaultRunDirectory + "/\(book).lock")
        var normal: [Double] = []
        var stopped: [Double] = []
        var killed: [Double] = []
        for _ in 0..<repetitions {
            let writer = Process()
            writer.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            writer.arguments = [Self.writerArgument, book]
            let (input, output) = (Pipe(), Pipe())
            writer.standardInput = input
            writer.standardOutput = output
            try writer.run()
            guard output.fileHandleForReading.availableData.count > 0 else {
                throw BenchError("the writer process of P4 did not start")
            }
            let reader = try SegmentReader(book: book)
            normal.append(time(reader))
            input.fileHandleForWriting.write(Data("go\n".utf8))
            var status: Int32 = 0
            // SAFETY: the status lives for the call; the path is a string of this process.
            // WUNTRACED: returns when the writer has stopped itself.
            let waited = unsafe waitpid(writer.processIdentifier, &status, WUNTRACED)
            guard waited == writer.processIdentifier, status & 0xff == 0x7f else {
                throw BenchError("the writer process of P4 did not stop")
            }
            stopped.append(time(reader))
            kill(writer.processIdentifier, SIGKILL)
            writer.waitUntilExit()
            killed.append(time(reader))
            _ = unsafe unlink(reader.path)
        }
        return [
            goal("P4.stopped", "read with a stopped writer / with a live one", stopped, normal),
            goal("P4.killed", "read with a killed writer / with a live one", killed, normal),
        ]
    }

    private func goal(_ id: String, _ title: String, _ ours: [Double], _ limit: [Double]) -> Goal {
        Goal(
            id: id, title: title, value: Statistics.median(zip(ours, limit).map { $0 / $1 }), goal: 1.1,
            samples: ours.count, isNoisy: false,
            detail: [("ns", Statistics.median(ours)), ("limit_ns", Statistics.median(limit))])
    }

    private func time(_ reader: borrowing SegmentReader) -> Double {
        // The fastest of ten blocks, as in SlotBench.
        var fastest = Double.infinity
        for _ in 0..<10 {
            let start = pks_monotonic_ns()
            SlotBench.read(reader, 0, count)
            fastest = min(fastest, Double(pks_monotonic_ns() - start) / Double(count))
        }
        return fastest
    }
}

/// What went wrong in a benchmark.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
