import CSeqlock
import FixedPoint
import LotMatching

// The positions of an image: see Book+ImageRestore.swift.
extension Book {
    mutating func restorePosition(
        _ head: BookImageHead, _ reader: inout ImagePieceReader,
        _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        // SAFETY (all of this file): a part is as long as it was asked for and aligned to eight bytes; it is copied
        // before the next one is asked for. The new handle is below positionsMax.
        let offset = reader.offset
        let part = unsafe try reader.part(BookImage.positionBytes, source)
        var key = unsafe part.load(as: pks_key_record.self)
        let openingCount = unsafe part.load(fromByteOffset: 272, as: UInt64.self)
        var position = unsafe try Self.position(part, key, offset)
        let net = position.slot.net_qty
        guard key.kind == UInt8(PKS_KIND_KEY), unsafe isNew(&key),
            openingCount == UInt64(position.slot.open_lots), position.slot.applied_seq <= seq,
            openingCount <= UInt64(config.lotsMax) - counters.openLots
        else { throw .impossible(offset: offset, reason: "a key or a count of lots that cannot be") }
        counters.openLots += openingCount
        if position.method == .average {
            guard openingCount == (net == 0 ? 0 : 1), net != 0 || position.openCost == 0 else {
                throw .impossible(offset: offset, reason: "a pool that is open and flat, or neither")
            }
            if net != 0 { unsafe try restorePool(&position, &reader, source) }
        } else {
            unsafe try restoreLots(Int(openingCount), &position, &reader, source)
        }
        let handle = unsafe keys.add(&key)
        unsafe (positions + Int(handle)).initialize(to: position)
    }

    private func isNew(_ key: UnsafePointer<pks_key_record>) -> Bool {
        unsafe key.isWellFormed && keys.find(key) == nil && !keys.isFull
    }

    /// What a position is apart from its lots.
    private static func position(
        _ part: UnsafeRawPointer, _ key: pks_key_record, _ offset: Int
    ) throws(BookImageError) -> Position {
        let slot = unsafe (part + 128).loadUnaligned(as: pks_position.self)
        let multiplier = unsafe part.load(fromByteOffset: 248, as: Int64.self)
        let currency = unsafe part.load(fromByteOffset: 256, as: UInt64.self)
        let feeDecimals = unsafe part.load(fromByteOffset: 265, as: UInt8.self)
        let hasLargeLot = unsafe part.load(fromByteOffset: 266, as: UInt8.self)
        let unused = unsafe part.load(fromByteOffset: 264, as: UInt64.self) >> 24
        let decimals = [slot.price_decimals, slot.qty_decimals, feeDecimals, slot.multiplier_decimals]
        let flags = slot.flags & ~UInt8(PKS_POSITION_LATE)
        guard let method = LotMethod(rawValue: unsafe part.load(fromByteOffset: 264, as: UInt8.self)),
            multiplier > 0, PaddedText40.isPadded(currency), hasLargeLot <= 1, unused == 0,
            decimals.allSatisfy({ $0 <= 18 }), key.price_decimals == slot.price_decimals,
            key.qty_decimals == slot.qty_decimals, key.fee_decimals == feeDecimals
        else { throw .impossible(offset: offset, reason: "terms that no instrument has") }
        guard slot.bought_qty >= 0, slot.sold_qty >= 0,
            slot.net_qty == slot.bought_qty - slot.sold_qty, slot.publish_ns == 0,
            flags == (slot.net_qty == 0 ? UInt8(PKS_POSITION_FLAT) : 0)
        else { throw .impossible(offset: offset, reason: "quantities that do not add up") }
        let instrument = Instrument(
            symbol: "", priceDecimals: Int(slot.price_decimals), qtyDecimals: Int(slot.qty_decimals),
            feeDecimals: Int(feeDecimals), multiplier: multiplier,
            multiplierDecimals: Int(slot.multiplier_decimals))
        var position = Position(instrument: instrument, method: method)
        position.slot = slot
        position.currency = currency
        position.hasLargeLot = hasLargeLot != 0
        return position
    }

    /// An opening of a position, with its number and what is left of it.
    private func opening(
        _ position: borrowing Position, after lastSeq: UInt64, _ reader: inout ImagePieceReader,
        _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) -> (fill: OpeningFill, seq: UInt64, remaining: Int64) {
        let offset = reader.offset
        let part = unsafe try reader.part(BookImage.openingBytes, source)
        let fill = unsafe part.load(as: OpeningFill.self)
        let openSeq = unsafe part.load(fromByteOffset: 128, as: UInt64.self)
        let remaining = unsafe part.load(fromByteOffset: 136, as: Int64.self)
        let total = position.slot.net_qty > 0 ? position.slot.bought_qty : position.slot.sold_qty
        guard openSeq > lastSeq, openSeq <= seq, remaining > 0, fill.qtyOpen >= remaining,
            fill.qtyOpen <= total, fill.fillQty > 0, !fill.tradeID.isEmpty, fill.tradeID.isPadded,
            fill.orderID.isPadded
        else { throw .impossible(offset: offset, reason: "a lot that cannot be open") }
        return (fill, openSeq, remaining)
    }

    private mutating func restorePool(
        _ position: inout Position, _ reader: inout ImagePieceReader,
        _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        let offset = reader.offset
        let (fill, openSeq, remaining) = unsafe try opening(position, after: 0, &reader, source)
        guard remaining == Int64(position.slot.net_qty.magnitude) else {
            throw .impossible(offset: offset, reason: "a pool that is not the net quantity")
        }
        position.poolOpening = openings.take(fill)
        position.poolOpenSeq = openSeq
    }

    private mutating func restoreLots(
        _ count: Int, _ position: inout Position, _ reader: inout ImagePieceReader,
        _ source: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(BookImageError) {
        let offset = reader.offset
        let isLong = position.slot.net_qty > 0
        var left = position.slot.net_qty.magnitude
        var cost = WideSum(0)
        var lastSeq: UInt64 = 0
        var partsFit = true
        for _ in 0..<count {
            let (fill, openSeq, remaining) = unsafe try opening(position, after: lastSeq, &reader, source)
            lastSeq = openSeq
            let overdrawn = left.subtractingReportingOverflow(UInt64(remaining))
            left = overdrawn.partialValue
            let lot = Lot(
                price: Price(units: fill.price), remaining: Quantity(units: remaining), openSeq: openSeq,
                opening: openings.take(fill), tag: fill.tradeID.tag)
            let (value, overflow) = lot.price.times(lot.remaining)
                .multipliedReportingOverflow(by: Int128(position.multiplier))
            partsFit = partsFit && !overflow && !overdrawn.overflow
            if isLong { cost.add(value) } else { cost.subtract(value) }
            let magnitude = UInt64(bitPattern: fill.price ^ (fill.price >> 63))
            if magnitude >= position.smallLimit { position.hasLargeLot = true }
            let isKept = lots.append(lot, to: &position.lots, method: position.method)
            precondition(isKept, "no room for a lot that was promised room")
        }
        cost.subtract(position.openCost)
        guard partsFit, left == 0, cost.isZero else {
            throw .impossible(offset: offset, reason: "lots that are not the net quantity and its cost")
        }
    }
}
