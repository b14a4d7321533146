import FixedPoint
import LotMatching
import TestSupport

/// A random run over several lists of one store, with an array beside each list. A step answers with what
/// went wrong, or nil.
struct StoreRun: ~Copyable {
    struct Seen {
        var refused = 0
        var closed = 0
        var found = 0
        var reduced = 0
        var emptied = 0

        mutating func merge(_ other: Seen) {
            refused += other.refused
            closed += other.closed
            found += other.found
            reduced += other.reduced
            emptied += other.emptied
        }
    }

    private var store: LotStore
    private var lists: [LotList]
    private var models: [LotModel]
    private var random: SeededRandom
    private let method: LotMethod
    private let blockCount: Int
    private var seq: UInt64 = 0
    private(set) var seen = Seen()

    init(method: LotMethod, seed: UInt64) {
        random = SeededRandom(seed: seed)
        let lotsMax = Int.random(in: 1...15, using: &random)
        let count = Int.random(in: 1...7, using: &random)
        store = LotStore(lotsMax: lotsMax)
        // SAFETY: only the length is asked for. One block is never handed out.
        blockCount = unsafe store.reserve.count / 64 - 1
        lists = Array(repeating: LotList(), count: count)
        models = Array(repeating: LotModel(method: method), count: count)
        self.method = method
    }

    static func lot(_ seq: UInt64, price: Int64, remaining: Int64, tag: UInt32 = 0) -> Lot {
        Lot(
            price: Price(units: price), remaining: Quantity(units: remaining), openSeq: seq,
            opening: UInt32(truncatingIfNeeded: seq), tag: tag)
    }

    mutating func step() -> String? {
        let index = Int.random(in: 0..<lists.count, using: &random)
        let problem: String?
        switch Int.random(in: 0..<10, using: &random) {
        case 0...4: problem = append(index)
        case 5, 6: problem = close(index)
        case 7: problem = preview(index)
        case 8: problem = reduce(index)
        default: problem = find(index)
        }
        return problem ?? compareAll()
    }

    /// Closes what is open in every list; then the slab must have all its blocks again.
    mutating func closeAll() -> String? {
        for index in lists.indices {
            let open = models[index].open
            if open > 0 {
                _ = store.close(Quantity(units: open), in: &lists[index], method: method) { _, _ in }
            }
            models[index].lots = []
        }
        if let problem = compareAll() { return problem }
        var single = 0
        while true {
            var list = LotList()
            if !store.append(Self.lot(1, price: 0, remaining: 1), to: &list, method: .fifo) { break }
            single += 1
        }
        return single == blockCount ? nil : "\(single) of \(blockCount) blocks came back"
    }

    private mutating func append(_ index: Int) -> String? {
        seq += 1
        let edges: [Int64] = [Int64.min, Int64.max, -1, 0, 1]
        let price =
            Int.random(in: 0..<8, using: &random) == 0
            ? edges[Int.random(in: 0..<edges.count, using: &random)]
            : Int64.random(in: -4...4, using: &random)
        let lot = Self.lot(
            seq, price: price, remaining: Int64.random(in: 1...9, using: &random),
            tag: UInt32.random(in: 0...3, using: &random))
        let before = lists[index]
        let hasRoom = store.hasRoom(in: before, method: method)
        let isKept = store.append(lot, to: &lists[index], method: method)
        if isKept != hasRoom { return "hasRoom said \(hasRoom), append \(isKept)" }
        if isKept {
            models[index].append(lot)
        } else {
            seen.refused += 1
            if lists[index] != before { return "a refused lot changed the list" }
        }
        return nil
    }

    private mutating func close(_ index: Int) -> String? {
        guard let quantity = someQuantity(index) else { return nil }
        seen.closed += 1
        let expected = models[index].close(quantity)
        var taken: [LotModel.Taking] = []
        let cost = store.close(Quantity(units: quantity), in: &lists[index], method: method) {
            taken.append(LotModel.Taking(lot: $0, taken: $1.units))
        }
        if taken != expected { return "closing \(quantity) took \(taken), not \(expected)" }
        if models[index].lots.isEmpty { seen.emptied += 1 }
        let exact = expected.reduce(BigInteger(0)) {
            $0 + BigInteger($1.lot.price.units) * BigInteger($1.taken)
        }
        return BigInteger(cost) == exact ? nil : "closing \(quantity) cost \(cost), not \(exact)"
    }

    private mutating func preview(_ index: Int) -> String? {
        guard let quantity = someQuantity(index) else { return nil }
        var model = models[index]
        let expected = model.close(quantity)
        let before = lists[index]
        var taken: [LotModel.Taking] = []
        store.previewClose(Quantity(units: quantity), in: before, method: method) {
            taken.append(LotModel.Taking(lot: $0, taken: $1.units))
        }
        if taken != expected { return "a preview of \(quantity) took \(taken), not \(expected)" }
        return lists[index] == before ? nil : "a preview changed the list"
    }

    private mutating func reduce(_ index: Int) -> String? {
        guard let place = models[index].lots.indices.randomElement(using: &random) else { return nil }
        let lot = models[index].lots[place]
        let all = lot.remaining.units
        let quantity = Bool.random(using: &random) ? all : Int64.random(in: 1...all, using: &random)
        seen.reduced += 1
        models[index].take(quantity, at: place)
        store.reduce(
            openSeq: lot.openSeq, by: Quantity(units: quantity), in: &lists[index], method: method)
        return nil
    }

    private mutating func find(_ index: Int) -> String? {
        let tag = UInt32.random(in: 0...3, using: &random)
        let price = Int64.random(in: -4...4, using: &random)
        let expected = models[index].lots.first { $0.tag == tag && $0.price.units >= price }
        let found = store.find(tag: tag, in: lists[index], method: method) { $0.price.units >= price }
        if expected != nil { seen.found += 1 }
        return found == expected
            ? nil : "found \(String(describing: found)), not \(String(describing: expected))"
    }

    private mutating func someQuantity(_ index: Int) -> Int64? {
        let open = models[index].open
        if open == 0 { return nil }
        return Int.random(in: 0..<4, using: &random) == 0 ? open : Int64.random(in: 1...open, using: &random)
    }

    private func compareAll() -> String? {
        for (index, list) in lists.enumerated() {
            let expected = models[index].lots
            let lots = store.lots(in: list, method: method)
            if lots != expected { return "list \(index) holds \(lots), not \(expected)" }
            if Int(list.count) != expected.count || list.isEmpty != expected.isEmpty {
                return "list \(index) counts \(list.count), not \(expected.count)"
            }
            var visited: [Lot] = []
            store.forEach(in: list, method: method) { visited.append($0) }
            if visited.sorted(by: { $0.openSeq < $1.openSeq }) != expected { return "forEach saw \(visited)" }
        }
        return nil
    }
}
