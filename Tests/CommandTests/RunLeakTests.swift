import CSeqlock
import FillProducer
import Glibc
import ServiceSupport
import ShmReader
import TestSupport
import Testing

/// Readers and producers come and go a thousand times, and the daemon and its machine look as before.
@Suite struct RunLeakTests {
    /// What a process holds: descriptors, mappings, resident memory.
    private struct Holdings {
        let descriptors: Int
        let mappings: Int
        let residentKib: Int

        init(_ pid: pid_t, only text: String? = nil) {
            let files = Files.names(in: "/proc/\(pid)/fd")
            descriptors = text == nil ? files.count : 0
            let lines = Files.text("/proc/\(pid)/maps").split(separator: "\n")
            mappings = lines.count { text.map($0.contains) ?? true }
            let status = Files.text("/proc/\(pid)/status").split(separator: "\n")
            let line = status.first { $0.hasPrefix("VmRSS:") }?.split { $0 == " " || $0 == "\t" }
            residentKib = line.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0
        }
    }

    @Test func `A thousand producers come and go and leave nothing, in the daemon or in shared memory`()
        throws
    {
        let scratch = try Scratch()
        let daemon = try RunTests.start(scratch)
        func cycle(_ number: Int) throws {
            let feeder = try RunTests.feeder(scratch, "p\(number % 8)", records: 64, seed: UInt64(number))
            feeder.put(20)
            #expect(feeder.awaitApplied())
            let isRemoved = try feeder.producer.removeIfApplied()
            #expect(isRemoved)
        }
        let reader = try SegmentReader(book: scratch.book)
        for number in 0..<20 { try cycle(number) }
        #expect(eventually { reader.counters.rings == 0 })
        let before = Holdings(daemon.pid)
        for number in 20..<1020 { try cycle(number) }
        #expect(eventually { reader.counters.rings == 0 })
        // The control thread unmaps what it got back with its next look.
        #expect(
            eventually {
                let after = Holdings(daemon.pid)
                return after.mappings <= before.mappings && after.descriptors <= before.descriptors
            }, "before: \(before), after: \(Holdings(daemon.pid))")
        #expect(Holdings(getpid(), only: scratch.book + "-p").mappings == 0)
        #expect(scratch.sharedMemory() == ["pks-positions-v1-\(scratch.book)"])
    }

    @Test func `A thousand readers come and go and leave nothing`() throws {
        let scratch = try Scratch()
        let daemon = try RunTests.start(scratch)
        let before = Holdings(daemon.pid)
        for _ in 0..<1000 {
            let reader = try SegmentReader(book: scratch.book)
            #expect(reader.slotCount == 0)
        }
        // The control thread opens the directory for a moment whenever a name in it has changed.
        #expect(
            eventually {
                let after = Holdings(daemon.pid)
                return after.mappings <= before.mappings && after.descriptors <= before.descriptors
            }, "before: \(before), after: \(Holdings(daemon.pid))")
        #expect(Holdings(getpid(), only: scratch.book).mappings == 0)
    }

    @Test func `Memory stays flat while the same fills come again and again`() throws {
        let scratch = try Scratch()
        let daemon = try RunTests.start(scratch)
        let feeder = try RunTests.feeder(scratch, records: 4096)
        try feeder.putAll(1000)
        #expect(feeder.awaitApplied())
        let fills = feeder.sent
        func again() {
            for fill in fills {
                while feeder.producer.put(fill) == .full { feeder.producer.publish() }
            }
            feeder.producer.publish()
        }
        for _ in 0..<20 { again() }
        #expect(feeder.awaitApplied())
        let before = Holdings(daemon.pid)
        for _ in 0..<300 { again() }
        #expect(feeder.awaitApplied())
        let after = Holdings(daemon.pid)
        // Three hundred thousand records later: a page here or there, and not a byte a record.
        #expect(after.residentKib - before.residentKib < 256, "before: \(before), after: \(after)")
        #expect(after.mappings <= before.mappings)
    }
}
