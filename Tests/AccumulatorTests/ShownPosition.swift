import Accumulator
import CSeqlock
import FixedPoint
import LotMatching
import TestSupport

/// Everything that a position shows of itself, in one comparable form for book and oracle.
struct ShownPosition: Equatable {
    struct OpenLotLine: Equatable {
        var openSeq: UInt64
        var price: Int64
        var remaining: Int64
        var qtyOpen: Int64
        var fillQty: Int64
        var fee: Int64
        var eventNs: Int64
        var tradeID: [UInt64]
        var orderID: [UInt64]
        var sourceRef: UInt64
    }

    var netQty, boughtQty, soldQty, fees, openCost, realizedPnl: BigInteger
    var lastPrice, lastQty, eventNs: Int64
    var appliedSeq, fillCount: UInt64
    var openLots: Int
    var flags: Int32
    var decimals: [Int]
    var multiplier: Int64
    var method: LotMethod
    var lots: [OpenLotLine]

    /// What a book shows of a defined handle.
    init(_ book: borrowing Book, _ handle: UInt32) {
        // SAFETY: the callers' handles are defined.
        let position = unsafe book.position(handle).pointee
        let slot = position.slot
        netQty = BigInteger(slot.net_qty)
        boughtQty = BigInteger(slot.bought_qty)
        soldQty = BigInteger(slot.sold_qty)
        fees = BigInteger(slot.fees)
        openCost = BigInteger(position.openCost)
        realizedPnl = BigInteger(position.realizedPnl)
        (lastPrice, lastQty, eventNs) = (slot.last_price, slot.last_qty, slot.event_ns)
        (appliedSeq, fillCount) = (slot.applied_seq, slot.fill_count)
        openLots = Int(slot.open_lots)
        flags = Int32(slot.flags)
        decimals = [
            Int(slot.price_decimals), Int(slot.qty_decimals), Int(position.feeDecimals),
            Int(slot.multiplier_decimals),
        ]
        multiplier = position.multiplier
        method = position.method
        lots = book.openLots(handle).map { open in
            OpenLotLine(
                openSeq: open.lot.openSeq, price: open.isPool ? 0 : open.lot.price.units,
                remaining: open.lot.remaining.units, qtyOpen: open.opening.qtyOpen,
                fillQty: open.opening.fillQty, fee: open.opening.fee, eventNs: open.opening.eventNs,
                tradeID: words(open.opening.tradeID), orderID: words(open.opening.orderID),
                sourceRef: open.opening.sourceRef)
        }
    }

    /// What the oracle says that the book must show.
    init(_ position: NaivePosition) {
        let terms = position.terms
        (netQty, boughtQty, soldQty) = (position.net, position.bought, position.sold)
        (fees, openCost, realizedPnl) = (position.fees, position.openCost, position.realized)
        lastPrice = position.last?.price ?? 0
        lastQty = position.last?.qty ?? 0
        eventNs = position.last?.eventNs ?? 0
        (appliedSeq, fillCount) = (position.appliedSeq, position.fillCount)
        openLots = position.openLotCount
        flags = (position.net == 0 ? PKS_POSITION_FLAT : 0) | (position.isLate ? PKS_POSITION_LATE : 0)
        decimals = [terms.priceDecimals, terms.qtyDecimals, terms.feeDecimals, terms.multiplierDecimals]
        (multiplier, method) = (terms.multiplier, terms.method)
        func line(_ seq: UInt64, _ price: Int64, _ remaining: Int64, _ qtyOpen: Int64, _ fill: NaiveFill)
            -> OpenLotLine
        {
            OpenLotLine(
                openSeq: seq, price: price, remaining: remaining, qtyOpen: qtyOpen, fillQty: fill.qty,
                fee: fill.fee, eventNs: fill.eventNs, tradeID: words(NaiveFill.padded(fill.tradeID)),
                orderID: words(NaiveFill.padded(fill.orderID)), sourceRef: fill.sourceRef)
        }
        if let pool = position.pool {
            let remaining = Int64(exactly: position.net.magnitude) ?? 0
            lots = [line(pool.openSeq, 0, remaining, pool.qtyOpen, pool.fill)]
        } else {
            lots = position.lotsInOpeningOrder.map {
                line($0.openSeq, $0.fill.price, $0.remaining, $0.qtyOpen, $0.fill)
            }
        }
    }
}

private func words(_ text: PaddedText40) -> [UInt64] {
    [text.words.0, text.words.1, text.words.2, text.words.3, text.words.4]
}

extension Effect {
    /// Every field, those included that mean nothing for this kind and must therefore be empty.
    var fields: [Int128] {
        let numbers: [Int64] = [
            qty, qtyOpen, price, closePrice, openNs, closeNs, poolQty, fee, closeFee, feeQty.open,
            feeQty.close,
        ]
        let marks = [
            Int(kind.rawValue), isLong ? 1 : 0, Int(movement.rawValue), Int(reason), firstIsBuy ? 1 : 0,
        ]
        let ids = words(tradeID) + words(orderID) + words(closeTradeID)
        return marks.map { Int128($0) } + [Int128(handle), Int128(seq), Int128(openSeq)]
            + numbers.map { Int128($0) } + [money, cost, Int128(sourceRef), Int128(firstSourceRef)]
            + ids.map { Int128($0) }
    }

    /// One line for a failure message.
    var summary: String {
        """
        \(kind) seq \(seq) handle \(handle) open \(openSeq) qty \(qty)/\(qtyOpen) price \(price)/\(closePrice) \
        money \(money) cost \(cost) fee \(fee)/\(closeFee) of \(feeQty) long \(isLong) \(movement) \
        reason \(reason) times \(openNs)/\(closeNs) ids \(tradeID.text) \(orderID.text) \(closeTradeID.text) \
        source \(sourceRef)/\(firstSourceRef)
        """
    }
}
