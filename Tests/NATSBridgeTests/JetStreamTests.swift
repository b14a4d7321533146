import NATSBridge
import NATSSupport
import Testing

@Suite struct JetStreamTests {
    @Test(arguments: NATSServer.Version.here)
    func streamsAreMadeLookedAtAndRemoved(_ version: NATSServer.Version) throws {
        let server = try NATSServer(version)
        let jetStream = try JetStream(NATSConnection(NATSOptions(server.url)))
        #expect(try jetStream.stream("TRADES") == nil)
        #expect(try jetStream.consumer("pks", of: "TRADES") == nil)
        let plan = StreamPlan(
            name: "TRADES", subjects: ["trades.*", "more"], duplicateWindowNs: 5_000_000_000)
        let made = try jetStream.makeStream(plan)
        #expect(made.isOnDisk && made.createdNs > 0 && made.lastSequence == 0)
        #expect(made.duplicateWindowNs == 5_000_000_000)
        #expect(made.subjects == ["trades.*", "more"])
        #expect(try jetStream.makeStream(plan).createdNs == made.createdNs)
        for number in UInt8(1)...5 {
            let answer = try jetStream.connection.store("trades.main", [number])
            #expect(answer.contains(#""seq":\#(number)"#), "\(answer)")
        }
        let state = try #require(try jetStream.stream("TRADES"))
        #expect(state.firstSequence == 1 && state.lastSequence == 5 && state.messageCount == 5)
        let third = try #require(try jetStream.message(3, of: "TRADES"))
        #expect(third.payload == [3] && third.sequence == 3 && third.subject == "trades.main")
        #expect(third.storedNs > made.createdNs && third.messageID == nil)
        #expect(try jetStream.message(6, of: "TRADES") == nil)
        try jetStream.connection.send("more", [9], headers: [("Nats-Msg-Id", "main:7:2")])
        try jetStream.connection.flush()
        let last = try #require(try jetStream.lastMessage(on: "more", of: "TRADES"))
        #expect(last.messageID == "main:7:2" && last.sequence == 6 && last.payload == [9])
        #expect(try jetStream.lastMessage(on: "trades.other", of: "TRADES") == nil)
        try jetStream.purgeStream("TRADES", before: 4)
        #expect(try jetStream.stream("TRADES")?.firstSequence == 4)
        #expect(try jetStream.deleteStream("TRADES"))
        #expect(try !jetStream.deleteStream("TRADES"))
    }

    @Test(arguments: NATSServer.Version.here)
    func consumersAreMadeLookedAtAndRemoved(_ version: NATSServer.Version) throws {
        let server = try NATSServer(version)
        let jetStream = try JetStream(NATSConnection(NATSOptions(server.url)))
        try jetStream.makeStream(StreamPlan(name: "TRADES", subjects: ["trades.*"]))
        for number in UInt8(1)...5 { _ = try jetStream.connection.store("trades.main", [number]) }
        let plan = ConsumerPlan(
            name: "pks", filter: "trades.main", startSequence: 3, acknowledgeNs: 7_000_000_000,
            unacknowledgedMax: 99)
        let made = try jetStream.makeConsumer(plan, of: "TRADES")
        #expect(
            made.isPull && made.isExplicit && made.filter == "trades.main" && made.unacknowledgedMax == 99)
        #expect(made.pendingCount == 3)
        #expect(try jetStream.consumer("pks", of: "TRADES")?.createdNs == made.createdNs)
        #expect(try jetStream.deleteConsumer("pks", of: "TRADES"))
        #expect(try !jetStream.deleteConsumer("pks", of: "TRADES"))
        #expect(try jetStream.consumer("pks", of: "TRADES") == nil)
        let first = try jetStream.makeConsumer(ConsumerPlan(name: "pks", filter: "trades.main"), of: "TRADES")
        #expect(first.pendingCount == 5)
        #expect(throws: BusError.self) { try jetStream.makeConsumer(plan, of: "NONE") }
    }

    @Test func aServerWithoutJetStreamIsNamedAsSuch() throws {
        let server = try NATSServer(.debian, settings: "jetstream: disabled")
        let jetStream = try JetStream(NATSConnection(NATSOptions(server.url)))
        do {
            _ = try jetStream.stream("TRADES")
            Issue.record("there is no JetStream")
        } catch {
            guard case .noJetStream = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
