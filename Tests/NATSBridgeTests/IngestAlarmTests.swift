import Foundation
import NATSSupport
import Testing

@testable import NATSBridge

@Suite struct IngestAlarmTests {
    /// A book that has taken 200 messages, and a copy of the server's store from when there were 100.
    private func deskWithAnEarlyStore(_ version: NATSServer.Version) throws -> BusDesk {
        let desk = try BusDesk(version, taken: 100)
        desk.server.stop()
        try desk.server.saveStore(as: "early")
        try desk.server.start()
        try desk.publish(100)
        #expect(desk.await { desk.status.keptSequence == 200 })
        return desk
    }

    @Test(arguments: NATSServer.Version.here)
    func aStreamThatLostItsEndWhileTheBookWasAway(_ version: NATSServer.Version) throws {
        let desk = try deskWithAnEarlyStore(version)
        desk.stop()
        desk.server.kill()
        try desk.server.restoreStore(from: "early")
        try desk.server.start()
        // The same sequence numbers for other messages, and more of them.
        try desk.publish(150)
        try desk.start()
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
        #expect(desk.status.alarmCounts[.sequenceReused] == 1, "\(desk.status)")
        #expect(desk.status.lastAlarm != "")
        try desk.publish(10)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
    }

    @Test(arguments: NATSServer.Version.here)
    func aStreamThatLosesItsEndBehindTheBooksBack(_ version: NATSServer.Version) throws {
        let desk = try deskWithAnEarlyStore(version)
        desk.server.kill()
        try desk.server.restoreStore(from: "early")
        try desk.server.start()
        #expect(desk.await { desk.status.alarmCounts[.streamTruncated] == 1 })
        #expect(desk.status.lastAlarm.contains("100") && desk.status.lastAlarm.contains("200"))
        try desk.publish(50)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
        #expect(try desk.awaitAcknowledged())
    }

    @Test(arguments: NATSServer.Version.here)
    func aStreamMadeAnewIsReadFromItsFirst(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version, taken: 50)
        desk.stop()
        try desk.start { $0.createsMissing = false }
        #expect(desk.await { desk.status.connection == .reading })
        try desk.jetStream().deleteStream("PKS-BOOKING")
        #expect(desk.await { desk.status.lastError.contains("no stream PKS-BOOKING") }, "\(desk.status)")
        // A stream made while the old one's files still go loses what it has acknowledged (server 2.9.10).
        let files = desk.server.storePath + "/jetstream/$G/streams/PKS-BOOKING"
        #expect(desk.await { !FileManager.default.fileExists(atPath: files) })
        try desk.makeStreams()
        try desk.publish(20)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
        #expect(desk.await { desk.status.keptSequence == 20 })
        #expect(desk.status.alarmCounts[.streamRecreated] == 1, "\(desk.status)")
    }

    @Test(arguments: NATSServer.Version.here)
    func messagesRemovedBeforeTheyWereReadAreAnAlarmWithTheirNumbers(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version, taken: 50)
        desk.stop()
        try desk.publish(50)
        try desk.jetStream().purgeStream("PKS-BOOKING", before: 81)
        try desk.start()
        #expect(desk.await { desk.seen.last == desk.published.last })
        #expect(desk.status.alarmCounts == [.messagesRemoved: 1], "\(desk.status)")
        #expect(desk.status.lastAlarm.contains("51 to 80"))
        #expect(try desk.awaitAcknowledged())
    }

    @Test(arguments: NATSServer.Version.here)
    func aDeliveryThatWentToSomebodyElseIsNoticed(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version)
        try desk.start()
        #expect(desk.await { desk.status.connection == .reading })
        // A thief takes messages off the consumer, and keeps them.
        let connection = try NATSConnection(NATSOptions(desk.server.url))
        let inbox = try connection.makeInbox()
        let loot = try NATSSubscription(connection, subject: inbox)
        let next = "$JS.API.CONSUMER.MSG.NEXT.PKS-BOOKING.pks-\(desk.book)"
        var stolen = 0
        for _ in 0..<50 where stolen == 0 {
            try connection.send(next, Array(#"{"batch":3,"expires":1000000000}"#.utf8), reply: inbox)
            try desk.publish(60)
            while let message = try loot.take(waitMs: 50) {
                if message.reply != "" { stolen += 1 }
            }
        }
        try #require(stolen > 0)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.firsts == desk.published)
        #expect(desk.await { (desk.status.alarmCounts[.deliveryLost] ?? 0) > 0 })
    }

    @Test(arguments: NATSServer.Version.here)
    func whatSomebodyElseTookFromTheConsumerIsMissed(_ version: NATSServer.Version) throws {
        let desk = try BusDesk(version, taken: 5)
        let thief = try desk.jetStream()
        let inbox = try thief.connection.makeInbox()
        let stolen = try NATSSubscription(thief.connection, subject: inbox)
        let stream = BusNames().bookingStream
        let next = "\(thief.prefix).CONSUMER.MSG.NEXT.\(stream).pks-\(desk.book)"
        var hasStolen = false
        // Whoever asked first is served first; the thief asks until the newest message is its.
        for _ in 0..<200 where !hasStolen {
            let request = Array(#"{"batch":1,"expires":20000000000}"#.utf8)
            try thief.connection.send(next, request, reply: inbox)
            try thief.connection.flush()
            try desk.publish(1)
            let isTaken = try desk.await {
                guard let message = try stolen.next(waitMs: 0) else {
                    return desk.seen.count == desk.published.count
                }
                try thief.connection.send(message.reply, Array("+ACK".utf8))
                hasStolen = true
                return true
            }
            #expect(isTaken)
        }
        #expect(hasStolen)
        #expect(desk.awaitAll(), "\(desk.status)")
        #expect(desk.status.alarmCounts[.deliveryLost, default: 0] > 0, "\(desk.status)")
    }

    @Test func aJournalThatIsOlderThanThePositionIsNotTrustedToHoldTheFills() throws {
        let desk = try BusDesk(.debian)
        try desk.makeStreams()
        desk.journalSequence.value = 10
        try desk.publish(20)
        try desk.start()
        #expect(desk.await { desk.status.keptSequence == 20 })
        desk.journalSequence.value = 50
        try desk.publish(20)
        #expect(desk.await { desk.status.keptSequence == 40 })
        desk.stop()
        desk.journalSequence.value = 30
        try desk.start()
        #expect(desk.await { desk.status.keptSequence == 40 })
        #expect(desk.status.alarmCounts[.journalBehind] == 1)
        let again = desk.seen.dropFirst(desk.published.count)
        #expect(again.count > 0 && Array(again) == Array(desk.published.suffix(again.count)))
        #expect(try desk.awaitAcknowledged())
    }

    @Test func aPositionThatCannotBeReadIsAnAlarmAndEverythingIsReadAgain() throws {
        let desk = try BusDesk(.debian)
        try desk.makeStreams()
        try desk.publish(20)
        try desk.start()
        #expect(desk.await { desk.status.keptSequence == 20 })
        desk.stop()
        try "pks-nats-ingest 1\nnonsense\n".write(
            toFile: desk.positions + "/nats-ingest", atomically: false, encoding: .utf8)
        try desk.start()
        #expect(desk.await { desk.seen.count == 2 * desk.published.count })
        #expect(desk.status.alarmCounts[.positionUnreadable] == 1)
        #expect(desk.firsts == desk.published)
    }
}
