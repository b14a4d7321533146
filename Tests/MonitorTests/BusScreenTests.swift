import CSeqlock
import Testing

@testable import Monitor
@testable import ShmReader

/// What the screen shows of a book's bus.
@Suite struct BusScreenTests {
    private static func lines(_ bus: BusView?, width: Int, height: Int, durableSeq: UInt64 = 1000) -> [String]
    {
        var health = Desk.health("desk")
        health.durableSeq = durableSeq
        health.bus = bus
        let rows = [(Desk.key("acc1", "mm", "AAPL"), Desk.position(net: 1500, price: 21_327))]
        let model = Desk.model([Desk.update("desk", rows, health: health)])
        return Screen.render(model, width: width, height: height, theme: Desk.dark).grid.lines
    }

    private static func bus(
        _ state: BusView.State, pending: UInt64 = 0, published: UInt64 = 1000, alarms: UInt64 = 0
    ) -> BusView {
        BusView(
            state: state, ingestSeq: 12_345, ingestPending: pending, publishedSeq: published, alarms: alarms)
    }

    @Test(arguments: [(80, 24), (120, 40)])
    func `A bus that is well is one word`(width: Int, height: Int) throws {
        let lines = Self.lines(Self.bus(.live), width: width, height: height)
        let head = try #require(lines.firstIndex { $0.contains("STATE") })
        #expect(lines[head].contains(" BUS"))
        #expect(lines[head + 1].split(separator: " ").filter { $0 == "live" }.count == 2)
        #expect(!lines.contains { $0.contains("no connection") || $0.contains("alarms") })
    }

    @Test(arguments: [(80, 24), (120, 40)])
    func `A lost connection says what waits, and alarms stand out`(width: Int, height: Int) {
        let bus = Self.bus(.connecting, published: 400, alarms: 3)
        let lines = Self.lines(bus, width: width, height: height)
        #expect(lines.contains { $0.contains("no connection to the bus, 600 records wait to be published") })
        #expect(lines.contains { $0.contains("bus alarms: 3") })
    }

    @Test(arguments: [(80, 24), (120, 40)])
    func `A bus that is behind says by how much, both ways`(width: Int, height: Int) {
        let lines = Self.lines(Self.bus(.live, pending: 1200, published: 900), width: width, height: height)
        #expect(lines.contains { $0.contains("bus: 1,200 to come, 100 to go") })
    }

    @Test func `Without a bus nothing is said of one`() {
        let lines = Self.lines(nil, width: 200, height: 40)
        #expect(!lines.contains { $0.lowercased().contains("bus") })
    }
}
