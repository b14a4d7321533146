import BusMessages
import NATSSupport
import Testing

@testable import NATSBridge

@Suite struct IngestPoisonTests {
    @Test(arguments: NATSServer.Version.here)
    func whatCannotBeReadIsKeptElsewhereAndHoldsUpNothing(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        try desk.publish(10)
        let jetStream = try desk.jetStream()
        let booked = BusNames.subject(BusNames().booked, book: desk.book)
        let garbage: [UInt8] = [0xff, 0xff, 0xff, 0x00, 0x01]
        _ = try jetStream.connection.store(booked, garbage)
        _ = try jetStream.connection.store(booked, [])
        try desk.publish(10)
        // What looks like a status of the server's is a message like any other.
        try jetStream.connection.send(booked, [], headers: [("Status", "503")])
        try jetStream.connection.flush()
        try desk.publish(10)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(try desk.awaitAcknowledged())
        #expect(desk.seen == desk.published)
        #expect(desk.status.poisonCount == 3)
        #expect(desk.status.alarmCount == 0, "\(desk.status)")
        let letters = BusNames.subject(BusNames().deadLetter, book: desk.book)
        let first = try #require(try jetStream.message(1, of: "PKS-REJECTS"))
        #expect(first.payload == garbage && first.subject == letters)
        #expect(first.messageID?.hasPrefix("\(desk.book):dlq:PKS-BOOKING:11:") == true)
        #expect(try jetStream.message(2, of: "PKS-REJECTS")?.payload == [])
        #expect(try jetStream.message(3, of: "PKS-REJECTS")?.payload == [])
        #expect(try jetStream.message(4, of: "PKS-REJECTS") == nil)
    }

    @Test(arguments: NATSServer.Version.here)
    func aMessageThatFillsTheServersLimitIsCutForTheDeadLettersAndHoldsUpNothing(
        _ version: NATSServer.Version
    ) throws {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        let jetStream = try desk.jetStream()
        let booked = BusNames.subject(BusNames().booked, book: desk.book)
        _ = try jetStream.connection.store(booked, [UInt8](repeating: 0xff, count: 1 << 20))
        try desk.publish(10)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(try desk.awaitAcknowledged())
        #expect(desk.status.poisonCount == 1 && desk.status.storeTrouble.isEmpty, "\(desk.status)")
        let letter = try #require(try jetStream.message(1, of: "PKS-REJECTS"))
        #expect(letter.payload.count > 1_000_000 && letter.payload.count < 1 << 20)
        #expect(letter.payload.allSatisfy { $0 == 0xff })
    }

    @Test(arguments: NATSServer.Version.here)
    func aFillThatCannotBeARecordIsAnsweredAndTheOthersOfItsBlockAreApplied(_ version: NATSServer.Version)
        throws
    {
        let desk = try BusDesk(version)
        try desk.makeStreams()
        let jetStream = try desk.jetStream()
        let booked = BusNames.subject(BusNames().booked, book: desk.book)
        let block = Protobuf.booked(
            desk.book,
            [
                Protobuf.fill("A", qty: "1", price: "2"), Protobuf.fill("B", qty: "1", price: "2.1234567891"),
                Protobuf.fill(String(repeating: "C", count: 41), qty: "1", price: "2"),
                Protobuf.fill("D", qty: "1", price: "2"),
            ])
        _ = try jetStream.connection.store(booked, block)
        try desk.start()
        #expect(desk.await { desk.seen == ["A", "D"] })
        #expect(try desk.awaitAcknowledged())
        #expect(desk.status.rejectCount == 2 && desk.status.poisonCount == 0)
        var inspector = MessageInspector()
        var reasons: [String] = []
        for sequence in [1, 2] as [UInt64] {
            let message = try #require(try jetStream.message(sequence, of: "PKS-REJECTS"))
            #expect(message.subject == BusNames.subject(BusNames().rejected, book: desk.book))
            #expect(message.messageID?.hasPrefix("\(desk.book):in:1:") == true)
            #expect(message.messageID?.hasSuffix(":\(sequence)") == true)
            // SAFETY: the bytes live for the closure.
            let decoded = try unsafe message.payload.withUnsafeBytes { bytes in
                Result { () throws(Poison) in try unsafe inspector.decode(.tradeRejected, bytes) }
            }.get()
            reasons.append(decoded.text("reason") ?? "none")
        }
        #expect(reasons == ["too_many_decimals", "id_too_long"])
    }

    @Test(arguments: NATSServer.Version.here)
    func nothingIsAcknowledgedThatIsNotStored(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.start()
        #expect(desk.await { desk.status.connection == .reading })
        desk.stop()
        try desk.start { $0.createsMissing = false }
        #expect(desk.await { desk.status.connection == .reading })
        let jetStream = try desk.jetStream()
        let booked = BusNames.subject(BusNames().booked, book: desk.book)
        try jetStream.deleteStream("PKS-REJECTS")
        _ = try jetStream.connection.store(booked, [1, 2, 3])
        try desk.publish(5)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(
            desk.await { desk.status.unstoredCount == 1 && desk.status.storeTrouble.contains("PKS-REJECTS") },
            "\(desk.status)")
        #expect(try desk.consumerState()?.ackedStreamSequence == 0)
        let names = BusNames()
        try jetStream.makeStream(
            StreamPlan(
                name: names.rejectStream,
                subjects: [BusNames.wildcard(names.rejected), BusNames.wildcard(names.deadLetter)]))
        #expect(try desk.awaitAcknowledged())
        #expect(try jetStream.message(1, of: "PKS-REJECTS")?.payload == [1, 2, 3])
    }

    @Test(arguments: NATSServer.Version.here)
    func lifecycleEventsAreAnswered(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.start()
        #expect(desk.await { desk.status.connection == .reading })
        let jetStream = try desk.jetStream()
        let event = Protobuf.text(1, desk.book) + Protobuf.text(2, "E-1") + Protobuf.text(4, "X")
        _ = try jetStream.connection.store(BusNames.subject(BusNames().lifecycle, book: desk.book), event)
        #expect(
            try desk.await {
                try jetStream.consumer("pks-\(desk.book)-lifecycle", of: "PKS-BOOKING")?.ackedStreamSequence
                    == 1
            })
        let answer = try #require(try jetStream.message(1, of: "PKS-REJECTS"))
        var inspector = MessageInspector()
        // SAFETY: the bytes live for the closure.
        let decoded = try unsafe answer.payload.withUnsafeBytes { bytes in
            Result { () throws(Poison) in try unsafe inspector.decode(.tradeRejected, bytes) }
        }.get()
        #expect(decoded.text("reason") == "lifecycle_not_supported")
        #expect(desk.status.lifecycleCount == 1)
    }
}

/// TradeBooked by hand, for what the encoder would not write.
enum Protobuf {
    static func text(_ field: UInt8, _ text: String) -> [UInt8] {
        precondition(text.utf8.count < 128)
        return [field << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    static func fill(_ tradeID: String, qty: String, price: String) -> [UInt8] {
        text(1, tradeID) + text(5, "X") + [6 << 3, 1] + text(7, qty) + text(8, price)
    }

    static func booked(_ book: String, _ fills: [[UInt8]]) -> [UInt8] {
        fills.reduce(text(1, book)) { $0 + [2 << 3 | 2, UInt8($1.count)] + $1 }
    }
}
