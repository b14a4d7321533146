import Accumulator
package import CSeqlock
package import ShmReader

/// What must be in the slots: the fills of some producers, each with keys of its own, applied one by one by a book
/// without rings, threads or shared memory.
package struct PositionOracle {
    /// The numbers of a position that depend on nothing but its own fills.
    package struct Numbers: Equatable, Sendable {
        package var netQty: Int64
        package var openCost: Int128
        package var realizedPnl: Int128
        package var fees: Int64
        package var boughtQty: Int64
        package var soldQty: Int64
        package var fillCount: UInt64
        package var openLots: UInt32

        init(_ slot: pks_position) {
            netQty = slot.net_qty
            openCost = Int128(_low: slot.open_cost_lo, _high: slot.open_cost_hi)
            realizedPnl = Int128(_low: slot.realized_pnl_lo, _high: slot.realized_pnl_hi)
            fees = slot.fees
            boughtQty = slot.bought_qty
            soldQty = slot.sold_qty
            fillCount = slot.fill_count
            openLots = slot.open_lots
        }
    }

    /// By symbol.
    package private(set) var positions: [String: Numbers] = [:]
    package private(set) var fills: UInt64 = 0
    package private(set) var duplicates: UInt64 = 0

    /// The result of everything that these producers have sent.
    package init(_ feeders: [Feeder]) { self.init(feeders.map { ($0, $0.sent[...]) }) }

    /// The result of a part of what each has sent.
    package init(_ parts: [(feeder: Feeder, fills: ArraySlice<pks_fill_record>)]) {
        let count = parts.reduce(0) { $0 + $1.fills.count }
        var book = Book(
            BookConfig(
                name: "oracle", positionsMax: 256, lotsMax: max(1024, count), identitiesMax: max(1024, count))
        )
        for (feeder, fills) in parts {
            var handles: [UInt32] = []
            for key in 0..<feeder.keyCount {
                guard var record = feeder.key(key) else { preconditionFailure("a key of the test's own") }
                // SAFETY: the record outlives the call.
                guard case .defined(let handle, _) = unsafe book.define(&record) else {
                    preconditionFailure("a key of the test's own")
                }
                handles.append(handle)
            }
            for fill in fills {
                var fill = fill
                fill.handle = handles[Int(fill.handle)]
                // SAFETY: the record outlives the call.
                _ = unsafe book.apply(&fill)
            }
        }
        for handle in 0..<UInt32(book.positionCount) {
            // SAFETY: a defined handle.
            let slot = unsafe book.position(handle).pointee.slot
            if slot.fill_count > 0 { positions[book.names(handle).symbol] = Numbers(slot) }
        }
        fills = book.counters.fills
        duplicates = book.counters.duplicates
    }

    /// What a segment shows, by symbol; positions without a fill are left out.
    package static func shown(_ reader: borrowing SegmentReader) -> [String: Numbers] {
        var positions: [String: Numbers] = [:]
        for slot in 0..<reader.slotCount {
            guard let view = reader.view(of: slot), view.position.fill_count > 0 else { continue }
            positions[view.key.symbol] = Numbers(view.position)
        }
        return positions
    }
}
