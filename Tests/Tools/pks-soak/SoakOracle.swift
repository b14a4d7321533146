import Accumulator
import CSeqlock
import ShmReader

/// What a book must hold in the end: every producer's stream through a book that no ring, thread or process has
/// touched. Producers have keys of their own, so the order between them decides nothing.
enum SoakOracle {
    /// What is known of one position, in a form that says what differs.
    struct Expected: Equatable {
        var netQty, boughtQty, soldQty, fees, lastPrice, lastQty, eventNs: Int64
        var openCost, realizedPnl: Int128
        var fillCount: UInt64
        var openLots: UInt32

        init(_ position: pks_position) {
            netQty = position.net_qty
            boughtQty = position.bought_qty
            soldQty = position.sold_qty
            fees = position.fees
            lastPrice = position.last_price
            lastQty = position.last_qty
            eventNs = position.event_ns
            openCost = Int128(_low: position.open_cost_lo, _high: position.open_cost_hi)
            realizedPnl = Int128(_low: position.realized_pnl_lo, _high: position.realized_pnl_hi)
            fillCount = position.fill_count
            openLots = position.open_lots
        }
    }

    /// Replays one producer's stream; positions by key index, and how many fills came twice.
    static func replay(
        _ plan: SoakPlan, producer: Int, book index: Int
    ) throws -> (positions: [Expected], duplicates: UInt64) {
        var config = BookConfig(name: plan.book(index))
        config.positionsMax = SoakStream.keyCount
        config.lotsMax = 1 << 18
        config.identitiesMax = (1 << 20) - 32
        config.identityWindowNs = 1_000_000_000
        var book = Book(config)
        var stream = SoakStream(plan, producer: producer, book: index)
        var handles: [UInt32] = []
        for key in 0..<SoakStream.keyCount {
            handles.append(try define(SoakStream.key(key, producer: producer), in: &book))
        }
        for _ in 0..<plan.fillsPerRing {
            var fill = stream.next(handles)
            // SAFETY: the record outlives the call.
            if unsafe book.apply(&fill) == .rejected {
                throw SoakFailure("the oracle refuses fill \(fill.source_ref) of producer \(producer)")
            }
        }
        // SAFETY: the handles are defined, and the book outlives the copies.
        let positions = handles.map { unsafe Expected(book.position($0).pointee.slot) }
        return (positions, stream.duplicates)
    }

    private static func define(_ key: SoakStream.Key, in book: inout Book) throws -> UInt32 {
        var record = pks_key_record()
        record.kind = UInt8(PKS_KIND_KEY)
        record.price_decimals = 8
        record.qty_decimals = 8
        record.fee_decimals = 8
        // SAFETY: the offsets of three texts in a record of 128 bytes; the record outlives the call.
        unsafe withUnsafeMutableBytes(of: &record) { bytes in
            for (text, offset) in [(key.account, 16), (key.strategy, 48), (key.symbol, 80)] {
                for (place, byte) in text.utf8.enumerated() { unsafe bytes[offset + place] = byte }
            }
        }
        guard case .defined(let handle, _) = unsafe book.define(&record) else {
            throw SoakFailure("the oracle refuses a key")
        }
        return handle
    }

    /// Compares what shared memory shows of a book with what must be there. Returns how many fills and duplicates
    /// the book must have counted; throws what differs first.
    static func check(_ plan: SoakPlan, book index: Int) throws -> (fills: UInt64, duplicates: UInt64) {
        let reader = try SegmentReader(book: plan.book(index))
        var (fills, duplicates): (UInt64, UInt64) = (0, 0)
        for producer in 0..<plan.producers {
            let expected = try replay(plan, producer: producer, book: index)
            duplicates += expected.duplicates
            for (number, wanted) in expected.positions.enumerated() {
                let key = SoakStream.key(number, producer: producer)
                let what = "\(plan.book(index)) \(key.account) \(key.strategy) \(key.symbol)"
                let found = reader.find(account: key.account, strategy: key.strategy, symbol: key.symbol)
                guard let slot = found else {
                    throw SoakFailure("\(what): there is no such position")
                }
                var position = pks_position()
                guard reader.read(slot, into: &position) == .value else {
                    throw SoakFailure("\(what): cannot be read")
                }
                if Expected(position) != wanted {
                    throw SoakFailure("\(what): is \(Expected(position)), must be \(wanted)")
                }
                fills += wanted.fillCount
            }
        }
        let counters = reader.counters
        guard counters.fills == fills, counters.duplicates == duplicates, counters.rejects == 0 else {
            throw SoakFailure(
                "\(plan.book(index)) counts \(counters), must be \(fills) fills, \(duplicates) duplicates")
        }
        return (fills, duplicates)
    }
}
