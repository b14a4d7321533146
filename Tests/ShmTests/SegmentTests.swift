import CSeqlock
import ShmBridge
import ShmReader
import Testing

@Suite struct SegmentTests {
    // SAFETY (all of these): what is passed by address is a local that outlives the call.

    @Test func aPublishedPositionIsReadBackWhole() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let reader = try scratch.reader()
        let slot = try writer.claim("AAPL")
        var sent = pks_position()
        sent.net_qty = -5
        sent.open_cost_lo = 1
        sent.open_cost_hi = -2
        sent.applied_seq = 9
        sent.multiplier_decimals = 3
        let count = unsafe writer.publish(slot: slot, published: 1, value: &sent)
        #expect(count == 2)
        writer.setApplied(9)
        let found = try required(reader.find(account: "acc", strategy: "strat", symbol: "AAPL"))
        var got = pks_position()
        #expect(reader.read(found, into: &got) == .value)
        #expect(found == slot)
        #expect(got.net_qty == -5)
        #expect(got.open_cost_lo == 1)
        #expect(got.open_cost_hi == -2)
        #expect(got.multiplier_decimals == 3)
        #expect(reader.appliedSeq == 9)
        #expect(reader.sequence(of: slot) == 2)
    }

    @Test func aClaimedSlotIsFlatAndEmptyBeforeItsFirstFill() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        let reader = try scratch.reader()
        #expect(reader.slotCount == 0)
        let slot = try writer.claim("AAPL")
        #expect(reader.slotCount == 1)
        let view = try required(reader.view(of: slot))
        #expect(view.isFlat)
        #expect(view.position.fill_count == 0)
        #expect(view.position.price_decimals == 2)
        #expect(view.key.symbol == "AAPL")
        #expect(view.key.currency == "USD")
        #expect(view.averagePrice == nil)
    }

    @Test func aWaitingReaderGetsEachValueOnceAndWholeFromBothCells() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(slots: 2)
        let reader = try scratch.reader()
        var got = pks_position()
        var sequence: UInt64 = 0
        #expect(!reader.readNewer(0, than: &sequence, into: &got))
        let slot = try writer.claim("AAPL")
        // The flat value of the claim.
        #expect(reader.readNewer(slot, than: &sequence, into: &got))
        #expect(sequence == 1)
        var published: UInt64 = 1
        for value in Int64(1)...6 {
            #expect(!reader.readNewer(slot, than: &sequence, into: &got))
            var sent = pks_position()
            (sent.net_qty, sent.open_lots, sent.multiplier_decimals) = (value, UInt32(value) + 1, 3)
            (sent.sold_qty, sent.fill_count) = (value + 2, UInt64(value) + 3)
            published = unsafe writer.publish(slot: slot, published: published, value: &sent)
            #expect(reader.readNewer(slot, than: &sequence, into: &got))
            #expect(sequence == published)
            #expect(
                [got.net_qty, Int64(got.open_lots), got.sold_qty, Int64(got.fill_count)]
                    == [value, value + 1, value + 2, value + 3])
            #expect(got.multiplier_decimals == 3)
        }
        for slot in [-1, 2, Int.max, Int.min] {
            #expect(!reader.readNewer(slot, than: &sequence, into: &got))
        }
    }

    @Test func aSlotThatIsNotThereIsNotFound() throws {
        let scratch = try Scratch()
        let writer = try scratch.writer(slots: 4)
        let reader = try scratch.reader()
        var position = pks_position()
        for slot in [-1, 0, 3, 4, Int.max, Int.min] {
            #expect(reader.read(slot, into: &position) == .notFound)
            #expect(reader.key(of: slot) == nil)
            #expect(reader.sequence(of: slot) == 0)
        }
        #expect(reader.find(account: "acc", strategy: "strat", symbol: "none") == nil)
        #expect(reader.find(account: String(repeating: "x", count: 33), strategy: "", symbol: "") == nil)
        #expect(writer.slotCapacity == 4)
    }

    @Test func everyKeyIsFoundUntilTheSegmentIsFullAndThenTheAnswerIsFull() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer(slots: 300)
        let reader = try scratch.reader()
        for number in 0..<300 { #expect(try writer.claim("S\(number)") == number) }
        #expect(writer.claimSlot(directoryEntry("ONE-MORE")) == nil)
        for number in 0..<300 {
            #expect(reader.find(account: "acc", strategy: "strat", symbol: "S\(number)") == number)
        }
        #expect(reader.find(account: "acc", strategy: "strat", symbol: "ONE-MORE") == nil)
        #expect(reader.find(account: "other", strategy: "strat", symbol: "S1") == nil)
    }

    @Test func tenLinesReadASlot() throws {
        let scratch = try Scratch()
        var writer = try scratch.writer()
        _ = try writer.claim("BTCUSDT")
        let directory = scratch.path
        // The README shows these lines, without the directory.
        let book = try SegmentReader(book: "main", directory: directory)
        guard let slot = book.find(account: "acc", strategy: "strat", symbol: "BTCUSDT") else {
            Issue.record("no such position")
            return
        }
        var position = pks_position()
        switch book.read(slot, into: &position) {
        case .value: #expect(position.net_qty == 0)
        case .busy, .notFound: Issue.record("no value")
        }
        #expect(book.writerStatus() == .starting)
    }
}
