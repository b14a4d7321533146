import CSeqlock
import CTorture
import FillProducer
import Glibc
import ShmBridge
import TestSupport
import Testing

/// A producer that is killed, wherever it is: what the writer sees is whole, in order, and comes once.
@Suite struct KillTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    private static let tool = Subprocess.product("pks-torture")

    /// Takes numbered records off a ring and checks each.
    private struct Checker {
        var next: UInt64 = 0
        var records = 0
        var keys = 0
        var fault: String?
        private var extensionNumber: UInt64?

        mutating func take(_ consumer: inout RingConsumer, countMax: UInt64 = .max) -> Bool {
            guard consumer.refresh() else {
                fault = "the ring is quarantined"
                return false
            }
            let end = consumer.freed + min(countMax, consumer.tail - consumer.freed)
            let isEmpty = end == consumer.freed
            for number in consumer.freed..<end {
                var record = pks_fill_record()
                unsafe consumer.get(number, into: &record)
                check(record, in: consumer)
            }
            consumer.setApplied(end)
            consumer.setFreed(end)
            return !isEmpty
        }

        private mutating func check(_ record: pks_fill_record, in consumer: borrowing RingConsumer) {
            records += 1
            switch Int32(record.kind) {
            case PKS_KIND_KEY:
                keys += 1
                var kept = pks_key_record()
                let key = NumberedRecords.key(Int(record.handle))
                if !NumberedRecords.isSame(record, key) { fault = "key \(record.handle) is not whole" }
                if !consumer.key(record.handle, into: &kept) || !NumberedRecords.isSame(kept, key) {
                    fault = "key \(record.handle) is not whole in the table"
                }
            case PKS_KIND_EXTENSION:
                if !NumberedRecords.isSame(record, NumberedRecords.extended(next)) {
                    fault = "extension \(next) is not whole"
                }
                extensionNumber = next
            default:
                if !NumberedRecords.isSame(record, NumberedRecords.fill(next)) {
                    fault = "fill \(next) is not whole, or \(record.source_ref) came instead"
                }
                if (next % 4 == 0) != (extensionNumber == next) {
                    fault = "fill \(next) is without its extension"
                }
                next += 1
            }
        }
    }

    @Test func aProducerKilledAtRandomMomentsLosesAndDoublesNothingThatWasSeen() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let place = try Place()
        var checker = Checker()
        var lives = 0
        for _ in 0..<40 {
            let child = try Subprocess([
                Self.tool, "gateway", place.path, "\(checker.next)",
                "\(UInt64.random(in: 0...UInt64.max, using: &random))",
            ])
            #expect(child.line() == "ready")
            var consumer = try place.consumer()
            let wanted = checker.records + Int.random(in: 0..<20_000, using: &random)
            while checker.records < wanted, checker.fault == nil {
                if !checker.take(&consumer, countMax: UInt64.random(in: 1...600, using: &random)) {
                    sched_yield()
                }
            }
            // Anywhere: in a put, between two, waiting for room.
            for _ in 0..<Int.random(in: 0..<2000, using: &random) { pks_cpu_relax() }
            child.kill()
            while checker.take(&consumer) {}
            if checker.fault != nil { break }
            lives += 1
        }
        print(
            "killed producers, seed \(seed): \(lives) lives, \(checker.records) records, \(checker.keys) keys"
        )
        #expect(checker.fault == nil, "seed \(seed)")
        #expect(lives == 40 && checker.keys > 40)
    }

    @Test func aProducerKilledAtAnyInstructionLeavesARingThatItGoesOnWith() throws {
        let place = try Place()
        let copy = try Place()
        let child = try Subprocess([Self.tool, "step", place.path])
        let greeting = child.line()
        guard greeting == "ready" else {
            // Containers may forbid tracing.
            #expect(greeting == "no tracing")
            return
        }
        #expect(child.waitUntilStopped() == true)
        var seen: [UInt8] = []
        var (steps, states) = (0, 0)
        var tails: [UInt64] = []
        while true {
            let bytes = try Files.bytes(place.ringPath)
            if bytes != seen {
                seen = bytes
                states += 1
                let tail = try checkRest(of: bytes, in: copy)
                if tails.last != tail { tails.append(tail) }
            }
            let signal = torture_step(child.pid)
            steps += 1
            if signal == SIGSTOP { break }
            guard signal == SIGTRAP, steps < 1_000_000 else {
                Issue.record("signal \(signal) after \(steps) instructions")
                break
            }
        }
        print("killed at each of \(steps) instructions, which made \(states) different rings")
        // A key, a pair, a fill: the pair and the key share a publish.
        #expect(tails == [0, 3, 4])
        #expect(states > 16 * 4 && steps > states)
        child.kill()
    }

    /// What a producer and a writer find that come when the process is gone. Returns the tail.
    private func checkRest(of bytes: [UInt8], in copy: borrowing Place) throws -> UInt64 {
        // The process is only stopped: without its pid it is taken for dead.
        let owner = try #require(MemoryLayout<pks_ring_header>.offset(of: \pks_ring_header.producer))
        var bytes = bytes
        bytes.replaceSubrange(owner..<owner + 8, with: [UInt8](repeating: 0, count: 8))
        try Files.write(copy.ringPath, bytes)
        var producer = try copy.producer()
        let tail = producer.putCount
        var checker = Checker()
        var consumer = try copy.consumer()
        _ = checker.take(&consumer)
        #expect(checker.fault == nil, "at tail \(tail)")
        #expect(checker.records == Int(tail))
        // The key is in the table as a whole or not at all.
        if let key = producer.definedKey(1) { #expect(NumberedRecords.isSame(key, NumberedRecords.key(1))) }
        #expect(producer.define(handle: 1, key: NumberedRecords.key(1)) == .ok)
        let next = checker.next
        let fill = NumberedRecords.fill(next)
        let answer =
            next % 4 == 0 ? producer.put(NumberedRecords.extended(next), fill: fill) : producer.put(fill)
        #expect(answer == .ok)
        producer.publish()
        _ = checker.take(&consumer)
        #expect(checker.fault == nil && checker.next == next + 1)
        return tail
    }
}
