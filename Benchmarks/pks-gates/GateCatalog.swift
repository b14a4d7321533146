import GateModel
import LotMatching

/// One thing whose cost is guarded.
struct Gate: Sendable {
    let name: String
    /// It must not ask for memory once it is warm.
    var isQuiet = true
    /// Runs `count` operations under the meter, after `warm` that are not counted.
    let run: @Sendable (_ book: String, _ warm: Int, _ count: Int, _ meter: inout GateMeter) throws -> Void
}

/// Every gate. A new one is one more entry here, and a new baseline (`./run bench gates --update`).
enum GateCatalog {
    /// Operations of the two runs whose difference is taken.
    static let operations = (smaller: 10_000, larger: 30_000)

    static var all: [Gate] {
        var gates: [Gate] = []
        for method in LotMethod.allCases {
            gates.append(fills("fill.backlog.\(method.name)", FillGate(method: method)))
            gates.append(fills("fill.single.\(method.name)", FillGate(method: method, isSingle: true)))
        }
        gates.append(fills("fill.backlog.flip", FillGate(shape: .flips)))
        gates.append(fills("fill.single.flip", FillGate(shape: .flips, isSingle: true)))
        gates.append(fills("fill.backlog.journaled", FillGate(isJournaled: true)))
        gates.append(fills("fill.single.journaled", FillGate(isSingle: true, isJournaled: true)))
        gates += scaling
        gates.append(
            Gate(name: "slot.read") { book, _, count, meter in
                try SharedMemoryGates.reads(book: book, count: count, &meter)
            })
        gates.append(
            Gate(name: "slot.publish") { book, _, count, meter in
                try SharedMemoryGates.publishes(book: book, count: count, &meter)
            })
        gates.append(
            Gate(name: "ring.put") { book, _, count, meter in
                try SharedMemoryGates.puts(book: book, count: count, &meter)
            })
        gates.append(
            Gate(name: "journal.record", isQuiet: false) { _, _, count, meter in
                try JournalGate.run(count: count, &meter)
            })
        return gates
    }

    /// What `GateGrowth` judges. They do not look for allocations, because the same code does so above.
    private static var scaling: [Gate] {
        var sizes: [(name: String, size: ScalingGate.Size, counts: [Int])] = LotMethod.allCases.map {
            ($0.name, .lots($0), [10, 1000, 100_000])
        }
        sizes.append(("keys", .keys, [16, 1024, 65_536]))
        sizes.append(("remembered", .remembered, [1024, 32_768, 1_048_576]))
        return sizes.flatMap { name, size, counts in
            counts.map { count in
                Gate(name: "scaling.\(name).\(count)", isQuiet: false) { book, _, operations, meter in
                    try ScalingGate(size: size, count: count).run(book: book, count: operations, &meter)
                }
            }
        }
    }

    private static func fills(_ name: String, _ gate: FillGate) -> Gate {
        Gate(name: name) { book, warm, count, meter in
            try gate.run(book: book, warm: warm, count: count, &meter)
        }
    }
}
