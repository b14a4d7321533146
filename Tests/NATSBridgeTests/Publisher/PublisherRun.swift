import Accumulator
import JournalSupport
import TestSupport
import Testing

@testable import NATSBridge

/// A publisher's lives over one journal and one bus, until everything is published.
final class PublisherRun {
    let records: StoryRecords
    let bus: SimulatedBus
    let seed: UInt64
    private(set) var saved: PublisherCursor
    private(set) var last = BusPublisherStatus()
    private(set) var alarms: [String] = []
    private(set) var lives = 0
    private(set) var conflated: UInt64 = 0
    var options = BookPublisher.Options()

    init(_ records: StoryRecords, _ bus: SimulatedBus, seed: UInt64, saved: PublisherCursor? = nil) {
        self.records = records
        self.bus = bus
        self.seed = seed
        self.saved = saved ?? PublisherCursor(epoch: records.epoch)
        options.engine.window.messagesMax = 200
        options.engine.window.bytesMax = 40_000
        options.engine.window.underWayMax = 64
        options.engine.burst = 32
        options.runRecords = 50
        options.cursorNs = 30_000
    }

    /// Lives until it is done. Each is killed after a random number of its looks around when `crashes` says so.
    func finish(crashes: Int = 0) {
        var random = SeededRandom(seed: seed &+ 77)
        for life in 0...crashes {
            lives += 1
            live(crashAfter: life < crashes ? Int.random(in: 1...4000, using: &random) : nil)
        }
    }

    func forgetCursor() { saved = PublisherCursor(epoch: records.epoch) }

    /// One life: until everything is done, or it is killed.
    func live(crashAfter: Int? = nil) {
        let port = SimulatedPort(bus, epoch: records.epoch)
        var looks = 0
        weak var current: BookPublisher?
        let publisher = BookPublisher(
            records, cursor: saved, port: port, encoder: BusEffectEncoder(book: "main"), options: options,
            save: { [self] cursor throws(BusError) in
                if port.isDead { throw .disconnected(reason: "this process was killed") }
                saved = cursor
                #expect(PublisherCursor(text: cursor.text) == cursor)
            },
            isStopping: { [self] in
                looks += 1
                if looks == crashAfter { port.isDead = true }
                if port.isDead { return true }
                guard let engine = current?.engine else { return false }
                if looks > 3_000_000 {
                    Issue.record("it never ends: \(engine.status), seed \(seed)")
                    return true
                }
                return engine.restartAfter == nil && engine.through >= .all(of: records.count)
            },
            report: { [self] status in
                if status.alarmCount > last.alarmCount, let text = status.lastAlarm { alarms.append(text) }
                last = status
            })
        current = publisher
        last = BusPublisherStatus()
        publisher.run()
        conflated += last.conflatedCount
    }

    /// What a publisher without any trouble would have sent.
    static func expected(_ story: JournalStory) throws -> [Message] {
        let records = StoryRecords(story, seed: 1)
        while records.durable < records.count { _ = records.durableSeq }
        let encoder = BusEffectEncoder(book: "main")
        var messages: [Message] = []
        let replica = BookReplica(records) {
            encoder.learnKeys(of: $0)
        } note: {
            encoder.noteKey($0, seq: $1)
        } consumer: { effect, n in
            encoder.encode(effect, n: n)
            // SAFETY: the bytes are copied.
            let bytes = unsafe encoder.withBytes { unsafe Array($0) }
            messages.append(
                Message(
                    id: MessageID(seq: effect.seq, n: n), topic: PublishTopic(effect.kind),
                    handle: effect.handle,
                    bytes: bytes))
        }
        var replay = try replica.replay(before: 1) { false }
        while try replica.advance(&replay, countMax: 100) {}
        return messages
    }

    struct Message {
        var id: MessageID
        var topic: PublishTopic
        var handle: UInt32
        var bytes: [UInt8]
    }

    /// The streams hold what they must.
    func check(_ expected: [Message], inOrder: Bool = true) {
        let journal = String(records.epoch, radix: 16)
        let streams = bus.streams.keys.sorted().map { name in
            (bus.streams[name]?.messages ?? []).compactMap { stored in
                stored.topic.map {
                    PublishedCheck.Stored(
                        topic: $0, id: stored.journal == journal ? stored.id : "of \(stored.journal)",
                        bytes: stored.bytes)
                }
            }
        }
        let faults = PublishedCheck.faults(streams, expected, inOrder: inOrder)
        #expect(
            faults.isEmpty, "seed \(seed): \(faults.prefix(5)) of \(faults.count), alarms \(alarms.suffix(3))"
        )
    }
}
