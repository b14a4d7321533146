/// Fixed memory for lots, cut into blocks of 64 bytes x 2^order. All of it is reserved at start; taking
/// and giving back a block is a few instructions and never a system call.
///
/// Freed blocks are kept by order and reused last-in first-out, so that a busy position finds its blocks
/// in cache. A block of a small order may be cut from a larger free one; blocks are not joined again.
/// One thread at a time. Block numbers start at 1: 0 means none.
@safe @frozen
@usableFromInline
struct BlockSlab: ~Copyable {
    @usableFromInline static var blockBytes: Int { 64 }
    @usableFromInline static var orderMax: Int { 25 }

    // SAFETY: (blockCount + 1) blocks, allocated in init, freed in deinit, entered only through `address`.
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let blockCount: UInt32
    @usableFromInline var untouched: UInt32
    // SAFETY: `orderMax + 1` heads, allocated in init, freed in deinit, indexed only by a checked order.
    @usableFromInline let freeHeads: UnsafeMutablePointer<UInt32>

    /// Room for `blockCount` blocks. The memory is asked for at once and touched when first used.
    init(blockCount: UInt32) {
        precondition(blockCount > 0 && blockCount < UInt32.max)
        // SAFETY: block 0 is never handed out; (blockCount + 1) blocks cover every number up to blockCount.
        // A large reserve begins where a huge page can.
        let byteCount = (Int(blockCount) + 1) * Self.blockBytes
        unsafe base = UnsafeMutableRawPointer.allocate(
            byteCount: byteCount, alignment: byteCount < 1 << 21 ? Self.blockBytes : 1 << 21)
        unsafe freeHeads = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.orderMax + 1)
        unsafe freeHeads.initialize(repeating: 0, count: Self.orderMax + 1)
        self.blockCount = blockCount
        untouched = 1
    }

    // Inlinable, because Swift 6.3.1 crashes in a release build when an inlinable setter of this frozen type
    // would have to call a deinit that is not.
    // SAFETY: both were allocated in init and are given back nowhere else.
    @inlinable deinit {
        unsafe base.deallocate()
        unsafe freeHeads.deallocate()
    }

    /// Where a block begins.
    @inlinable @inline(__always)
    func address(_ block: UInt32) -> UnsafeMutableRawPointer {
        // SAFETY: callers hold only numbers that `take` returned, all <= blockCount.
        unsafe base + Int(block) &* Self.blockBytes
    }

    /// How many blocks were never handed out. `untouched` ends at blockCount + 1.
    @inlinable @inline(__always)
    var untouchedCount: UInt32 { blockCount &+ 1 &- untouched }

    /// A block of 2^order units, or 0 when there is none. Its content is undefined.
    @inlinable @inline(__always)
    mutating func take(order: Int = 0) -> UInt32 {
        // SAFETY: order is at most orderMax; a head is 0 or the number of a free block, whose first word is
        // the number of the next one.
        let head = unsafe freeHeads[order]
        if head != 0 {
            unsafe freeHeads[order] = address(head).load(as: UInt32.self)
            return head
        }
        return takeFresh(order: order)
    }

    @usableFromInline
    mutating func takeFresh(order: Int) -> UInt32 {
        let units = UInt32(1) << UInt32(order)
        if untouchedCount >= units {
            defer { untouched += units }
            return untouched
        }
        return takeSplit(order: order)
    }

    /// Cuts the smallest larger free block down to the order, giving its upper halves back.
    private mutating func takeSplit(order: Int) -> UInt32 {
        guard order < Self.orderMax else { return 0 }
        for larger in (order + 1)...Self.orderMax where unsafe freeHeads[larger] != 0 {
            // SAFETY: as in `take`.
            let block = unsafe freeHeads[larger]
            unsafe freeHeads[larger] = address(block).load(as: UInt32.self)
            for half in order..<larger {
                give(block + (UInt32(1) << UInt32(half)), order: half)
            }
            return block
        }
        return 0
    }

    /// Gives a block back. Its first word is overwritten.
    @inlinable @inline(__always)
    mutating func give(_ block: UInt32, order: Int = 0) {
        // SAFETY: the block came from `take(order:)` and is not used after this.
        unsafe address(block).storeBytes(of: freeHeads[order], as: UInt32.self)
        unsafe freeHeads[order] = block
    }
}
