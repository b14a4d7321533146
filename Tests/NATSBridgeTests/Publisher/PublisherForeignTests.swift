import JournalSupport
import Testing

@testable import NATSBridge

/// Messages under a book's subjects that this journal did not put there, and journals that are not what they were.
@Suite struct PublisherForeignTests {
    @Test func `What was purged after another journal is published, though its ids are still remembered`()
        throws
    {
        let story = JournalStory(seed: 3, count: 200)
        let bus = SimulatedBus(seed: 3, weather: SimulatedBus.Weather(), rememberedNs: 50_000_000)
        PublisherRun(StoryRecords(story, seed: 3, epoch: 1), bus, seed: 3).finish()
        for name in bus.streams.keys {
            let last = bus.streams[name]?.last ?? 0
            bus.streams[name]?.first = last + 1
            bus.streams[name]?.messages = []
        }
        let other = PublisherRun(StoryRecords(story, seed: 3, epoch: 2), bus, seed: 3)
        other.finish()
        other.check(try PublisherRun.expected(story))
        #expect(other.last.refusedCount > 0, "they were remembered: \(other.last)")
    }

    @Test func `A message under an id that this journal never gives is told, and holds nothing up`() throws {
        let story = JournalStory(seed: 5, count: 400)
        let bus = SimulatedBus(seed: 5, weather: SimulatedBus.Weather())
        let run = PublisherRun(StoryRecords(story, seed: 5), bus, seed: 5)
        run.live(crashAfter: 400)
        let stray = "main:\(run.saved.neededFromSeq + 5):77"
        let last = try #require(bus.streams["POSITIONS"]?.last)
        bus.streams["POSITIONS"]?.messages.append(
            SimulatedBus.Stored(
                seq: last + 1, topic: .match, id: stray, journal: String(run.records.epoch, radix: 16),
                bytes: []))
        run.finish()
        #expect(run.alarms.contains { $0.contains(stray) }, "\(run.alarms)")
        bus.streams["POSITIONS"]?.messages.removeAll { $0.id == stray }
        run.check(try PublisherRun.expected(story))
    }

    @Test func `An older copy of a journal stays refused when it has grown`() throws {
        let story = JournalStory(seed: 6, count: 500)
        let bus = SimulatedBus(seed: 6, weather: SimulatedBus.Weather())
        let run = PublisherRun(StoryRecords(story, seed: 6), bus, seed: 6)
        run.live(crashAfter: 300)
        let older = run.saved
        run.finish()
        let before = bus.streams.mapValues(\.messages)
        let copy = PublisherRun(
            StoryRecords(story, seed: 6, durable: older.neededFromSeq), bus, seed: 6, saved: older)
        copy.live(crashAfter: 2000)
        let grown = PublisherRun(StoryRecords(story, seed: 6), bus, seed: 6, saved: copy.saved)
        grown.live(crashAfter: 2000)
        #expect(grown.last.trouble?.contains("it is an older copy") == true, "\(grown.last)")
        #expect(bus.streams.mapValues(\.messages) == before)
    }
}
