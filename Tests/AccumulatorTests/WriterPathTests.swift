import CSeqlock
import LotMatching
import TestSupport
import Testing

@testable import Accumulator

/// From two rings through the look-ahead into the book and its slots: the same state, the same effects and
/// the same slots as a book that is given one record at a time.
@Suite struct WriterPathTests {
    @Test(arguments: StreamProfile.all) func theWriterAgreesWithOneRecordAtATime(profile: StreamProfile)
        throws
    {
        for stream in 0..<TestSeed.streams(4) {
            let seed = TestSeed.base &+ UInt64(stream)
            var run = try PathRun.begin(profile, seed: seed)
            for _ in 0..<250 { try run.step() }
            try run.end()
            let problems = run.problems
            #expect(problems.isEmpty, "\(profile.name), PKS_TEST_SEED=\(seed)")
            if !problems.isEmpty { return }
        }
    }

    /// An extension at the ring's tail waits for its fill; when the producer has closed, nothing can come.
    @Test func anExtensionWaitsForItsFillUntilTheProducerIsGone() throws {
        var post = try Post.open(BookConfig(name: "wait", positionsMax: 2, lotsMax: 64, identitiesMax: 64))
        let ring = post.rings[0]
        func drain() -> Int { post.writer.drain(ring: 0) }
        #expect(ring.put(Records.key()) && ring.put(Records.fill("1", buy: true, qty: 2, price: 5)))
        #expect(ring.put(Records.extra(openTradeID: "1")))
        #expect([drain(), drain()] == [2, 0])
        #expect(ring.put(extended("2")) && ring.put(Records.extra(openTradeID: "1")))
        #expect([drain(), drain()] == [2, 0])
        ring.close()
        #expect([drain(), drain()] == [1, 0])
        let counters = post.writer.book.counters
        #expect(counters.fills == 2 && counters.rejects == 1)
    }

    /// The fill that completes a pair comes, and the producer closes, just after the writer has looked how
    /// far the ring goes: here, from within the drain, while effects are handed over.
    @Test func aFillThatComesWithTheCloseIsNotLost() throws {
        let during = Callback()
        // SAFETY: the effects are not looked at.
        let log = unsafe EffectLog(countMax: 1) { _ in during.run() }
        let config = BookConfig(name: "close", positionsMax: 2, lotsMax: 64, identitiesMax: 64)
        var post = try Post.open(config, effects: log)
        let ring = post.rings[0]
        #expect(ring.put(Records.key()))
        _ = post.writer.drain(ring: 0)
        #expect(ring.put(Records.fill("1", buy: true, qty: 2, price: 5)))
        #expect(ring.put(Records.extra(openTradeID: "1")))
        let closing = extended("2")
        during.body = {
            #expect(ring.put(closing))
            ring.close()
        }
        while post.writer.drain(ring: 0) > 0 {}
        let counters = post.writer.book.counters
        #expect(during.body == nil && counters.fills == 2 && counters.rejects == 0)
    }

    /// A sale of one that says its extension came before it.
    private func extended(_ id: String) -> pks_fill_record {
        var record = Records.fill(id, buy: false, qty: 1, price: 6)
        record.flags = UInt16(PKS_FILL_EXTENDED)
        return record
    }
}

/// Something to do once, the next time that effects are handed over.
private final class Callback {
    var body: (() -> Void)?

    func run() {
        let once = body
        body = nil
        once?()
    }
}
