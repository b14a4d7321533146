import Accumulator
import CMallocCount
import CSeqlock
import LotMatching
import TestSupport
import Testing

/// Once warm, a fill asks for no memory: not in the book, and not on the way from the ring to the slot.
@Suite(.enabled(if: malloc_count_works() != 0, "a sanitizer has an allocator of its own"))
struct AllocationTests {
    /// Records in a pattern that opens, closes, flips, repeats and conflicts, made in place.
    private struct Traffic {
        private var random = SeededRandom(seed: 1)
        private var number: UInt64 = 0
        private var record = Records.fill("00000000", buy: true, qty: 1, price: 1)
        private let handleCount: UInt32

        init(handleCount: UInt32) { self.handleCount = handleCount }

        mutating func next() -> pks_fill_record {
            let bits = random.next()
            // Every 64th fill comes again as it was, every 64th with another price.
            if bits & 63 == 1 { return record }
            if bits & 63 == 2 {
                var conflict = record
                conflict.price += 1
                return conflict
            }
            number += 1
            record.side = bits & 64 == 0 ? 1 : 2
            record.handle = UInt32(truncatingIfNeeded: bits >> 8) % handleCount
            record.qty = Int64(truncatingIfNeeded: bits >> 16 & 15) + 1
            record.price = Int64(truncatingIfNeeded: bits >> 24 & 255) - 20
            record.fee = Int64(truncatingIfNeeded: bits >> 32 & 7)
            record.event_ns = Int64(number)
            // SAFETY: bytes 40 ..< 48 are the first of the trade id; none of these digits is NUL.
            unsafe withUnsafeMutableBytes(of: &record) { bytes in
                for place in 0..<8 {
                    unsafe bytes[40 + place] =
                        0x30 + UInt8(truncatingIfNeeded: number >> UInt64(place * 4) & 15)
                }
            }
            return record
        }
    }

    private static let handleCount: UInt32 = 4

    /// A window small enough to be full for most of the run, so that forgetting is counted too.
    private func config(_ method: LotMethod) -> BookConfig {
        BookConfig(
            name: "quiet", method: method, positionsMax: Int(Self.handleCount), lotsMax: 1 << 16,
            identitiesMax: 1 << 14, identityWindowNs: 1 << 12)
    }

    @Test func aMillionFillsFromRingToSlotAskForNoMemory() throws {
        var post = try Post.open(config(.fifo), records: 1024)
        let ring = post.rings[0]
        for handle in 0..<Self.handleCount {
            #expect(ring.put(Records.key(symbol: "S\(handle)", handle: handle)))
        }
        _ = post.writer.drain(ring: 0)
        var traffic = Traffic(handleCount: Self.handleCount)
        var applied = 0
        var taken: UInt64 = 0
        while applied < 1_000_000 {
            for _ in 0..<1000 where !ring.put(traffic.next()) { Issue.record("the ring is full") }
            let before = malloc_count_taken()
            let count = post.writer.drain(ring: 0)
            // The first 20,000 warm up.
            if post.writer.book.counters.fills > 20_000 {
                taken += malloc_count_taken() - before
                applied += count
            }
        }
        #expect(taken == 0)
        let counters = post.writer.book.counters
        #expect(counters.duplicates > 10_000 && counters.conflicts > 10_000 && counters.matches > 500_000)
        #expect(counters.fills + counters.duplicates + counters.conflicts > 1_000_000)
    }

    @Test(arguments: LotMethod.allCases) func noMethodAsksForMemory(method: LotMethod) {
        var book = Book(config(method))
        for handle in 0..<Self.handleCount { _ = book.handle(Records.key(symbol: "S\(handle)")) }
        var traffic = Traffic(handleCount: Self.handleCount)
        for _ in 0..<20_000 { _ = book.apply(traffic.next()) }
        let before = malloc_count_taken()
        for _ in 0..<100_000 { _ = book.apply(traffic.next()) }
        let taken = malloc_count_taken() - before
        #expect(taken == 0)
        #expect(book.counters.matches > 50_000)
    }

    /// The counter counts: the same fills with effects that somebody keeps.
    @Test func effectsThatAreKeptAreCounted() {
        let tray = EffectTray()
        // SAFETY: the consumer copies what it is shown.
        var book = Book(config(.fifo), effects: unsafe EffectLog(consumer: tray.consumer))
        for handle in 0..<Self.handleCount { _ = book.handle(Records.key(symbol: "S\(handle)")) }
        var traffic = Traffic(handleCount: Self.handleCount)
        let before = (malloc_count_taken(), malloc_count_given())
        for _ in 0..<10_000 { _ = book.apply(traffic.next()) }
        book.effects.flush()
        let taken = malloc_count_taken() - before.0
        #expect(taken > 1000)
        let count = tray.take().count
        let given = malloc_count_given() - before.1
        #expect(count > 10_000 && given > 1000)
    }
}
