import CSeqlock
import FixedPoint
import PositionText
import ShmReader
import TestSupport
import Testing

@testable import Monitor

/// What the monitor keeps in mind: order, filter, totals, selection, pause.
@Suite struct ModelTests {
    private func three() -> MonitorModel {
        Desk.model([
            Desk.update(
                "desk",
                [
                    (Desk.key("a", "s", "AAA"), Desk.position(net: 5, price: 100, realised: 10)),
                    (Desk.key("a", "s", "BBB"), Desk.position(net: -5, price: 100, realised: 30)),
                    (Desk.key("a", "s", "CCC"), Desk.position(net: 9, price: 100, realised: -20)),
                ])
        ])
    }

    @Test func `Rows are in the order of their keys unless told`() {
        var model = three()
        #expect(Desk.symbols(model) == ["AAA", "BBB", "CCC"])
        model.sort = SortOrder(.realised, isDescending: true)
        model.rebuild()
        #expect(Desk.symbols(model) == ["BBB", "AAA", "CCC"])
        Desk.press(&model, "r")
        #expect(Desk.symbols(model) == ["CCC", "AAA", "BBB"])
    }

    @Test func `A changed row moves to its place, and equal ones stay in the order of their keys`() {
        var options = MonitorOptions()
        options.order = SortOrder(.net, isDescending: true)
        var model = Desk.model([], options)
        let keys = ["D", "B", "A", "C"].map { Desk.key("a", "s", $0) }
        Desk.look(
            &model, [Desk.update("desk", keys.map { ($0, Desk.position(net: 1, price: 1)) })],
            atNs: Desk.startNs + 1)
        #expect(Desk.symbols(model) == ["A", "B", "C", "D"])
        Desk.look(
            &model, [Desk.change("desk", [(0, Desk.position(net: 2, price: 1))])], atNs: Desk.startNs + 2)
        #expect(Desk.symbols(model) == ["D", "A", "B", "C"])
        Desk.look(
            &model, [Desk.change("desk", [(0, Desk.position(net: 1, price: 1))])], atNs: Desk.startNs + 3)
        #expect(Desk.symbols(model) == ["A", "B", "C", "D"])
    }

    @Test
    func `Numbers of different scales are compared as numbers, and a flat average comes last both ways`() {
        var model = Desk.model([
            Desk.update(
                "desk",
                [
                    (Desk.key("a", "s", "FINE", price: 8), Desk.position(net: 1, price: 150_000_000)),
                    (Desk.key("a", "s", "FLAT"), Desk.position(net: 0, price: 900)),
                    (Desk.key("a", "s", "WHOLE", price: 0), Desk.position(net: 1, price: 2)),
                    (Desk.key("a", "s", "LESS", price: 2), Desk.position(net: 1, price: 149)),
                ])
        ])
        model.sort = SortOrder(.average)
        model.rebuild()
        #expect(Desk.symbols(model) == ["LESS", "FINE", "WHOLE", "FLAT"])
        Desk.press(&model, "r")
        #expect(Desk.symbols(model) == ["WHOLE", "FINE", "LESS", "FLAT"])
    }

    @Test func `An order kept by moving rows is the order of sorting all of them`() {
        for stream in 0..<TestSeed.streams(20) {
            let seed = TestSeed.base &+ UInt64(stream)
            var random = SeededRandom(seed: seed)
            var options = MonitorOptions()
            options.order = SortOrder(
                random.pick([.net, .netPnl, .age, .lastPrice]), isDescending: random.chance(50))
            var model = Desk.model([], options)
            let keys = (0..<40).map { Desk.key("a\($0 % 3)", "s", "S\($0)", price: UInt8($0 % 5)) }
            Desk.look(
                &model, [Desk.update("desk", keys.map { ($0, Desk.position(net: 1, price: 1)) })],
                atNs: Desk.startNs)
            for step in 1...20 {
                let changes = (0..<Int.random(in: 0...15, using: &random)).map { _ in
                    (
                        Int.random(in: 0..<40, using: &random),
                        Desk.position(
                            net: Int64.random(in: -3...3, using: &random),
                            price: Int64.random(in: 1...4, using: &random),
                            publishedNs: Desk.startNs + Int64.random(in: 0...5, using: &random))
                    )
                }
                Desk.look(&model, [Desk.change("desk", changes)], atNs: Desk.startNs + Int64(step))
                var fresh = model
                fresh.rebuild()
                #expect(model.order == fresh.order, "seed \(seed), step \(step)")
            }
        }
    }

    @Test func `A filter looks into book, account, strategy and symbol, and ! turns it round`() {
        var model = Desk.model([
            Desk.update(
                "desk",
                [
                    (Desk.key("acc1", "mm", "BTCUSD"), Desk.position(net: 1, price: 1)),
                    (Desk.key("acc2", "arb", "ETHUSD"), Desk.position(net: 1, price: 1)),
                ]),
            Desk.update("alt", [(Desk.key("acc1", "arb", "BTCEUR"), Desk.position(net: 1, price: 1))]),
        ])
        Desk.press(&model, "/btc")
        _ = model.press(.enter)
        #expect(Desk.symbols(model) == ["BTCEUR", "BTCUSD"])
        model.setFilter("!btc")
        #expect(Desk.symbols(model) == ["ETHUSD"])
        model.setFilter("DESK")
        #expect(Desk.symbols(model) == ["BTCUSD", "ETHUSD"])
        model.setFilter("arb")
        #expect(Desk.symbols(model) == ["BTCEUR", "ETHUSD"])
        _ = model.press(.escape)
        #expect(model.order.count == 3)
        #expect(model.filter == .everything)
    }

    @Test func `Totals are exact across scales, and currencies are never added`() throws {
        var model = Desk.model([
            Desk.update(
                "desk",
                [
                    (
                        Desk.key("acc", "s", "A", price: 2, qty: 0),
                        Desk.position(net: 1, price: 150, realised: 125, fees: 50_000_000)
                    ),
                    (
                        Desk.key("acc", "s", "B", price: 8, qty: 8),
                        Desk.position(net: 1, price: 1, realised: 1, fees: 1)
                    ),
                    (
                        Desk.key("acc", "s", "C", currency: "EUR", price: 2, qty: 0),
                        Desk.position(net: -1, price: 700, realised: -5)
                    ),
                ])
        ])
        Desk.press(&model, "t")
        let totals = model.groups.map {
            [$0.key.name, $0.key.currency, $0.sums.realised.text, $0.sums.netPnl.text]
        }
        #expect(
            totals == [
                ["acc", "EUR", "-0.05", "-0.05"], ["acc", "USD", "1.2500000000000001", "0.7499999900000001"],
            ])
        // They follow their rows,
        Desk.look(
            &model, [Desk.change("desk", [(1, Desk.position(net: 0, price: 1, realised: -1))])],
            atNs: Desk.startNs + 1)
        #expect(model.groups[1].sums.realised.text == "1.2499999999999999")
        // and a filter.
        model.setFilter("!B")
        #expect(model.groups[1].sums.realised.text == "1.25")
        #expect(model.groups[1].sums.positions == 1)
    }

    @Test func `The selection stays with the row that the user chose`() {
        var model = three()
        _ = model.press(.down)
        #expect(model.row(model.selected ?? RowID(9, 9))?.row.view.key.symbol == "BBB")
        Desk.press(&model, "s-realised")
        _ = model.press(.enter)
        #expect(model.line == 0)
        #expect(model.row(model.selected ?? RowID(9, 9))?.row.view.key.symbol == "BBB")
        Desk.look(
            &model, [Desk.change("desk", [(1, Desk.position(net: -5, price: 100, realised: -99))])],
            atNs: Desk.startNs + 1)
        #expect(model.line == 2)
    }

    @Test func `Frozen rows stay in their places, and find them when they thaw`() {
        var model = three()
        model.sort = SortOrder(.realised)
        model.rebuild()
        Desk.press(&model, "f")
        Desk.look(
            &model, [Desk.change("desk", [(2, Desk.position(net: 9, price: 100, realised: 999))])],
            atNs: Desk.startNs + 1)
        #expect(Desk.symbols(model) == ["CCC", "AAA", "BBB"])
        #expect(model.row(RowID(0, 2))?.row.view.realizedPnl == 999)
        Desk.press(&model, "f")
        #expect(Desk.symbols(model) == ["AAA", "BBB", "CCC"])
    }

    @Test func `A new writer's rows take the place of the old one's, and that is said`() {
        var model = three()
        var update = Desk.update(
            "desk", [(Desk.key("a", "s", "NEW"), Desk.position(net: 1, price: 1))],
            health: Desk.health("desk", pid: 4712))
        update.isNewLife = true
        Desk.look(&model, [update], atNs: Desk.startNs + 1)
        #expect(Desk.symbols(model) == ["NEW"])
        #expect(model.notice?.text.contains("a new writer (process 4712) has taken over") == true)
        let screen = Screen.render(model, width: 120, height: 30, theme: Desk.dark).grid.lines
        #expect(screen.contains { $0.contains("the writer restarted 0us ago") })
    }

    @Test func `Values of a writer that is gone stay, and are told from live ones`() throws {
        var model = three()
        var dead = Desk.health("desk")
        dead.condition = .dead
        Desk.look(&model, [Desk.change("desk", [], health: dead)], atNs: Desk.startNs + 1)
        let grid = Screen.render(model, width: 120, height: 30, theme: Desk.dark).grid
        #expect(grid.lines.contains { $0.contains("the writer has died: these are its last positions") })
        let row = try #require(grid.lines.firstIndex { $0.contains("CCC") })
        #expect(grid.line(row).allSatisfy { $0.text == " " || $0.style.role == .quiet })
    }

    @Test func `A book that goes for good takes its rows along and leaves the others`() {
        var model = three()
        Desk.look(
            &model, [Desk.update("alt", [(Desk.key("b", "s", "ZZZ"), Desk.position(net: 1, price: 1))])],
            atNs: Desk.startNs + 1)
        #expect(model.order.count == 4)
        model.forget(book: "desk")
        #expect(Desk.symbols(model) == ["ZZZ"])
        #expect(model.books.map(\.name) == ["alt"])
        model.forget(book: "alt")
        #expect(model.order.isEmpty)
    }

    @Test func `A key whose fills were all rejected is no position`() {
        let model = Desk.model([
            Desk.update("desk", [(Desk.key("a", "s", "A"), Desk.position(net: 0, price: 0, fills: 0))])
        ])
        #expect(model.order.isEmpty)
    }

    @Test func `What rose and what fell is lit for a moment`() throws {
        var model = three()
        Desk.look(
            &model, [Desk.change("desk", [(0, Desk.position(net: 7, price: 90, realised: 10))])],
            atNs: Desk.startNs + 100_000_000)
        let state = try #require(model.row(RowID(0, 0)))
        #expect(state.motion(.net, since: model.litSince) == .rose)
        #expect(state.motion(.lastPrice, since: model.litSince) == .fell)
        #expect(state.motion(.realised, since: model.litSince) == .still)
        #expect(try #require(model.row(RowID(0, 1))).motion(.net, since: model.litSince) == .still)
        for step in 2...12 {
            Desk.look(&model, [Desk.change("desk", [])], atNs: Desk.startNs + Int64(step) * 100_000_000)
        }
        #expect(try #require(model.row(RowID(0, 0))).motion(.net, since: model.litSince) == .still)
    }

    @Test func `The curve holds a value until it changes, for a minute`() {
        var history = RowHistory()
        history.add(RowHistory.Point(bucket: 2, net: 1, pnl: -1))
        history.add(RowHistory.Point(bucket: 4, net: 2, pnl: -2))
        history.add(RowHistory.Point(bucket: 4, net: 3, pnl: -3))
        #expect(history.curve({ $0.net }, upTo: 6, count: 6) == [nil, 1, 1, 3, 3, 3])
        #expect(history.curve({ $0.pnl }, upTo: 300, count: 2) == [-3, -3])
        for bucket in 5...1000 { history.add(RowHistory.Point(bucket: bucket, net: Double(bucket), pnl: 0)) }
        #expect(history.points.count <= RowHistory.bucketsMax + 1)
        #expect(history.curve({ $0.net }, upTo: 1000, count: 3) == [998, 999, 1000])
        #expect(Sparkline.lines([nil, 0, 5, 10], height: 1, levels: ["a", "b"]) == [" abb"])
        #expect(Sparkline.lines([0, 10], height: 2, levels: ["a", "b"]) == [" b", "ab"])
        #expect(Sparkline.lines([3, 3], height: 1, levels: ["a", "b", "c"]) == ["bb"])
    }

    @Test func `Percentiles of read times are at most an eighth too high`() {
        var latency = ReadLatency()
        #expect(latency.percentile(0.5) == nil)
        for ns in 1...10_000 { latency.add(Int64(ns)) }
        for (share, exact) in [(0.5, 5000.0), (0.99, 9900.0), (0.001, 10.0)] {
            let found = Double(latency.percentile(share) ?? 0)
            #expect(found >= exact && found <= exact * 1.125)
        }
        #expect(latency.percentile(1) == 10_000)
        for ns in [0, 7, 8, 255, 1 << 40, Int64.max] {
            #expect(ReadLatency.upperBound(ReadLatency.bucket(ns)) >= ns)
        }
    }
}
