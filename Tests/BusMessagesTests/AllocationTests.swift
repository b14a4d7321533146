import Accumulator
import BusMessages
import CMallocCount
import CSeqlock
import LotMatching
import Testing

/// Traffic asks for no memory once its keys are known.
@Suite(.enabled(if: malloc_count_works() != 0, "a sanitizer has an allocator of its own"))
struct AllocationTests {
    @Test func messagesAskForNoMemoryOnceKeysAreKnown() throws {
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable())
        let single = Wire.booked([Wire.fill().text(12, "lot").text(10, "EUR")])
        let block = Wire.booked((0..<100).map { Wire.fill("t\($0)").text(5, "S\($0 % 10)") })
        var taken: UInt64 = 0
        var fills = 0
        let messages = [single, block]
        for round in 0..<200 {
            let before = malloc_count_taken()
            // Going through an array by its elements takes memory in a debug build.
            for number in messages.indices {
                let count = try decoder.decode(messages[number])
                for index in 0..<count { try decoder.encode(index, reference: 1) }
                fills += count
            }
            if round > 0 { taken += malloc_count_taken() - before }
        }
        #expect(taken == 0)
        #expect(fills == 200 * 101)
    }

    @Test func effectsAskForNoMemoryOnceKeysAreKnown() throws {
        var desk = MessageDesk(method: .fifo, instrument: Instrument(symbol: "ES", currency: "USD"))
        for number in 0..<100 {
            desk.apply(
                fill("t\(number)", number % 3 == 0 ? PKS_SIDE_SELL : PKS_SIDE_BUY, 100, at: 50, fee: 3))
        }
        let effects = desk.takeEffects()
        var encoder = EffectEncoder(book: "main")
        encoder.learnKeys(of: desk.book)
        var taken: UInt64 = 0
        for round in 0..<3 {
            let before = malloc_count_taken()
            for number in effects.indices { _ = encoder.encode(effects[number], n: 1) }
            // The first round warms up.
            if round > 0 { taken += malloc_count_taken() - before }
        }
        #expect(taken == 0)
        #expect(effects.count > 300)
    }
}
