import Accumulator
import CSeqlock
import FixedPoint
import LotMatching

/// What a position is before the first record that an explanation goes through: nothing, or what a checkpoint says
/// when older records have aged out.
struct ExplainOpening {
    var slot = pks_position()
    var totals = ExplainTotals()
    var openCost: Int128 = 0
    var lots: [ExplainLedger.OpenLot] = []

    /// Nothing yet.
    init() {}

    /// A position of a book, as it is now.
    init(_ book: borrowing Book, _ handle: UInt32) {
        // SAFETY: the handle is defined.
        let position = unsafe book.position(handle).pointee
        slot = position.slot
        openCost = position.openCost
        totals.fillCount = slot.fill_count
        totals.boughtQty = Int128(slot.bought_qty)
        totals.soldQty = Int128(slot.sold_qty)
        totals.realizedPnl = position.realizedPnl
        totals.fees = Int128(slot.fees)
        for (key, sum) in book.otherFees where key.handle == handle && sum != 0 {
            totals.otherFees[key.currencyText] = Int128(sum)
        }
        guard position.method != .average else { return }
        lots = book.openLots(handle).map { open in
            ExplainLedger.OpenLot(
                openSeq: open.lot.openSeq, isLong: slot.net_qty > 0, qtyOpen: open.opening.qtyOpen,
                remaining: open.lot.remaining.units, price: open.lot.price.units,
                tradeID: open.opening.tradeID.text, openNs: open.opening.eventNs)
        }
    }
}
