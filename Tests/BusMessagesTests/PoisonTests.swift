import Accumulator
import BusMessages
import CSeqlock
import Testing

/// Messages that can never be used: each for its reason, none a crash, and none in the way of the next one.
@Suite struct PoisonTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let reason: PoisonReason
        let detail: String
        let bytes: [UInt8]
        var testDescription: String { "\(reason): \(detail)" }
    }

    private static func oneFill(_ fill: Wire) -> [UInt8] { Wire.booked([Wire.fill("t0"), fill]) }

    private static let limits = MessageLimits(bytesMax: 4096, fillsMax: 4)

    static let cases: [Case] = [
        Case(reason: .malformed, detail: "3 bytes that are no TradeBooked", bytes: [0xff, 0xff, 0xff]),
        Case(reason: .malformed, detail: "that are no TradeBooked", bytes: [0x0a]),
        Case(
            reason: .malformed, detail: "that are no TradeBooked",
            bytes: Wire().text(1, "main").block(2, [], length: 1 << 40).bytes),
        Case(
            reason: .malformed, detail: "that are no TradeBooked",
            bytes: Wire().text(1, "main").block(2, [], length: .max).bytes),
        // A number where text belongs, a group, and a fill that is cut inside.
        Case(reason: .malformed, detail: "that are no TradeBooked", bytes: Wire().number(1, 7).bytes),
        Case(
            reason: .malformed, detail: "that are no TradeBooked",
            bytes: Wire().text(1, "main").raw([0x13]).bytes),
        Case(
            reason: .malformed, detail: "that are no TradeBooked",
            bytes: Wire.booked([Wire().raw(Wire.fill().bytes.dropLast())])),
        Case(
            reason: .tooLarge, detail: "4097 bytes; 4096 is the most",
            bytes: [UInt8](repeating: 0, count: 4097)),
        Case(
            reason: .tooManyFills, detail: "5 fills; 4 is the most",
            bytes: Wire.booked(Array(repeating: .fill(), count: 5))),
        Case(reason: .noFills, detail: "no fill", bytes: Wire.booked([])),
        Case(reason: .missingField, detail: "book is missing or empty", bytes: []),
        Case(
            reason: .missingField, detail: "book is missing or empty",
            bytes: Wire().block(2, Wire.fill().bytes).bytes),
        Case(
            reason: .wrongBook, detail: "for the book \"other\", not for \"main\"",
            bytes: Wire.booked([.fill()], book: "other")),
        Case(
            reason: .wrongBook, detail: "for the book \"main2\", not for \"main\"",
            bytes: Wire.booked([.fill()], book: "main2")),
        Case(
            reason: .binaryData, detail: "book \"main\\x00\" has byte 0x00, a control character",
            bytes: Wire.booked([.fill()], book: "main\0")),
        Case(
            reason: .missingField, detail: "fill 1: trade_id is missing", bytes: oneFill(.fill(without: [1]))),
        Case(reason: .missingField, detail: "fill 1: symbol is missing", bytes: oneFill(.fill(without: [5]))),
        Case(reason: .missingField, detail: "fill 1: qty is missing", bytes: oneFill(.fill(without: [7]))),
        Case(reason: .missingField, detail: "fill 1: price is missing", bytes: oneFill(.fill(without: [8]))),
        Case(reason: .missingField, detail: "fill 1: trade_id is missing", bytes: oneFill(Wire())),
        Case(
            reason: .missingField, detail: "fill 1: symbol is missing",
            bytes: oneFill(Wire.fill().text(5, ""))),
        Case(
            reason: .unknownSide, detail: "fill 1: side is 0; SIDE_BUY or SIDE_SELL is expected",
            bytes: oneFill(.fill(without: [6]))),
        Case(reason: .unknownSide, detail: "fill 1: side is 3;", bytes: oneFill(Wire.fill().number(6, 3))),
        Case(reason: .unknownSide, detail: "fill 1: side is ", bytes: oneFill(Wire.fill().number(6, .max))),
        Case(
            reason: .invalidUTF8,
            detail: "fill 1: trade_id \"t\\xc3(\" has byte 0xC3, which is not valid UTF-8 here",
            bytes: oneFill(Wire.fill().block(1, [0x74, 0xc3, 0x28]))),
        Case(
            reason: .binaryData, detail: "fill 1: trade_id \"t\\x00x\" has byte 0x00, a control character",
            bytes: oneFill(Wire.fill().block(1, [0x74, 0, 0x78]))),
        Case(
            reason: .binaryData, detail: "fill 1: account \"\\x1b[2J\" has byte 0x1B, a control character",
            bytes: oneFill(Wire.fill().text(3, "\u{1b}[2J"))),
        Case(
            reason: .binaryData, detail: "fill 1: order_id \"\\xc2\\x9b\" has byte 0xC2, a control character",
            bytes: oneFill(Wire.fill().text(2, "\u{9b}"))),
        Case(
            reason: .badNumber, detail: "fill 1: qty \"1e3\": unexpected 'e'",
            bytes: oneFill(Wire.fill().text(7, "1e3"))),
        Case(
            reason: .badNumber, detail: "fill 1: price \"-\": no digits",
            bytes: oneFill(Wire.fill().text(8, "-"))),
        Case(
            reason: .badNumber, detail: "fill 1: price \"1.2.3\": unexpected '.'",
            bytes: oneFill(Wire.fill().text(8, "1.2.3"))),
        Case(
            reason: .badNumber, detail: "fill 1: fee \"NaN\": unexpected 'N'",
            bytes: oneFill(Wire.fill().text(9, "NaN"))),
    ]

    @Test(arguments: cases) func aMessageThatCannotBeUsedIsNamed(_ poison: Case) throws {
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable(), limits: Self.limits)
        let error = #expect(throws: Poison.self) { _ = try decoder.decode(poison.bytes) }
        #expect(error?.reason == poison.reason)
        #expect(error?.detail.contains(poison.detail) == true, "\(error?.detail ?? "")")
        #expect(error?.detail.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } == true)
        #expect(decoder.fillCount == 0)
        // The next message is read as if nothing had been.
        #expect(try decoder.decode(Wire.booked([.fill()])) == 1)
    }

    @Test func everyReasonIsGivenToSomething() {
        let given = Set(Self.cases.map(\.reason))
        #expect(PoisonReason.allCases.filter { !given.contains($0) } == [])
    }

    /// What a library does with what is given twice, or is not known: the last one counts, the unknown is skipped.
    @Test func whatIsGivenTwiceAndWhatIsUnknownIsReadAsTheFormatSays() throws {
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable())
        let twice = Wire.fill().text(1, "last").number(6, 2).text(7, "2").text(99, "new").number(500, 1)
        #expect(
            try decoder.decode(Wire().text(1, "other").raw(Wire.booked([twice])).text(77, "?").bytes) == 1)
        try decoder.encode(0, reference: 1)
        #expect(text(decoder.fillRecord.trade_id) == "last")
        #expect(decoder.fillRecord.side == 2 && decoder.fillRecord.qty == 200_000_000)
    }

    /// Small on the wire, large in memory: the budget ends it, not the machine's memory.
    @Test func aMillionEmptyFillsAreRefused() throws {
        var decoder = TradeBookedDecoder(
            book: "main", instruments: InstrumentTable(), limits: MessageLimits(bytesMax: 1 << 22))
        let bytes =
            Wire().text(1, "main").bytes
            + [UInt8](repeating: 0, count: 2_000_000).enumerated().map {
                $0.offset % 2 == 0 ? 0x12 : 0
            }
        let error = #expect(throws: Poison.self) { _ = try decoder.decode(bytes) }
        #expect(error?.reason == .tooLarge || error?.reason == .tooManyFills)
        #expect(try decoder.decode(Wire.booked([.fill()])) == 1)
    }

    @Test func aMillionFieldsThatNobodyKnowsAreRefused() throws {
        var decoder = TradeBookedDecoder(
            book: "main", instruments: InstrumentTable(), limits: MessageLimits(bytesMax: 1 << 22))
        var wire: [UInt8] = []
        for _ in 0..<1_000_000 { wire += [0xf8, 0x01, 0x00] }
        let error = #expect(throws: Poison.self) { _ = try decoder.decode(wire) }
        #expect(error?.reason == .tooLarge)
        #expect(error?.detail == "3000000 bytes that unpack to more than one message may take")
    }

    /// Messages inside messages, a hundred thousand deep: nobody follows them.
    @Test func deepNestingIsNotFollowed() throws {
        var inner: [UInt8] = []
        for _ in 0..<20_000 {
            inner = Wire.varint(UInt64(99 << 3 | 2)) + Wire.varint(UInt64(inner.count)) + inner
        }
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable())
        #expect(try decoder.decode(Wire.booked([.fill().block(99, inner)])) == 1)
    }

    /// The largest message that the limits allow fits the memory that they ask for.
    @Test func aFullBlockOfLongTextsFits() throws {
        let limits = MessageLimits(bytesMax: 1 << 20, fillsMax: 1000)
        var fills: [Wire] = []
        for number in 0..<1000 {
            var fill = Wire().number(6, 1).number(11, .max)
            for (field, length) in [(1, 40), (2, 40), (3, 32), (4, 32), (5, 48), (10, 8), (12, 40)] {
                fill = fill.text(field, String(repeating: "x", count: length - 4) + String(1000 + number))
            }
            for field in [7, 8, 9] { fill = fill.text(field, String(repeating: "1", count: 230)) }
            fills.append(fill)
        }
        let bytes = Wire.booked(fills)
        #expect(bytes.count > 900_000 && bytes.count <= limits.bytesMax)
        var decoder = TradeBookedDecoder(book: "main", instruments: InstrumentTable(), limits: limits)
        #expect(try decoder.decode(bytes) == 1000)
    }
}
