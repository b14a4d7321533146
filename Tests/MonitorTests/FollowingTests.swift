import CSeqlock
import Glibc
import PositionText
import ShmBridge
import ShmReader
import TestSupport
import Testing

@testable import Monitor

/// Following segments in shared memory: changes, laps, writers that come and go.
@Suite struct FollowingTests {
    @Test func `A look finds what has changed, and reads each slot once`() throws {
        let rig = try Rig()
        var writer = try rig.writer()
        let (one, other) = (rig.claim(&writer, "ONE"), rig.claim(&writer, "OTHER"))
        rig.publish(&writer, one, net: 1)
        rig.publish(&writer, other, net: 1)
        let follower = try BookFollower(book: rig.book, directory: rig.directory)
        var latency = ReadLatency()
        var retries: UInt64 = 0
        let first = follower.look(nowNs: pks_monotonic_ns(), latency: &latency, retries: &retries)
        #expect(first.keys.map(\.key.symbol) == ["ONE", "OTHER"])
        #expect(first.changes.map(\.slot) == [0, 1])
        for net in 2...500 { rig.publish(&writer, other, net: Int64(net)) }
        let second = follower.look(nowNs: pks_monotonic_ns(), latency: &latency, retries: &retries)
        #expect(second.keys.isEmpty)
        #expect(second.changes.map(\.slot) == [other])
        #expect(second.changes.first?.position.net_qty == 500)
        #expect(latency.total == 3)
        #expect(
            follower.look(nowNs: pks_monotonic_ns(), latency: &latency, retries: &retries).changes.isEmpty)
        try writer.stop(keep: false)
    }

    @Test func `A look that came a whole ring too late reads what has changed, and nothing else`() throws {
        let rig = try Rig()
        var writer = try rig.writer(changes: 2)
        let slots = ["A", "B", "C"].map { rig.claim(&writer, $0) }
        for slot in slots { rig.publish(&writer, slot, net: 1) }
        let follower = try BookFollower(book: rig.book, directory: rig.directory)
        var latency = ReadLatency()
        var retries: UInt64 = 0
        _ = follower.look(nowNs: pks_monotonic_ns(), latency: &latency, retries: &retries)
        for net in 2...100 {
            rig.publish(&writer, slots[0], net: Int64(net))
            rig.publish(&writer, slots[2], net: Int64(net))
        }
        let late = rig.claim(&writer, "LATE")
        rig.publish(&writer, late, net: 7)
        let update = follower.look(nowNs: pks_monotonic_ns(), latency: &latency, retries: &retries)
        #expect(update.changes.map(\.slot).sorted() == [slots[0], slots[2], late])
        #expect(update.changes.allSatisfy { [100, 7].contains($0.position.net_qty) })
        #expect(update.keys.map(\.key.symbol) == ["LATE"])
        #expect(follower.laps > 0)
        try writer.stop(keep: false)
    }

    @Test func `Books appear, restart and go, and the screen says so`() throws {
        let rig = try Rig()
        var options = MonitorOptions()
        options.directory = rig.directory
        var model = MonitorModel(options)
        let source = MonitorSource(options)
        var nowNs = pks_monotonic_ns()
        /// Far enough apart that names are looked at each time; the heartbeat of a writer here is that late too.
        func look() {
            nowNs += 300_000_000
            source.look(&model, nowNs: nowNs, realtimeNs: Desk.realtimeNs)
        }
        look()
        #expect(model.books.isEmpty)
        do {
            var writer = try rig.writer()
            rig.publish(&writer, rig.claim(&writer, "OLD"), net: 1)
            look()
            #expect(Desk.symbols(model) == ["OLD"])
            try writer.stop(keep: true)
        }
        look()
        #expect(model.books.first?.health.word == "stopped")
        do {
            var writer = try rig.writer()
            rig.publish(&writer, rig.claim(&writer, "NEW"), net: 2)
            look()
            #expect(Desk.symbols(model) == ["NEW"])
            #expect(model.notice?.text.contains("a new writer (process \(getpid())) has taken over") == true)
            try writer.stop(keep: false)
        }
        look()
        #expect(model.books.first?.health.word == "gone")
        #expect(Desk.symbols(model) == ["NEW"])
        for _ in 0..<110 { look() }
        #expect(model.books.isEmpty)
        #expect(model.order.isEmpty)
    }

    @Test func `While the screen stands still changes are followed and wait`() throws {
        let rig = try Rig()
        var writer = try rig.writer(changes: 4)
        let slot = rig.claim(&writer, "A")
        rig.publish(&writer, slot, net: 1)
        var options = MonitorOptions()
        options.books = [rig.book]
        options.directory = rig.directory
        var model = MonitorModel(options)
        let source = MonitorSource(options)
        source.look(&model, nowNs: pks_monotonic_ns(), realtimeNs: Desk.realtimeNs)
        Desk.press(&model, "p")
        for net in 2...50 {
            rig.publish(&writer, slot, net: Int64(net))
            source.look(&model, nowNs: pks_monotonic_ns(), realtimeNs: Desk.realtimeNs)
        }
        #expect(model.row(RowID(0, slot))?.row.view.position.net_qty == 1)
        #expect(model.pendingChanges == 1)
        #expect(model.ownFigures.laps == 0)
        Desk.press(&model, "p")
        source.look(&model, nowNs: pks_monotonic_ns(), realtimeNs: Desk.realtimeNs)
        #expect(model.row(RowID(0, slot))?.row.view.position.net_qty == 50)
        #expect(model.ownFigures.laps == 0)
        try writer.stop(keep: false)
    }

    @Test func `A file that is no segment is shown as broken`() throws {
        let rig = try Rig()
        try rig.write("pks-positions-v1-\(rig.book)", "this is not a segment")
        var options = MonitorOptions()
        options.directory = rig.directory
        var model = MonitorModel(options)
        let source = MonitorSource(options)
        source.look(&model, nowNs: pks_monotonic_ns(), realtimeNs: Desk.realtimeNs)
        #expect(model.books.first?.health.word == "broken")
        let snapshot = try MonitorSnapshot(options)
        #expect(snapshot.isEmpty)
        #expect(snapshot.failures.count == 1)
    }
}

/// A directory that stands for /dev/shm, of one test's own, and writers in it. All of it goes with this value.
struct Rig: ~Copyable {
    private let place: TestDirectory
    var directory: String { place.path }
    var book: String { "mt-" + place.tag }

    init() throws { place = try TestDirectory.inSharedMemory() }

    func writer(changes: Int = 0) throws -> SegmentWriter {
        var writer = try SegmentWriter(
            SegmentConfiguration(book: book, slotCapacity: 8, changeCapacity: changes, directory: directory),
            lock: WriterLock(book: book, runDirectory: directory))
        writer.setState(.live)
        return writer
    }

    func claim(_ writer: inout SegmentWriter, _ symbol: String) -> Int {
        var entry = pks_directory_entry()
        Desk.store("acc", in: &entry.account)
        Desk.store("strat", in: &entry.strategy)
        Desk.store(symbol, in: &entry.symbol)
        entry.multiplier = 1
        guard let slot = writer.claimSlot(entry) else { preconditionFailure("the segment has room") }
        return slot
    }

    func publish(_ writer: inout SegmentWriter, _ slot: Int, net: Int64) {
        var position = pks_position()
        position.net_qty = net
        position.bought_qty = net
        position.fill_count = UInt64(net)
        position.publish_ns = pks_monotonic_ns()
        // SAFETY: the position outlives the call.
        unsafe writer.publish(slot: slot, value: &position)
    }

    func write(_ name: String, _ text: String) throws { try place.write(name, text) }
}
