import TestSupport
import Testing

@testable import NATSBridge

/// Histories that no server should make and some do, against the ingest's own decisions: whatever is lost, repeated,
/// cut off or made anew, no fill is skipped, none comes out of order, none is acknowledged before it is durable.
@Suite struct IngestHistoryTests {
    @Test func anyHistoryEndsWithEveryFillInOrder() throws {
        for stream in 0..<TestSeed.streams(100) {
            let seed = TestSeed.base &+ UInt64(stream)
            var history = IngestHistory(seed: seed)
            try history.run(steps: 150)
            for complaint in history.complaints { Issue.record("seed \(seed): \(complaint)") }
            if !history.complaints.isEmpty { return }
        }
    }

    @Test func holesAreLookedAtWhileOneCanTell() {
        func stream(_ first: UInt64, isKeptToLimits: Bool = true) -> StreamState {
            StreamState(
                name: "S", createdNs: 1, firstSequence: first, lastSequence: 20,
                isKeptToLimits: isKeptToLimits)
        }
        var watch = RemovalWatch()
        watch.noteTaken(5, from: 5)
        #expect(!watch.isPending)
        watch.noteTaken(9, from: 6)
        #expect(watch.isPending)
        // What is in the hole is still there: it is for others.
        #expect(watch.look(stream(6), restingAt: nil) == nil)
        #expect(!watch.isPending)
        watch.noteTaken(12, from: 10)
        #expect(watch.look(stream(12), restingAt: nil)?.text.contains("10 to 11") == true)
        watch.noteTaken(15, from: 13)
        #expect(watch.look(stream(15, isKeptToLimits: false), restingAt: nil) == nil)
        // Nothing came since, and yet messages are gone.
        #expect(watch.look(stream(16), restingAt: 15) == nil)
        #expect(watch.look(stream(18), restingAt: 15)?.text.contains("16 to 17") == true)
    }

    @Test func theHistoriesReachWhatTheyAreFor() throws {
        var kinds: Set<IngestAlarm.Kind> = []
        var repeated = 0
        for stream in 0..<100 {
            var history = IngestHistory(seed: 977 &+ UInt64(stream))
            try history.run(steps: 150)
            kinds.formUnion(history.client.alarms)
            repeated += history.client.repeatedCount
        }
        let reached: Set<IngestAlarm.Kind> = [
            .streamRecreated, .streamTruncated, .sequenceReused, .messagesRemoved, .consumerAhead,
            .consumerPastEnd,
            .consumerMissing, .deliveryLost,
        ]
        #expect(kinds.isSuperset(of: reached), "not reached: \(reached.subtracting(kinds))")
        #expect(repeated > 100)
    }
}

/// A server, a client and the ring between the client and its book, step by step.
struct IngestHistory {
    var random: SeededRandom
    var server = SimulatedStream()
    var client = SimulatedIngest()
    var complaints: [String] = []
    private var nextID: UInt64 = 1
    /// Messages that were removed before they were on the ring.
    private var removedUnseen = false

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func run(steps: Int) throws {
        try client.connect(&server)
        for _ in 0..<steps where complaints.isEmpty { try step() }
        try finish()
    }

    private mutating func step() throws {
        switch random.next() % 100 {
        case 0..<30: publish(Int(random.next() % 5) + 1)
        case 30..<55: server.deliver(Int(random.next() % 6) + 1)
        case 55..<75: try receive(Int(random.next() % 6) + 1)
        case 75..<82:
            client.free(&random)
            if random.chance(70) { try look() }
            settle(acksAreLost: random.chance(20))
        case 82..<83: client.filesAreStuck.toggle()
        case 83..<85: server.redeliver(&random)
        case 85..<88: try reconnect()
        case 88..<90:
            client.crash()
            try reconnect()
        case 90:
            server.truncate(Int(random.next() % 8) + 1)
            if random.chance(50) { publish(Int(random.next() % 12)) }
            try reconnect()
        case 91:
            server.forgetAcknowledgements(&random)
            try reconnect()
        case 92:
            removedUnseen = server.purge(Int(random.next() % 4) + 1, seen: client.ring) || removedUnseen
        case 93 where random.chance(30):
            server.recreate()
            if random.chance(50) { publish(5) }
            try reconnect()
        case 94: server.steal()
        case 95:
            server.acknowledgeForeign()
            try reconnect()
        case 96 where random.chance(30):
            server.consumer = nil
            try reconnect()
        default: try look()
        }
    }

    private mutating func publish(_ count: Int) {
        for _ in 0..<count {
            server.publish(nextID, isOwn: !random.chance(30))
            nextID += 1
        }
    }

    private mutating func reconnect() throws {
        server.wire.removeAll()
        try client.connect(&server)
    }

    private mutating func receive(_ count: Int) throws {
        for _ in 0..<count where !server.wire.isEmpty {
            if try !client.receive(server.wire.removeFirst(), &server) { try reconnect() }
        }
    }

    private mutating func settle(acksAreLost: Bool) {
        for reply in client.settle() {
            if !client.isDurable(reply.deliveryCount) {
                complaints.append("message \(reply.streamSequence) was acknowledged and is not durable")
            }
            if reply.streamSequence > client.keptSequence {
                complaints.append("message \(reply.streamSequence) was acknowledged before a file says so")
            }
            if !acksAreLost { server.acknowledge(reply.streamSequence) }
        }
    }

    private mutating func look() throws { if !client.look(server) { try reconnect() } }

    /// Lets everything come to rest, and looks at what has come of it.
    private mutating func finish() throws {
        client.filesAreStuck = false
        try look()
        try reconnect()
        for _ in 0..<400 {
            server.deliver(1000)
            try receive(1000)
            client.freeAll()
            try look()
            settle(acksAreLost: false)
            if server.isAtRest && server.wire.isEmpty { break }
            server.redeliverAll()
        }
        try look()
        if !server.isAtRest {
            complaints.append("the consumer does not come to rest: \(server.consumer as Any)")
        }
        let stored = server.messages.filter { $0.value.isOwn }.sorted { $0.key < $1.key }.map(\.value.id)
        var place: [UInt64: Int] = [:]
        for (index, id) in client.ring.enumerated() where place[id] == nil { place[id] = index }
        let places = stored.map { place[$0] }
        if places.contains(nil) {
            complaints.append("messages were skipped: \(stored) against \(client.ring)")
        }
        let found = places.compactMap { $0 }
        if found != found.sorted() { complaints.append("out of order: \(stored) against \(client.ring)") }
        if removedUnseen && !client.alarms.contains(.messagesRemoved)
            && !client.alarms.contains(.streamRecreated)
            && !client.alarms.contains(.streamTruncated) && !client.alarms.contains(.sequenceReused)
        {
            complaints.append("messages were removed unseen, and nobody was told")
        }
    }
}
