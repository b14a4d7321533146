import CSeqlock
import Service
import ServiceSupport
import ShmReader
import Synchronization
import TestSupport
import Testing

/// How what is told of a book's bus reaches figures and readers.
@Suite struct BusStatusTests {
    private final class Told: Sendable {
        let status = Mutex(BusStatus())
    }

    @Test func `A book without a bus says nothing of one`() throws {
        let desk = try Desk()
        #expect(desk.stats.bus == nil)
        let reader = try desk.reader()
        #expect(reader.bus == nil)
    }

    @Test func `What is told is in the figures at once, in the segment with a beat, and stays after the end`()
        throws
    {
        let desk = try Desk()
        let told = Told()
        told.status.withLock {
            ($0.ingest.state, $0.publisher.state) = (.live, .connecting)
            ($0.ingest.takenSeq, $0.ingest.pendingCount) = (21, 22)
            $0.ingest.alarms = [.init(kind: "a", count: 2), .init(kind: "b", count: 3)]
            ($0.publisher.publishedSeq, $0.publisher.alarmCount) = (23, 1)
        }
        desk.service.showBus(of: desk.book) { told.status.withLock { $0 } }
        #expect(desk.stats.bus == told.status.withLock { $0 })
        let reader = try desk.reader()
        #expect(eventually { reader.bus?.state == .connecting })
        let state = reader.bus
        let bus = try #require(state)
        #expect([bus.ingestSeq, bus.ingestPending, bus.publishedSeq, bus.alarms] == [21, 22, 23, 6])
        // What is told just before the end is what remains.
        told.status.withLock {
            ($0.ingest.state, $0.publisher.state, $0.publisher.publishedSeq) = (.stopped, .stopped, 99)
        }
        desk.service.stop()
        #expect(reader.bus?.state == .stopped && reader.bus?.publishedSeq == 99)
        #expect(desk.stats.bus?.state == .stopped)
    }

    @Test(arguments: [
        (BusStatus.State.live, BusStatus.State.live, BusStatus.State.live), (.live, .starting, .starting),
        (.waiting, .live, .waiting), (.live, .connecting, .connecting), (.failed, .connecting, .failed),
        (.stopped, .live, .live), (.connecting, .stopped, .connecting), (.stopped, .stopped, .stopped),
    ])
    func `The worse side counts`(
        ingest: BusStatus.State, publisher: BusStatus.State, both: BusStatus.State
    ) {
        var status = BusStatus()
        (status.ingest.state, status.publisher.state) = (ingest, publisher)
        #expect(status.state == both)
    }
}
