import Accumulator
import BusMessages
import CSeqlock
import Testing

@Suite struct TradeBookedTests {
    /// One message of fills of one key.
    private func booked(_ fills: [pks_fill_record], key: pks_key_record, book: String = "main") -> [UInt8] {
        var encoder = TradeBookedEncoder(book: book, fillsMax: fills.count)
        for fill in fills {
            let isAdded = encoder.add(fill, extension: nil, key: key)
            #expect(isAdded)
        }
        // SAFETY: copied at once.
        return unsafe bytes(encoder.finish())
    }

    @Test func aFillComesOutAsItWentIn() throws {
        let sent = fill("t1", PKS_SIDE_SELL, 150_000_000, at: -25_000_000, orderID: "o", fee: -1, eventNs: 7)
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable())
        #expect(try decoder.decode(booked([sent], key: key("ES"))) == 1)
        try decoder.encode(0, reference: 42)
        #expect(decoder.hasKey && !decoder.hasExtension)
        #expect(text(decoder.keyRecord.symbol) == "ES")
        #expect(text(decoder.keyRecord.account) == "a" && text(decoder.keyRecord.strategy) == "s")
        let got = decoder.fillRecord
        #expect(text(got.trade_id) == "t1" && text(got.order_id) == "o")
        #expect(
            got.side == sent.side && got.qty == sent.qty && got.price == sent.price && got.fee == sent.fee)
        #expect(got.event_ns == 7 && got.source_ref == 42 && got.handle == 0 && got.flags == 0)
    }
}
