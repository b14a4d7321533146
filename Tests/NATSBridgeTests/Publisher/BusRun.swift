import Glibc
import JournalSupport
import NATSSupport
import Synchronization
import TestSupport
import Testing

@testable import NATSBridge

/// A real server and a journal in memory whose effects are published to it.
final class BusRun {
    let server: NATSServer
    let story: JournalStory
    let expected: [PublisherRun.Message]
    let names = BusNames()
    let folder: String
    private(set) var settings: BusPublisher.Settings

    /// Streams are made with this memory for ids.
    init(
        _ version: NATSServer.Version, seed: UInt64, count: Int, rememberedNs: Int64 = 120_000_000_000,
        jetStream: String = ""
    ) throws {
        server = try NATSServer(version, jetStream: jetStream)
        story = JournalStory(seed: seed, count: count)
        expected = try PublisherRun.expected(story)
        var options = try NATSOptions(server.url)
        (options.connectMs, options.pingMs, options.writeMs, options.requestMs) = (1000, 200, 1000, 2000)
        settings = BusPublisher.Settings(options: options, names: names)
        settings.answerMs = 1000
        settings.conflates = false
        folder = server.folder
        let jetStream = try JetStream(NATSConnection(options))
        try jetStream.makeStream(
            StreamPlan(
                name: names.positionStream,
                subjects: [names.position, names.lot, names.match, names.pnl, names.event].map(
                    BusNames.wildcard),
                duplicateWindowNs: rememberedNs))
        try jetStream.makeStream(
            StreamPlan(
                name: names.rejectStream, subjects: [BusNames.wildcard(names.rejected)],
                duplicateWindowNs: rememberedNs))
    }

    func change(_ body: (inout BusPublisher.Settings) -> Void) { body(&settings) }

    /// Runs a publisher until everything is on the bus, while `disturb` does its worst.
    func publishAll(_ disturb: (BusPublisher) throws -> Void = { _ in }) throws -> BusPublisherStatus {
        let publisher = try BusPublisher(try records(), journal: folder, settings)
        try publisher.start()
        defer { publisher.stop() }
        try disturb(publisher)
        let total = UInt64(story.records.count)
        #expect(eventually { publisher.status.publishedSeq == total }, "\(publisher.status)")
        publisher.stop()
        return publisher.status
    }

    /// The journal of a new life: what was published before is durable.
    func records(seed: UInt64 = 3) throws -> StoryRecords {
        let neededFromSeq = try BusPublisher.neededFromSeq(journal: folder) ?? 1
        return StoryRecords(story, seed: seed, durable: neededFromSeq > 1 ? UInt64(story.records.count) : 0)
    }

    /// Waits until a part of the records is on the bus.
    func await(_ publisher: BusPublisher, _ part: Double) {
        let seq = UInt64(Double(story.records.count) * part)
        #expect(eventually { publisher.status.publishedSeq >= seq }, "\(publisher.status)")
    }

    /// What the streams have.
    func stored() throws -> [[PublishedCheck.Stored]] {
        let jetStream = try JetStream(NATSConnection(settings.options))
        let topics = Dictionary(
            uniqueKeysWithValues: PublishTopic.allCases.map {
                (BusNames.subject($0.template(names), book: "main"), $0)
            })
        return try [names.positionStream, names.rejectStream].map { name in
            let state = try #require(try jetStream.stream(name))
            var all: [PublishedCheck.Stored] = []
            for seq in stride(from: state.firstSequence, through: state.lastSequence, by: 1) {
                let message = try #require(try jetStream.message(seq, of: name))
                let topic = try #require(topics[message.subject])
                all.append(
                    PublishedCheck.Stored(topic: topic, id: message.messageID ?? "", bytes: message.payload))
            }
            return all
        }
    }

    /// What is wrong with what the streams have.
    func faults() throws -> [String] { PublishedCheck.faults(try stored(), expected) }

    func check() throws {
        let faults = try faults()
        #expect(faults.isEmpty, "\(faults.prefix(5)) of \(faults.count)")
    }
}

/// A way to the bus that ends, as a process does that is killed, and that loses answers.
final class MortalPort: PublishPort {
    private let port: NATSPublishPort
    private var random: SeededRandom
    private let lostPerMille: Int
    private var left: Int
    private(set) var isDead = false

    init(_ port: NATSPublishPort, seed: UInt64, diesAfter calls: Int, lostPerMille: Int) {
        self.port = port
        random = SeededRandom(seed: seed)
        left = calls
        self.lostPerMille = lostPerMille
    }

    private func step() throws(BusError) {
        left -= 1
        if left <= 0 && !isDead {
            isDead = true
            port.disconnect()
        }
        if isDead { throw .disconnected(reason: "this process was killed") }
    }

    var nowNs: Int64 { port.nowNs }
    func pause(ns: Int64) { port.pause(ns: ns) }
    var server: String { port.server }

    func connect() throws(BusError) {
        try step()
        try port.connect()
    }

    func disconnect() { port.disconnect() }

    func send(
        _ topic: PublishTopic, token: UInt64, id: MessageID, _ bytes: UnsafeRawBufferPointer
    ) throws(BusError) {
        try step()
        // SAFETY: the caller's bytes, for the call.
        unsafe try port.send(topic, token: token, id: id, bytes)
    }

    func flush() throws(BusError) {
        try step()
        try port.flush()
    }

    func nextAnswer(waitMs: Int64) throws(BusError) -> PublishAnswer? {
        try step()
        let answer = try port.nextAnswer(waitMs: waitMs)
        return random.next() % 1000 < UInt64(lostPerMille) ? nil : answer
    }

    func streamName(of topic: PublishTopic) -> String { port.streamName(of: topic) }
    func subject(of topic: PublishTopic) -> String { port.subject(of: topic) }
    func stream(of topic: PublishTopic) throws(BusError) -> StreamState? { try port.stream(of: topic) }
    func message(_ seq: UInt64, of stream: String) throws(BusError) -> PublishedMark? {
        try port.message(seq, of: stream)
    }
    func lastMessage(_ topic: PublishTopic, of stream: String) throws(BusError) -> PublishedMark? {
        try port.lastMessage(topic, of: stream)
    }
    func nextMessage(
        _ topic: PublishTopic, of stream: String, from seq: UInt64
    ) throws(BusError) -> PublishedMark? { try port.nextMessage(topic, of: stream, from: seq) }
}
