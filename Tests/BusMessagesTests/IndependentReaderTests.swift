import Accumulator
import BusMessages
import CSeqlock
import Glibc
import LotMatching
import TestSupport
import Testing

/// What another implementation of protobuf, Google's own inside protoc-c, reads in our messages with the proto alone.
@Suite struct IndependentReaderTests {
    /// The fields that it prints, one a line.
    private func read(_ kind: MessageKind, _ bytes: [UInt8]) throws -> [String] {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }
        let path = "/tmp/pks-message-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Files.write(path, bytes)
        defer { Files.remove(path) }
        let reader = try Subprocess(
            [
                "protoc-c", "--proto_path=\(root)/Sources/NATSBridge/Protos",
                "--decode=pks.bus.v1.\(kind.rawValue)",
                "pks_bus_v1.proto",
            ], input: .file(path))
        let lines = reader.rest().split(separator: "\n").map { String($0.drop { $0 == " " }) }
        #expect(reader.wait() == 0)
        return lines
    }

    /// Our message and what the other reader makes of it.
    private func lines(_ encoder: inout EffectEncoder, _ effect: Effect, n: UInt32) throws -> (
        MessageKind, [String]
    ) {
        let kind = encoder.encode(effect, n: n)
        // SAFETY: copied at once.
        return (kind, try read(kind, unsafe bytes(encoder.bytes)))
    }

    @Test func aSaleOfPartOfALotReadsTheSame() throws {
        var desk = MessageDesk(
            method: .fifo,
            instrument: Instrument(
                symbol: "ES", priceDecimals: 2, qtyDecimals: 0, feeDecimals: 2, multiplier: 50,
                currency: "USD"))
        desk.apply(fill("t1", PKS_SIDE_BUY, 100, at: 15_000, orderID: "o1", fee: 200, eventNs: 10))
        _ = desk.takeEffects()
        desk.apply(fill("t2", PKS_SIDE_SELL, 80, at: 17_025, orderID: "ö2", fee: 33, eventNs: 11))
        desk.apply(fill("t2", PKS_SIDE_SELL, 81, at: 17_025, orderID: "ö2", eventNs: 12))
        var encoder = EffectEncoder(book: "main")
        encoder.learnKeys(of: desk.book)
        var read: [MessageKind: [String]] = [:]
        for (number, effect) in desk.takeEffects().enumerated() {
            let (kind, lines) = try lines(&encoder, effect, n: UInt32(number))
            read[kind] = lines
        }
        let head = { (seq: Int, n: Int) in
            ["seq: \(seq)"] + (n > 0 ? ["n: \(n)"] : [])
                + ["book: \"main\"", "account: \"a\"", "strategy: \"s\"", "symbol: \"ES\""]
        }
        #expect(
            read[.lotChanged] == head(3, 0) + [
                "change: CHANGE_UPSERT", "side: POSITION_SIDE_LONG", "open_seq: 2", "trade_id: \"t1\"",
                "order_id: \"o1\"", "qty_open: \"100\"", "qty_remaining: \"20\"", "price: \"150\"",
                "opened_ns: 10",
            ])
        #expect(
            read[.tradeMatched] == head(3, 1) + [
                "match_id: \"2-3\"", "side: POSITION_SIDE_LONG", "open_seq: 2", "open_trade_id: \"t1\"",
                "close_trade_id: \"t2\"", "qty: \"80\"", "open_price: \"150\"", "close_price: \"170.25\"",
                "realized_pnl: \"81000\"", "open_fee: \"1.6\"", "close_fee: \"0.33\"", "open_ns: 10",
                "close_ns: 11",
                "currency: \"USD\"",
            ])
        #expect(
            read[.positionUpdated] == head(3, 2) + [
                "change: CHANGE_UPSERT", "net_qty: \"20\"", "avg_price: \"150\"", "open_cost: \"150000\"",
                "last_price: \"170.25\"", "event_ns: 11", "currency: \"USD\"", "multiplier: \"50\"",
            ])
        #expect(
            read[.realizedPnlUpdated] == head(3, 3) + [
                "realized_pnl: \"81000\"", "fees: \"2.33\"", "net_pnl: \"80997.67\"", "event_ns: 11",
                "currency: \"USD\"",
            ])
        #expect(
            read[.positionEvent] == head(3, 4) + [
                "movement: MOVEMENT_DECREASE", "trade_id: \"t2\"", "order_id: \"\\303\\2662\"",
                "side: SIDE_SELL",
                "qty: \"80\"", "price: \"170.25\"", "event_ns: 11", "net_qty_before: \"100\"",
                "net_qty: \"20\"",
            ])
        #expect(
            read[.tradeRejected] == [
                "seq: 4", "n: 5", "book: \"main\"", "reason: \"conflict\"",
                "detail: \"the same ids came first with another side, quantity or price\"", "fill {",
                "trade_id: \"t2\"", "order_id: \"\\303\\2662\"", "account: \"a\"", "strategy: \"s\"",
                "symbol: \"ES\"", "side: SIDE_SELL", "qty: \"81\"", "price: \"170.25\"", "event_ns: 12", "}",
                "first {",
                "seq: 3", "side: SIDE_SELL", "qty: \"80\"", "price: \"170.25\"", "}",
            ])
    }

    @Test func aBlockOfFillsReadsTheSame() throws {
        var encoder = TradeBookedEncoder(book: "main", fillsMax: 2)
        var extra = pks_extension_record()
        extra.flags = UInt16(PKS_EXTENSION_OPEN_TRADE | PKS_EXTENSION_FEE_CURRENCY)
        extra.fee_currency = padded("EUR")
        extra.open_trade_id = padded("lot")
        let isFirstAdded = encoder.add(
            fill("t1", PKS_SIDE_BUY, 150_000_000, at: -1), extension: extra, key: key("ES"))
        let isSecondAdded = encoder.add(
            fill("t2", PKS_SIDE_SELL, 1, at: 0, fee: -5), extension: nil, key: key("ES"))
        #expect(isFirstAdded && isSecondAdded)
        // SAFETY: copied at once.
        let lines = try read(.tradeBooked, unsafe bytes(encoder.finish()))
        #expect(
            lines == [
                "book: \"main\"", "fills {", "trade_id: \"t1\"", "account: \"a\"", "strategy: \"s\"",
                "symbol: \"ES\"", "side: SIDE_BUY", "qty: \"1.5\"", "price: \"-0.00000001\"", "fee: \"0\"",
                "fee_currency: \"EUR\"", "event_ns: 1", "open_trade_id: \"lot\"", "}", "fills {",
                "trade_id: \"t2\"",
                "account: \"a\"", "strategy: \"s\"", "symbol: \"ES\"", "side: SIDE_SELL",
                "qty: \"0.00000001\"",
                "price: \"0\"", "fee: \"-0.00000005\"", "event_ns: 1", "}",
            ])
    }

    /// A gateway may put any bytes into an id; readers of messages end at the first that is not UTF-8.
    @Test func idsThatAreNoTextAreRepaired() throws {
        var desk = MessageDesk(method: .fifo, instrument: Instrument(symbol: "ES"))
        var hostile = fill("", PKS_SIDE_BUY, 1, at: 1)
        hostile.trade_id.0 = 0x74
        hostile.trade_id.1 = 0xff
        hostile.trade_id.2 = 0x1b
        desk.apply(hostile)
        var encoder = EffectEncoder(book: "main")
        encoder.learnKeys(of: desk.book)
        let event = try #require(desk.takeEffects().last)
        let (kind, lines) = try lines(&encoder, event, n: 4)
        #expect(kind == .positionEvent)
        #expect(lines.contains("trade_id: \"t\\357\\277\\275\\357\\277\\275\""), "\(lines)")
    }
}
