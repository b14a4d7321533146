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

/// The opening fills of all open lots: a pool reserved at start. Freed places are kept on a stack apart, so
/// that giving one back touches nothing of it, and the next ones to be taken are known ahead of time. One
/// thread at a time. References start at 1.
@safe
struct OpeningFills: ~Copyable {
    // SAFETY: countMax + 1 places each, mapped and zeroed in init, unmapped in deinit.
    let base: UnsafeMutablePointer<OpeningFill>
    let freed: UnsafeMutablePointer<UInt32>
    let countMax: UInt32
    var untouched: UInt32
    var freedCount: UInt32

    init(countMax: Int) {
        precondition(countMax > 0 && countMax < Int(UInt32.max))
        precondition(MemoryLayout<OpeningFill>.stride == 128)
        unsafe base = HugePages.allocateZeroed(bytes: (countMax + 1) * 128).assumingMemoryBound(
            to: OpeningFill.self)
        unsafe freed = HugePages.allocateZeroed(bytes: (countMax + 1) * 4).assumingMemoryBound(
            to: UInt32.self)
        self.countMax = UInt32(countMax)
        untouched = 1
        freedCount = 0
    }

    deinit {
        unsafe HugePages.free(UnsafeMutableRawPointer(base), bytes: (Int(countMax) + 1) * 128)
        unsafe HugePages.free(UnsafeMutableRawPointer(freed), bytes: (Int(countMax) + 1) * 4)
    }

    @inline(__always)
    var hasRoom: Bool { freedCount != 0 || untouched <= countMax }

    @inline(__always)
    subscript(_ reference: UInt32) -> UnsafeMutablePointer<OpeningFill> {
        // SAFETY: references come from `take` and are at most countMax.
        unsafe base + Int(reference)
    }

    /// Where the place lies that will be taken `ahead` takings from now if none is given back: a hint.
    @inline(__always)
    func upcoming(_ ahead: UInt32) -> UnsafeRawPointer {
        // SAFETY: an index below freedCount; or the address of a place, or just past the last.
        let reference = unsafe freedCount > ahead ? freed[Int(freedCount &- 1 &- ahead)] : untouched
        return unsafe UnsafeRawPointer(base + Int(reference))
    }

    /// Keeps the fill of `record` as an opening. There must be room.
    @inline(__always)
    mutating func take(_ record: UnsafePointer<pks_fill_record>, qtyOpen: Int64) -> UInt32 {
        // SAFETY: the caller's record is whole.
        unsafe take(OpeningFill(record, qtyOpen: qtyOpen))
    }

    /// Keeps an opening fill. There must be room.
    @inline(__always)
    mutating func take(_ fill: OpeningFill) -> UInt32 {
        let reference: UInt32
        if freedCount != 0 {
            freedCount &-= 1
            // SAFETY: freedCount is now an index of the stack.
            reference = unsafe freed[Int(freedCount)]
        } else {
            precondition(untouched <= countMax, "no room for an opening fill")
            reference = untouched
            untouched &+= 1
        }
        unsafe self[reference].pointee = fill
        return reference
    }

    /// Forgets an opening fill.
    @inline(__always)
    mutating func give(_ reference: UInt32) {
        // SAFETY: at most countMax references are ever out, so the stack has room for each.
        unsafe freed[Int(freedCount)] = reference
        freedCount &+= 1
    }
}
