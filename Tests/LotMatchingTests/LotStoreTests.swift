import FixedPoint
import LotMatching
import TestSupport
import Testing

/// The store of lots against plain arrays, many lists sharing one small slab.
@Suite struct LotStoreTests {
    static let methods: [LotMethod] = [.fifo, .lifo, .hifo, .lofo]

    @Test(arguments: methods) func listsThatShareASlabBehaveLikeArrays(method: LotMethod) {
        var seen = StoreRun.Seen()
        for stream in 0..<TestSeed.streams(40) {
            let seed = TestSeed.base &+ UInt64(stream)
            var run = StoreRun(method: method, seed: seed)
            for step in 0..<600 {
                guard let problem = run.step() else { continue }
                Issue.record("\(method.name), PKS_TEST_SEED=\(seed), step \(step): \(problem)")
                return
            }
            if let problem = run.closeAll() {
                Issue.record("\(method.name), PKS_TEST_SEED=\(seed), at the end: \(problem)")
                return
            }
            seen.merge(run.seen)
        }
        #expect(seen.refused > 0 && seen.closed > 0 && seen.found > 0 && seen.reduced > 0 && seen.emptied > 0)
    }

    /// Every size from nothing to far beyond the third segment of a heap and back, so that each growth and
    /// each return of a segment or block happens, twice.
    @Test(arguments: methods) func aListGrowsAndShrinksThroughEverySize(method: LotMethod) {
        var random = SeededRandom(seed: TestSeed.base)
        var store = LotStore(lotsMax: 1 << 12)
        var list = LotList()
        var model = LotModel(method: method)
        var seq: UInt64 = 0
        for _ in 0..<2 {
            for _ in 0..<1500 {
                seq += 1
                let lot = StoreRun.lot(seq, price: Int64.random(in: -50...50, using: &random), remaining: 2)
                let isKept = store.append(lot, to: &list, method: method)
                #expect(isKept)
                model.append(lot)
            }
            while !model.lots.isEmpty {
                let quantity = min(Int64.random(in: 1...40, using: &random), model.open)
                let expected = model.close(quantity)
                var taken: [LotModel.Taking] = []
                _ = store.close(Quantity(units: quantity), in: &list, method: method) {
                    taken.append(LotModel.Taking(lot: $0, taken: $1.units))
                }
                guard taken == expected else {
                    Issue.record("\(method.name): closing \(quantity) took \(taken), not \(expected)")
                    return
                }
            }
            #expect(list.isEmpty && list == LotList())
        }
    }

    /// A heap of one lot takes as much as four queues of one. With none left, the store must say so instead of
    /// failing later.
    @Test(arguments: methods) func anExhaustedStoreSaysSo(method: LotMethod) {
        var store = LotStore(lotsMax: 6)
        var lists: [LotList] = []
        while true {
            var list = LotList()
            let hasRoom = store.hasRoom(in: list, method: method)
            let isKept = store.append(StoreRun.lot(1, price: 1, remaining: 1), to: &list, method: method)
            #expect(hasRoom == isKept)
            if !isKept { break }
            lists.append(list)
        }
        #expect(lists.count == (method == .fifo || method == .lifo ? 25 : 6))
        for list in lists {
            let lots = store.lots(in: list, method: method)
            #expect(lots.count == 1)
        }
    }

    /// As many lots as the store was made for have room, whatever lists they are in.
    @Test(arguments: methods, [1, 2, 3, 4, 5, 9])
    func asManyLotsAsPromisedHaveRoom(method: LotMethod, each: Int) {
        let lotsMax = 360
        var store = LotStore(lotsMax: lotsMax)
        for _ in 0..<lotsMax / each {
            var list = LotList()
            for seq in 1...each {
                let lot = StoreRun.lot(UInt64(seq), price: 1, remaining: 1)
                let isKept = store.append(lot, to: &list, method: method)
                #expect(isKept)
            }
        }
    }

    /// What a position with one lot, or few, takes: one line, then two more for each three.
    @Test func shortQueuesTakeFewBytes() {
        let bytes = (1...8).map { count in
            var store = LotStore(lotsMax: 64)
            var list = LotList()
            let before = store.touchedBytes
            for seq in 1...count {
                _ = store.append(StoreRun.lot(UInt64(seq), price: 1, remaining: 1), to: &list, method: .fifo)
            }
            return store.touchedBytes - before
        }
        #expect(bytes == [64, 192, 192, 192, 320, 320, 320, 448])
        let (alone, atMost) = LotStore.queueBytes(ofLots: 1)
        #expect(alone == 64 && atMost == 96)
        for (index, taken) in bytes.enumerated() { #expect(taken <= (index + 1) * atMost) }
    }

    /// The last block of a list has room for two more lots when the slab has none for another list.
    @Test func aListMayFillItsLastBlockWhenNoOtherIsLeft() {
        var store = LotStore(lotsMax: 1)
        var lists = [LotList(), LotList(), LotList()]
        for (index, seq) in [(0, 1), (1, 1), (2, 1), (0, 2), (0, 3), (0, 4)] {
            let hasRoom = store.hasRoom(in: lists[index], method: .fifo)
            let lot = StoreRun.lot(UInt64(seq), price: 1, remaining: 1)
            let isKept = store.append(lot, to: &lists[index], method: .fifo)
            #expect(hasRoom && isKept)
        }
        let hasRoom = (
            store.hasRoom(in: lists[0], method: .fifo), store.hasRoom(in: LotList(), method: .fifo)
        )
        #expect(hasRoom == (false, false))
    }

    @Test func theMethodIsKnownByItsName() {
        for method in LotMethod.allCases { #expect(LotMethod(name: method.name.uppercased()) == method) }
        #expect(LotMethod(name: "wac") == nil)
    }
}

/// The open lots of one list as an array, and the methods in their own words.
struct LotModel {
    struct Taking: Equatable {
        var lot: Lot
        var taken: Int64
    }

    let method: LotMethod
    /// In the order of opening.
    var lots: [Lot] = []

    init(method: LotMethod) { self.method = method }

    var open: Int64 { lots.reduce(0) { $0 + $1.remaining.units } }

    mutating func append(_ lot: Lot) { lots.append(lot) }

    /// Which lot closes next.
    private var next: Int? {
        let order = lots.indices
        switch method {
        case .fifo: return order.first
        case .lifo: return order.last
        case .hifo: return order.max { lots[$0].price < lots[$1].price || (tie($0, $1) && $0 > $1) }
        case .lofo: return order.min { lots[$0].price < lots[$1].price || (tie($0, $1) && $0 < $1) }
        case .average: return nil
        }
    }

    private func tie(_ a: Int, _ b: Int) -> Bool { lots[a].price == lots[b].price }

    mutating func close(_ quantity: Int64) -> [Taking] {
        var left = quantity
        var takings: [Taking] = []
        while left > 0, let index = next {
            let taken = min(left, lots[index].remaining.units)
            takings.append(Taking(lot: lots[index], taken: taken))
            left -= taken
            take(taken, at: index)
        }
        return takings
    }

    mutating func take(_ quantity: Int64, at index: Int) {
        lots[index].remaining.units -= quantity
        if lots[index].remaining.units == 0 { lots.remove(at: index) }
    }
}
