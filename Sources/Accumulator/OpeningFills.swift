import CSeqlock

/// What a lot keeps of the fill that opened it: everything that explains it later, so that no lot depends
/// on how far back records are kept. 128 bytes, the layout of a fill record with its first word reused.
public struct OpeningFill {
    /// What the lot was opened with: the fill's quantity, or what remained of it after a flip.
    public var qtyOpen: Int64
    /// The whole quantity of the fill.
    public var fillQty: Int64
    /// The fill's price.
    public var price: Int64
    /// The fill's whole fee.
    public var fee: Int64
    /// The fill's event time.
    public var eventNs: Int64
    /// The fill's trade id.
    public var tradeID: PaddedText40
    /// The fill's order id.
    public var orderID: PaddedText40
    /// The fill's `source_ref`.
    public var sourceRef: UInt64

    @inline(__always)
    init(_ record: UnsafePointer<pks_fill_record>, qtyOpen: Int64) {
        self.qtyOpen = qtyOpen
        // SAFETY: the caller's record is whole.
        fillQty = unsafe record.pointee.qty
        price = unsafe record.pointee.price
        fee = unsafe record.pointee.fee
        eventNs = unsafe record.pointee.event_ns
        tradeID = unsafe record.tradeID
        orderID = unsafe record.orderID
        sourceRef = unsafe record.pointee.source_ref
    }
}

/// The opening fills of all open lots: a pool reserved at start, with freed places reused last-in
/// first-out so that they are still in cache. One thread at a time. References start at 1.
@safe
struct OpeningFills: ~Copyable {
    let base: UnsafeMutablePointer<OpeningFill>
    let countMax: UInt32
    var untouched: UInt32
    var freeHead: UInt32

    init(countMax: Int) {
        precondition(countMax > 0 && countMax < Int(UInt32.max))
        precondition(MemoryLayout<OpeningFill>.stride == 128)
        unsafe base = HugePages.allocateZeroed(bytes: (countMax + 1) * 128).assumingMemoryBound(
            to: OpeningFill.self)
        self.countMax = UInt32(countMax)
        untouched = 1
        freeHead = 0
    }

    deinit { unsafe HugePages.free(UnsafeMutableRawPointer(base), bytes: (Int(countMax) + 1) * 128) }

    @inline(__always)
    var hasRoom: Bool { freeHead != 0 || untouched <= countMax }

    @inline(__always)
    subscript(_ reference: UInt32) -> UnsafeMutablePointer<OpeningFill> {
        // SAFETY: references come from `take` and are at most countMax.
        unsafe base + Int(reference)
    }

    /// Keeps an opening fill. There must be room.
    @inline(__always)
    mutating func take(_ fill: OpeningFill) -> UInt32 {
        let reference: UInt32
        if freeHead != 0 {
            reference = freeHead
            // SAFETY: a freed place holds the reference of the next one in its first word.
            freeHead = unsafe UInt32(truncatingIfNeeded: self[reference].pointee.qtyOpen)
        } else {
            precondition(untouched <= countMax, "no room for an opening fill")
            reference = untouched
            untouched &+= 1
        }
        unsafe self[reference].pointee = fill
        return reference
    }

    /// Forgets an opening fill. Only its first word is overwritten.
    @inline(__always)
    mutating func give(_ reference: UInt32) {
        unsafe self[reference].pointee.qtyOpen = Int64(freeHead)
        freeHead = reference
    }
}
