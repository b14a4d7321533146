import Accumulator
import CMallocCount
import CSeqlock
import FillProducer
import ServiceSupport
import ShmBridge
import ShmReader
import TestSupport
import Testing

@testable import Service

/// One writer's loop, turn by turn on the test's own thread.
@Suite struct WriterLoopTests {
    @Test(.enabled(if: malloc_count_works() != 0, "a sanitizer has an allocator of its own"))
    func `Once warm, no turn asks for memory: not with fills, nor with rejects, nor when idle`() throws {
        let place = try TestDirectory.inSharedMemory()
        let options = Desk.options(place, "quiet") { $0.wait = .spin }
        let host = try BookHost(
            options.books[0], lock: WriterLock(book: "quiet", runDirectory: place.path),
            shmDirectory: place.path, log: ServiceLog { _ in })
        let feeder = try Feeder(
            book: "quiet", name: "p", shmDirectory: place.path, runDirectory: place.path, records: 1024,
            seed: 4)
        host.mailbox.offer(
            RingFeed(
                try RingConsumer(
                    book: "quiet", producer: "p", segmentEpoch: host.reader.epoch, directory: place.path)),
            at: 5)
        host.mailbox.askForLive()
        guard var loop = host.makeLoop() else { return }
        var taken: UInt64 = 0
        for round in 0..<300 {
            #expect(feeder.put(300) == 300)
            var refused = pks_fill_record(.buy, handle: UInt32(round % 4), qty: 0, price: 1)
            #expect(refused.setTradeID("bad") && feeder.producer.put(refused) == .ok)
            feeder.producer.publish()
            let before = malloc_count_taken()
            for _ in 0..<100 { loop.turn() }
            // The first rounds warm up.
            if round >= 20 { taken += malloc_count_taken() - before }
        }
        #expect(taken == 0 && feeder.producer.appliedCount == feeder.producer.putCount)
        host.mailbox.askToStop(deadlineNs: .max)
        loop.run()
        #expect(host.mailbox.phase == .stopped)
        let told = host.ledger.told()
        #expect(told.entries.count == 4 && told.entries.allSatisfy { $0.count == 75 } && told.notTold == 0)
    }

    @Test func `The ledger tells 256 kinds of rejects apart and counts the rest`() {
        let ledger = RejectLedger()
        func reject(_ handle: UInt32, _ reason: RejectReason, _ trade: UInt64) {
            var effect = Effect(.reject, seq: 1, handle: handle)
            effect.reason = reason.rawValue
            effect.sourceRef = trade
            // SAFETY: the effect outlives the closure.
            unsafe withUnsafePointer(to: effect) {
                unsafe ledger.note(UnsafeBufferPointer(start: $0, count: 1))
            }
        }
        ledger.producer = ProducerName("a")
        for number in 0..<100 { reject(7, .zeroQuantity, UInt64(number)) }
        for handle in 0..<200 { reject(UInt32(handle), .overflow, 1) }
        ledger.producer = ProducerName(String(repeating: "b", count: 64))
        for handle in 0..<100 { reject(UInt32(handle), .overflow, 2) }
        reject(7, .zeroQuantity, 5)
        #expect(ledger.told().entries.isEmpty)
        ledger.handOver()
        let told = ledger.told()
        #expect(told.entries.count == 256 && told.notTold == 46)
        let first = told.entries[0]
        #expect(first.count == 100 && first.sourceRef == 99 && first.producer.text == "a")
        #expect(first.firstNs > 0 && first.firstNs <= first.lastNs)
        #expect(told.entries.last?.producer.text == String(repeating: "b", count: 64))
    }

    @Test func `Of one kind of line so many are told in a while, and the rest counted`() {
        let lines = Desk.Lines()
        let log = ServiceLog { lines.add($0) }
        for number in 0..<50 { log.note(.refused, "refused \(number)", nowNs: 1) }
        log.note(.attached, "attached", nowNs: 1)
        #expect(lines.with("refused").count == 20 && lines.with("attached").count == 1)
        log.note(.refused, "again", nowNs: 1 + ServiceLog.periodNs)
        #expect(lines.with("again (and 30 such lines before it that were left out)").count == 1)
    }

    @Test(arguments: WaitStrategy.allCases)
    func `Every way of waiting ends when there is something, and begins anew`(strategy: WaitStrategy) {
        var idle = IdleWait(strategy)
        for look in 0..<20 { idle.wait(nowNs: Int64(look) * 1_000_000 + 1) }
        #expect(idle.isSpinning == (strategy == .spin))
        idle.reset()
        #expect(idle.isSpinning == (strategy == .spin || strategy == .adaptive))
    }
}
