import Accumulator
import BusMessages
import CSeqlock
import Testing

/// Fills that are well-formed and still cannot be records. Each is rejected alone, by the name that rejects.csv has.
@Suite struct FillRejectTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let reason: String
        let detail: String
        let fill: Wire
        var testDescription: String { reason }
    }

    private static var instruments: InstrumentTable {
        var table = InstrumentTable()
        table.add(Instrument(symbol: "ES", priceDecimals: 2, qtyDecimals: 1, feeDecimals: 3, currency: "USD"))
        return table
    }

    private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }

    static let cases: [Case] = [
        Case(
            reason: "too_many_decimals", detail: "qty \"1.55\": 2 decimals where the instrument has 1",
            fill: Wire.fill().text(7, "1.55")),
        Case(reason: "too_many_decimals", detail: "price \"1.005\"", fill: Wire.fill().text(8, "1.005")),
        Case(reason: "too_many_decimals", detail: "fee \"0.0001\"", fill: Wire.fill().text(9, "0.0001")),
        Case(
            reason: "overflow", detail: "qty \"9223372036854775807\"",
            fill: Wire.fill().text(7, "9223372036854775807")),
        Case(reason: "zero_quantity", detail: "qty is zero", fill: Wire.fill().text(7, "0.0")),
        Case(reason: "negative_quantity", detail: "qty is negative", fill: Wire.fill().text(7, "-1")),
        Case(
            reason: "id_too_long", detail: "trade_id has 41 bytes; 40 is the most",
            fill: Wire.fill().text(1, long(41))),
        Case(reason: "id_too_long", detail: "order_id has 41 bytes", fill: Wire.fill().text(2, long(41))),
        Case(
            reason: "id_too_long", detail: "open_trade_id has 41 bytes", fill: Wire.fill().text(12, long(41))),
        Case(reason: "name_too_long", detail: "account has 33 bytes", fill: Wire.fill().text(3, long(33))),
        Case(reason: "name_too_long", detail: "symbol has 5000 bytes", fill: Wire.fill().text(5, long(5000))),
        Case(
            reason: "name_too_long", detail: "fee_currency has 9 bytes", fill: Wire.fill().text(10, long(9))),
    ]

    @Test(arguments: cases) func aFillIsRejectedAlone(_ reject: Case) throws {
        var decoder = TradeBookedDecoder(book: "main", instruments: Self.instruments)
        #expect(try decoder.decode(Wire.booked([.fill("before"), reject.fill, .fill("after")])) == 3)
        try decoder.encode(0, reference: 9)
        let error = #expect(throws: FillReject.self) { try decoder.encode(1, reference: 9) }
        #expect(error?.reason == reject.reason)
        #expect(error?.detail.contains(reject.detail) == true, "\(error?.detail ?? "")")

        // It is answered with what it said, and others go on.
        var encoder = RejectEncoder(book: "main")
        encoder.encode(1, of: decoder, try #require(error), stream: "PKS-BOOKING", streamSeq: 77)
        var inspector = MessageInspector()
        // SAFETY: copied at once.
        let message = try inspector.decode(.tradeRejected, unsafe bytes(encoder.bytes))
        #expect(message.text("reason") == reject.reason && message.text("detail") == error?.detail)
        #expect(message.text("stream") == "PKS-BOOKING" && message.text("stream_seq") == "77")
        #expect(message.text("index") == "1" && message.text("seq") == "0" && message.text("book") == "main")
        #expect(message.line.contains("account="))
        try decoder.encode(2, reference: 9)
        #expect(text(decoder.fillRecord.trade_id) == "after")
    }

    @Test func moreKeysThanTheLimitAreRejected() throws {
        var decoder = TradeBookedDecoder(
            book: "main", instruments: InstrumentTable(), limits: MessageLimits(keysMax: 1))
        #expect(try decoder.decode(Wire.booked([.fill(), Wire.fill().text(5, "other"), .fill("t2")])) == 3)
        try decoder.encode(0, reference: 1)
        let error = #expect(throws: FillReject.self) { try decoder.encode(1, reference: 1) }
        #expect(error?.reason == "capacity")
        try decoder.encode(2, reference: 1)
    }

    /// A text that is cut is cut between characters.
    @Test func longTextsOfARejectAreCut() throws {
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable())
        let symbol = "x" + String(repeating: "é", count: 2000)
        #expect(try decoder.decode(Wire.booked([Wire.fill().text(5, symbol)])) == 1)
        var encoder = RejectEncoder(book: "main")
        encoder.encode(0, of: decoder, FillReject(reason: "r", detail: "d"), stream: "s", streamSeq: 1)
        var inspector = MessageInspector()
        // SAFETY: copied at once.
        let message = try inspector.decode(.tradeRejected, unsafe bytes(encoder.bytes))
        let shown = try #require(message.text("fill.symbol"))
        #expect(shown == "x" + String(repeating: "é", count: 127))
    }

    @Test func aLifecycleEventIsReadAndAnswered() throws {
        let event = Wire().text(1, "main").text(2, "ev1").number(3, 1).text(4, "ES").number(7, 5).text(8, "2")
        var decoder = LifecycleEventDecoder(book: "main")
        let read = try decoder.decode(event.bytes)
        #expect(read == LifecycleEvent(eventID: "ev1", kind: 1, symbol: "ES", effectiveNs: 5))
        var encoder = RejectEncoder(book: "main")
        let reject = FillReject(reason: "lifecycle_not_supported", detail: "splits are not applied yet")
        encoder.encode(read, reject, stream: "L", streamSeq: 3)
        var inspector = MessageInspector()
        // SAFETY: copied at once.
        let answer = try inspector.decode(.tradeRejected, unsafe bytes(encoder.bytes))
        #expect(answer.text("reason") == "lifecycle_not_supported" && answer.text("event_id") == "ev1")
        for bad in [
            Wire().text(1, "main"), Wire().text(1, "x").text(2, "e").text(4, "s"), Wire().raw([0xff]),
        ] {
            #expect(throws: Poison.self) { _ = try decoder.decode(bad.bytes) }
        }
    }
}
