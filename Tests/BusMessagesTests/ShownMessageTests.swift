import BusMessages
import TestSupport
import Testing

/// Messages as `pks tail` shows them: everything is there, and nothing reaches a terminal raw.
@Suite struct ShownMessageTests {
    private func shown(_ kind: MessageKind, _ wire: Wire) throws -> DecodedMessage {
        var inspector = MessageInspector()
        return try inspector.decode(kind, wire.bytes)
    }

    @Test func aLineSaysWhatTheMessageSays() throws {
        let match = Wire().number(1, 3).number(2, 1).text(3, "main").text(6, "BTC USDT").number(8, 2).text(
            12, "0")
        let message = try shown(.tradeMatched, match)
        #expect(message.line == "TradeMatched 3:1 book=main symbol=\"BTC USDT\" side=SHORT qty=0")
        let fields = message.json
        #expect(fields.hasPrefix(#"{"message":"TradeMatched","seq":"3","n":"1","book":"main","account":"","#))
        #expect(fields.contains(#""side":"SHORT","open_seq":"0","#) && fields.hasSuffix("}"))
    }

    @Test func whatIsInsideIsShownToo() throws {
        let booked = try shown(.tradeBooked, Wire().raw(Wire.booked([.fill("t1"), .fill("t2")])))
        #expect(
            booked.line.hasPrefix(
                "TradeBooked book=main fills=[{trade_id=t1 order_id=o1 account=acc strategy=strat"))
        #expect(booked.json.contains(#""fills":[{"trade_id":"t1","order_id":"o1","#))
        let event = try shown(.lifecycleEventApplied, Wire().number(3, 1).text(13, "a").text(13, "b"))
        #expect(event.json.contains(#""kind":"SPLIT""#) && event.json.hasSuffix(#""trade_ids":["a","b"]}"#))
        let reject = try shown(.tradeRejected, Wire().block(10, Wire.fill("t9").bytes))
        #expect(reject.text("fill.trade_id") == "t9" && reject.text("fill.side") == "BUY")
        #expect(reject.text("first.seq") == nil && !reject.has("first"))
        // A number that no version of the proto names yet.
        #expect(try shown(.lotChanged, Wire().number(7, 9)).text("change") == "9")
    }

    @Test func hostileTextCannotReachATerminal() throws {
        let hostile = Array("\u{1b}[2J\u{9b}x\u{202e}\"\\\n\r\0".utf8) + [0xff, 0xc3]
        for kind in MessageKind.allCases {
            for field in 1...20 {
                var inspector = MessageInspector()
                guard let message = try? inspector.decode(kind, Wire().block(field, hostile).bytes) else {
                    continue
                }
                for text in [message.line, message.json] {
                    let isHarmless = text.unicodeScalars.allSatisfy {
                        $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
                    }
                    #expect(isHarmless, "\(kind) field \(field): \(text.debugDescription)")
                }
            }
        }
        let message = try shown(.lotChanged, Wire().block(3, hostile))
        #expect(
            message.json.contains(##""book":"\u001b[2J\u009bx\u202e\"\\\u000a\u000d\u0000"##),
            "\(message.json)")
    }

    /// Bytes at random and messages that were damaged: an answer or a refusal, and the same twice.
    @Test(arguments: [UInt64(31), 32, 33]) func damagedMessagesNeverTrap(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let whole = Wire.booked([Wire.fill().text(10, "EUR").text(12, "lot"), .fill("t2")])
        var inspector = MessageInspector(limits: MessageLimits(bytesMax: 4096, fillsMax: 8))
        var refused = 0
        var shown = 0
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1...20, using: &random)))
                }
            }
            for kind in MessageKind.allCases {
                do throws(Poison) {
                    let message = try inspector.decode(kind, bytes)
                    #expect(try inspector.decode(kind, bytes) == message, "seed \(seed)")
                    shown += message.line.isEmpty || message.json.isEmpty ? 0 : 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 100 && shown > 100, "seed \(seed)")
    }
}
