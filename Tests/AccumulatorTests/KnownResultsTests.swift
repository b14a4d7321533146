import Accumulator
import CSeqlock
import FixedPoint
import LotMatching
import Testing

/// Results that anyone can work out by hand.
@Suite struct KnownResultsTests {
    @Test func aSaleClosesTheOldestLotsFirst() {
        var desk = Desk()
        desk.buy(100, at: 150, id: "1")
        desk.buy(50, at: 160, id: "2")
        desk.sell(80, at: 170, id: "3")
        #expect(desk.lots == [Desk.Line("1", 20, 150), Desk.Line("2", 50, 160)])
        #expect(desk.realizedPnl == 1600)
        #expect(desk.netQty == 70)
    }

    /// One stream from the first purchase through a flip to flat, seen in the effect log and in the view
    /// that a consumer of effects keeps.
    @Test func everyClosedLotAndTheRollupAreDeleted() {
        var desk = Desk()
        desk.buy(5, at: 100, id: "1")
        desk.buy(3, at: 105, id: "2")
        desk.sell(6, at: 110, id: "3")
        #expect(desk.lots == [Desk.Line("2", 2, 105)])
        #expect(desk.netQty == 2)
        #expect(desk.averagePrice == "105")
        #expect(desk.realizedPnl == 55)
        #expect(desk.view.lots == [Desk.View.LotKey(handle: 0, openSeq: 3): Desk.Line("2", 2, 105)])
        #expect(desk.view.netQty == [0: 2])
        #expect(desk.view.realizedPnl == [0: 55])

        desk.sell(5, at: 104, id: "4")
        #expect(desk.lots == [Desk.Line("4", 3, 104)])
        #expect(desk.netQty == -3)
        desk.buy(3, at: 105, id: "5")
        #expect(desk.lots.isEmpty)
        #expect(desk.netQty == 0)
        #expect(desk.averagePrice == "")
        #expect(desk.realizedPnl == 50)

        #expect(
            desk.log.filter { $0.kind == .match }.map(Desk.MatchLine.init) == [
                Desk.MatchLine(opened: "1", closed: "3", qty: 5, pnl: 50),
                Desk.MatchLine(opened: "2", closed: "3", qty: 1, pnl: 5),
                Desk.MatchLine(opened: "2", closed: "4", qty: 2, pnl: -2),
                Desk.MatchLine(opened: "4", closed: "5", qty: 3, pnl: -3),
            ])
        #expect(desk.log.filter { $0.kind == .lotDelete }.map(\.tradeID.text) == ["1", "2", "4"])
        #expect(desk.log.filter { $0.kind == .rollupDelete }.map(\.seq) == [6])
        #expect(
            desk.log.filter { $0.kind == .position }.map(\.movement) == [
                .open, .increase, .decrease, .flip, .close,
            ])
        #expect(desk.view.lots.isEmpty)
        #expect(desk.view.netQty.isEmpty)
        #expect(desk.view.realizedPnl == [0: 50])
    }

    /// The order that the contract states, for the one kind of record that does all of it.
    @Test func theEffectsOfAFlipComeInOrder() {
        var desk = Desk()
        desk.buy(5, at: 100, id: "1")
        desk.buy(3, at: 105, id: "2")
        desk.sell(10, at: 110, id: "3")
        let flip = desk.log.filter { $0.seq == 4 }
        #expect(
            flip.map(\.kind) == [
                .lotDelete, .lotDelete, .lotUpsert, .match, .match, .rollupUpsert, .realizedPnl, .position,
            ])
        #expect(flip.allSatisfy { $0.handle == 0 })
    }

    /// The same four fills under every method: what closes first differs, the money that is left does not.
    @Test(arguments: [
        (LotMethod.fifo, Int128(125), [Desk.Line("2", 5, 30), Desk.Line("3", 10, 20)]),
        (.lifo, 25, [Desk.Line("1", 10, 10), Desk.Line("2", 5, 30)]),
        (.hifo, -25, [Desk.Line("1", 10, 10), Desk.Line("3", 5, 20)]),
        (.lofo, 175, [Desk.Line("2", 10, 30), Desk.Line("3", 5, 20)]),
    ])
    func eachMethodClosesItsOwnLots(method: LotMethod, pnl: Int128, lots: [Desk.Line]) {
        var desk = Desk(method)
        desk.buy(10, at: 10, id: "1")
        desk.buy(10, at: 30, id: "2")
        desk.buy(10, at: 20, id: "3")
        desk.sell(15, at: 25, id: "4")
        #expect(desk.realizedPnl == pnl)
        #expect(desk.lots == lots)
        desk.sell(15, at: 25, id: "5")
        #expect(desk.realizedPnl == 150)
        #expect(desk.lots.isEmpty)
    }

    /// A third of a pool of 100 is 33 and a third: 33 goes, 67 stays; of what stays half, 33.5, goes to the
    /// even 34. In the end exactly 100 has come out.
    @Test func aPoolGivesUpRoundedSharesAndAllOfItsCost() {
        var desk = Desk(.average)
        desk.buy(1, at: 40, id: "1")
        desk.buy(2, at: 30, id: "2")
        desk.sell(1, at: 0, id: "3")
        #expect(desk.realizedPnl == -33)
        #expect(desk.openCost == 67)
        desk.sell(1, at: 0, id: "4")
        #expect(desk.realizedPnl == -67)
        #expect(desk.openCost == 33)
        desk.sell(1, at: 0, id: "5")
        #expect(desk.realizedPnl == -100)
        #expect(desk.openCost == 0)
        #expect(desk.view.lots.isEmpty && desk.view.netQty.isEmpty)
    }
}
