import JournalSupport
import TestSupport
import Testing

@testable import NATSBridge

/// Whatever happens on the way: in the end the streams hold each message once, in order per key, and the last state of
/// each position.
@Suite struct PublisherPropertyTests {
    private func runs(_ count: Int, _ body: (UInt64) throws -> Void) rethrows {
        for stream in 0..<TestSeed.streams(count) { try body(TestSeed.base &+ UInt64(stream)) }
    }

    private func run(
        _ seed: UInt64, _ weather: SimulatedBus.Weather, count: Int = 700, forgets: Bool = true,
        rememberedNs: Int64 = 120_000_000_000
    ) throws -> (PublisherRun, [PublisherRun.Message]) {
        let story = JournalStory(seed: seed, count: count)
        let run = PublisherRun(
            StoryRecords(story, seed: seed, forgets: forgets),
            SimulatedBus(seed: seed, weather: weather, rememberedNs: rememberedNs), seed: seed)
        return (run, try PublisherRun.expected(story))
    }

    @Test func `In calm weather everything is sent once`() throws {
        try runs(2) { seed in
            let (run, expected) = try run(seed, SimulatedBus.Weather())
            run.options.engine.conflates = false
            run.finish()
            run.check(expected)
            #expect(run.last.resentCount == 0 && run.last.alarmCount == 0 && run.last.conflatedCount == 0)
            #expect(run.last.storedCount == UInt64(expected.count) && run.last.state == .stopped)
            #expect(run.records.heldFromSeq == run.records.count + 1)
        }
    }

    @Test func `Lost answers, cut lines and servers that are away lose and double nothing`() throws {
        try runs(4) { seed in
            var weather = SimulatedBus.Weather()
            (weather.lostAnswers, weather.disconnects, weather.unreachable) = (20, 3, 300)
            let (run, expected) = try run(seed, weather)
            run.finish()
            run.check(expected)
            #expect(run.last.resentCount > 0 && run.last.connectCount > 1 && run.alarms.isEmpty)
        }
    }

    /// Ids that a server remembers for no time at all: the streams themselves say what is there.
    @Test func `A server that forgets ids at once doubles nothing`() throws {
        try runs(2) { seed in
            var weather = SimulatedBus.Weather()
            (weather.disconnects, weather.unreachable) = (3, 300)
            let (run, expected) = try run(seed, weather, rememberedNs: 0)
            // Bytes of a closed connection that are read later are known by the id only.
            run.bus.forgetsClosedPipes = true
            run.finish(crashes: 3)
            run.check(expected)
        }
    }

    @Test func `A publisher that is killed at any point goes on where it was`() throws {
        try runs(4) { seed in
            var weather = SimulatedBus.Weather()
            (weather.lostAnswers, weather.disconnects) = (10, 2)
            let (run, expected) = try run(seed, weather)
            run.finish(crashes: 12)
            run.check(expected)
            #expect(run.alarms.isEmpty, "seed \(seed): \(run.alarms)")
        }
    }

    /// A state that has given way to a newer one of its key is not known to be nowhere: the next life comes to it again.
    @Test func `A publisher that is killed while it lags never goes back to an older state of a position`()
        throws
    {
        var conflatedCount: UInt64 = 0
        try runs(4) { seed in
            var weather = SimulatedBus.Weather()
            (weather.lostAnswers, weather.disconnects) = (10, 2)
            let (run, expected) = try run(seed, weather)
            while run.records.durable < run.records.count { _ = run.records.durableSeq }
            run.options.engine.window.underWayMax = 4
            run.finish(crashes: 12)
            run.check(expected)
            conflatedCount += run.conflated
        }
        #expect(conflatedCount > 0)
    }

    @Test
    func `Messages that a stream refuses for a while come in the end, and no older state after a newer one`()
        throws
    {
        try runs(4) { seed in
            var weather = SimulatedBus.Weather()
            (weather.refusals, weather.disconnects) = (5, 1)
            let (run, expected) = try run(seed, weather)
            run.finish(crashes: 3)
            run.check(expected, inOrder: false)
            #expect(run.last.state == .stopped)
        }
    }

    @Test func `A stream that has lost its end, or is another one, gets everything again`() throws {
        var losses = 0
        try runs(4) { seed in
            var weather = SimulatedBus.Weather()
            (weather.disconnects, weather.truncations, weather.recreations) = (4, 300, 60)
            let (run, expected) = try run(seed, weather, count: 500, forgets: false)
            run.finish(crashes: 2)
            // What the last restart has lost is looked for once more.
            run.bus.weather = SimulatedBus.Weather()
            run.live()
            run.check(expected, inOrder: false)
            losses += run.bus.lossCount
            if run.bus.lossCount > 0 { #expect(!run.alarms.isEmpty, "seed \(seed)") }
        }
        #expect(losses > 0)
    }

    @Test func `A lost cursor is made up for by what the streams say`() throws {
        try runs(2) { seed in
            let (run, expected) = try run(seed, SimulatedBus.Weather(), forgets: false)
            run.live(crashAfter: 500)
            run.forgetCursor()
            run.finish()
            run.check(expected)
        }
    }

    @Test func `Messages of another journal of the same book hold everything up, and are named`() throws {
        let story = JournalStory(seed: 1, count: 200)
        let bus = SimulatedBus(seed: 1, weather: SimulatedBus.Weather())
        PublisherRun(StoryRecords(story, seed: 1, epoch: 1), bus, seed: 1).finish()
        let before = bus.streams
        let other = PublisherRun(StoryRecords(story, seed: 1, epoch: 2), bus, seed: 1)
        other.live(crashAfter: 3000)
        #expect(bus.streams.mapValues(\.messages) == before.mapValues(\.messages))
        #expect(other.last.trouble?.contains("of another journal of book main") == true)
        for name in bus.streams.keys { bus.streams[name] = SimulatedBus.Stream(createdNs: 99) }
        other.finish()
        other.check(try PublisherRun.expected(story))
    }

    @Test func `An older copy of a journal publishes nothing, with its cursor or with the newer one`() throws
    {
        let story = JournalStory(seed: 6, count: 500)
        let bus = SimulatedBus(seed: 6, weather: SimulatedBus.Weather())
        let run = PublisherRun(StoryRecords(story, seed: 6), bus, seed: 6)
        run.live(crashAfter: 300)
        let older = run.saved
        run.finish()
        let before = bus.streams.mapValues(\.messages)
        for cursor in [older, run.saved] {
            let copy = PublisherRun(
                StoryRecords(story, seed: 6, durable: older.neededFromSeq), bus, seed: 6, saved: cursor)
            copy.live(crashAfter: 2000)
            #expect(bus.streams.mapValues(\.messages) == before)
            #expect(copy.last.lastAlarm?.contains("it is an older copy") == true, "\(copy.last)")
            #expect(copy.last.alarmCount == 1)
        }
    }

    @Test func `What was removed from the journal is named, and the rest is published`() throws {
        let story = JournalStory(seed: 4, count: 600)
        let records = StoryRecords(story, seed: 4, forgets: true)
        while records.durable < records.count { _ = records.durableSeq }
        try records.hold(fromSeq: 400)
        let bus = SimulatedBus(seed: 4, weather: SimulatedBus.Weather())
        let run = PublisherRun(records, bus, seed: 4)
        run.finish()
        #expect(run.alarms.first?.contains("records 1 to 390 are not published") == true, "\(run.alarms)")
        run.check(try PublisherRun.expected(story).filter { $0.id.seq > 390 })
    }

    @Test func `When the bus is slow, older states of positions give way and nothing else does`() throws {
        let (run, expected) = try run(9, SimulatedBus.Weather(), count: 1500)
        while run.records.durable < run.records.count { _ = run.records.durableSeq }
        run.options.engine.window.underWayMax = 4
        run.finish()
        run.check(expected)
        let positions = expected.filter { $0.topic == .position }.count
        #expect(run.last.conflatedCount > 0 && run.last.conflatedCount < UInt64(positions))
        #expect(run.last.storedCount + run.last.conflatedCount == UInt64(expected.count))
    }
}
